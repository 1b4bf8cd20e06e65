// The part of the API that administrators and newcomers use.
import { call, type Me, type Role } from './api'

export type Registration = 'off' | 'open' | 'approval'

export interface Account {
  id: number
  name: string
  role: Role
  blocked: boolean
  waiting: boolean
  hasPassword: boolean
  createdAt: string
}

export interface Job {
  release: string
  title: string
  account: string
  state: 'queued' | 'transcoding'
  fraction: number
  node: string
  attempt: number
  reason: string
}

export interface NodeState {
  peerId: string
  addrs: string[]
  version: string
  storage: { used: number; limit: number }
  disk: { free: number; total: number }
  parts: { name: string; state: string; note?: string; error?: string }[]
  neighbours: { id: string; addrs: string[]; agent: string; direction: string; latencyMs: number; kept: boolean }[]
}

// Limits are in bytes and numbers; 0 is none, null the node's default.
export interface Limits {
  bytes: number | null
  releases: number | null
  uploads: number | null
  jobs: number | null
}

export interface Quota {
  used: { bytes: number }
  limits: { bytes: number }
  own: Limits
}

export const admin = {
  node: () => call<{ registration: Registration }>('GET', '/node'),
  register: (name: string, password: string) => call<{ account: Me['account']; waiting: boolean }>('POST', '/accounts', { name, password }),
  accounts: (q: string, waiting: boolean, after: number) =>
    call<{ items: Account[]; next: number }>('GET', `/admin/accounts?${new URLSearchParams({ q, waiting: String(waiting), after: String(after) })}`),
  change: (id: number, change: { role?: Role; waiting?: false }) => call<Account & { recoveryKey?: string }>('PATCH', `/admin/accounts/${id}`, change),
  refuse: (id: number) => call<void>('DELETE', `/admin/accounts/${id}`),
  reset: (id: number) => call<{ url: string; expiresAt: string }>('POST', `/admin/accounts/${id}/reset`),
  quota: (name: string) => call<Quota>('GET', `/accounts/${encodeURIComponent(name)}/limits`),
  setQuota: (name: string, own: Limits) => call<Quota>('PUT', `/accounts/${encodeURIComponent(name)}/limits`, own),
  settings: () => call<{ items: { name: string; value: string }[] }>('GET', '/admin/settings'),
  jobs: () => call<{ items: Job[] }>('GET', '/admin/jobs'),
  state: () => call<NodeState>('GET', '/admin/state'),
}
