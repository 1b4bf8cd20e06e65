// What people say of releases, and what moderators decide.
import { call, type Release, type Standing } from './api'

// The reasons of reports, in the words that people choose from.
export const reasons = {
  copyright: 'It uses somebody’s work without a right to it',
  minors: 'A child is harmed, or shown as no child should be',
  sexual: 'Sexual content that does not belong here',
  violence: 'Violence or cruelty',
  hate: 'Hatred of a group of people',
  harassment: 'Somebody is harassed or threatened',
  privacy: 'It shows somebody’s private life',
  illegal: 'Something else that is against the law',
  spam: 'Spam, or not what it says it is',
  other: 'Something else',
} as const

export type Reason = keyof typeof reasons

export type Action =
  | 'hide' | 'take_down' | 'restore' | 'approve' | 'review' | 'dismiss' | 'undo' | 'withdraw' | 'appeal'
  | 'block_account' | 'unblock_account' | 'block_channel' | 'unblock_channel'

export type Kind = 'report' | 'appeal' | 'review' | 'new'

export interface Report {
  id: number
  at: string
  reason: Reason
  text: string
  reporter: string
}

export interface Entry {
  id: number
  at: string
  by: string
  action: Action
  release: string
  title: string
  channel: string
  channelName: string
  account: number
  accountName: string
  standing: Standing | ''
  reason: string
  refers: number
}

export interface Case {
  release: Release
  kind: Kind
  openedAt: string
  seen: number
  account: number
  accountName: string
  channelBlocked: boolean
  reports: Report[]
  reportCount: number
  decision: Entry | null
  appeal: Entry | null
}

export interface Lookalike {
  id: string
  title: string
  reason: string
  sound: number
  pictures: number
}

export interface Word {
  id: number
  at: string
  by: 'moderator' | 'creator'
  action: Action
  reason: string
  answers: number
  answerable: boolean
}

export interface Decision {
  action: Action
  release?: string
  account?: number
  channel?: string
  reason?: string
  seen?: number
}

const of = (id: string) => `/releases/${encodeURIComponent(id)}`

export const moderation = {
  report: (id: string, reason: Reason, text: string) => call<{ id: number }>('POST', `${of(id)}/reports`, { reason, text }),
  decisions: (id: string) => call<{ items: Word[] }>('GET', `${of(id)}/decisions`),
  appeal: (id: string, decision: number, text: string) => call<Word>('POST', `${of(id)}/appeals`, { decision, text }),
  lookalikes: (id: string) => call<{ items: Lookalike[] }>('GET', `${of(id)}/lookalikes`),
  queue: (kind: Kind | '', cursor: string) =>
    call<{ items: Case[]; next: string; counts: Partial<Record<Kind, number>> }>('GET', `/moderation/queue?${search({ kind, cursor })}`),
  trail: (cursor: string) => call<{ items: Entry[]; next: string }>('GET', `/moderation/trail?${search({ cursor })}`),
  decide: (decision: Decision) => call<Entry>('POST', '/moderation/decisions', decision),
  about: () => call<{ name: string; contact: string; rules: string }>('GET', '/about'),
}

function search(values: Record<string, string>): URLSearchParams {
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''))
}

// done says in a few words what an action did.
export const done: Record<Action, string> = {
  hide: 'Hidden', take_down: 'Taken down', restore: 'Restored', approve: 'Approved', review: 'Put into review', dismiss: 'Dismissed',
  undo: 'Decision undone', withdraw: 'Withdrawn by its creator', appeal: 'Answered by its creator',
  block_account: 'Account blocked', unblock_account: 'Account let in again', block_channel: 'Channel blocked', unblock_channel: 'Channel let in again',
}

// reach returns the address that a contact can be reached by, or '' where it is
// only words. Nothing but mail and web addresses becomes a link.
export function reach(contact: string): string {
  if (/^https?:\/\/[^\s]+$/.test(contact)) return contact
  return /^[^\s@:/?&]+@[^\s@:/?&]+$/.test(contact) ? `mailto:${contact}` : ''
}
