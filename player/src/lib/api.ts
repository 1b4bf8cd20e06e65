// The node's API (/api/v1, described by /api/v1/openapi.json): shapes and one
// function per call. Everything that goes wrong is a Problem with a sentence.

export type Kind = 'video' | 'track'
export type Visibility = 'public' | 'unlisted' | 'private'
export type State = 'uploading' | 'queued' | 'transcoding' | 'final' | 'failed' | 'cancelled'
export type Standing = 'good' | 'review' | 'hidden' | 'taken_down'
export type Role = 'listener' | 'creator' | 'moderator' | 'admin'

export interface Rendition {
  id: string
  media: 'video' | 'audio'
  codec: string
  width: number
  height: number
  frameRate: number
  channels: number
  bandwidth: number
  averageBandwidth: number
  group: string
  language: string
  name: string
  sampleRate: number
  priming: number
  padding: number
  samples: number
}

export interface Credits {
  artist: string
  albumArtist: string
  composer: string
  album: string
  disc: number
  track: number
  isrc: string
  date: string
}

export interface Release {
  id: string
  title: string
  description: string
  tags: string[]
  kind: Kind
  state: State
  visibility: Visibility
  standing: Standing
  standingReason: string
  manifest: string
  channel: string
  channelName: string
  language: string
  license: string
  credits: Credits
  durationSeconds: number
  width: number
  height: number
  bytes: number
  rev: number
  createdAt: string
  finalAt: string | null
  fraction: number
  playableSeconds: number
  failure: { code: string; text: string } | null
  loudness: { integratedLufs: number; rangeLu: number; truePeakDbtp: number } | null
  watchUrl: string
  masterUrl: string
  posterUrl: string
  mine: boolean
  replaces?: string
  publishAt?: string
  publishAs?: Visibility
  replacement?: Release
  plays: number
  renditions?: Rendition[]
}

export interface Me {
  account: { id: number; name: string; role: Role }
  channels: { id: string; name: string; handle: string }[]
}

export interface OpenUpload {
  id: string
  release: string
  concat: string
  offset: number
  length: number | null
  metadata: Record<string, string>
  expiresAt: string
  url: string
}

export type Edit = Partial<Pick<Release, 'title' | 'description' | 'tags' | 'language' | 'license' | 'visibility' | 'kind' | 'publishAt'>>

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
  ) {
    super(text)
  }
}

export const endpoint = '/api/v1'

export function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  if (body === undefined) return send<T>(method, path, {}, null)
  return send<T>(method, path, { 'Content-Type': 'application/json' }, JSON.stringify(body))
}

// sendFile sends a file as it is.
export function sendFile<T>(method: string, path: string, file: Blob): Promise<T> {
  return send<T>(method, path, { 'Content-Type': 'application/octet-stream' }, file)
}

async function send<T>(method: string, path: string, headers: Record<string, string>, body: BodyInit | null): Promise<T> {
  let response: Response
  try {
    response = await fetch(endpoint + path, { method, headers, body, credentials: 'same-origin' })
  } catch {
    throw new Problem(0, 'offline', 'The server cannot be reached. Check the connection and try again.')
  }
  if (!response.ok) throw await problem(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}

async function problem(response: Response): Promise<Problem> {
  const told = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; title?: string }
  return new Problem(response.status, told.code ?? 'unknown', told.detail ?? told.title ?? 'Something went wrong. Please try again.')
}

export interface Query {
  q?: string
  kind?: Kind
  channel?: string
  scope?: 'public' | 'mine'
  tag?: string
  channels?: string
  followed?: boolean
  cursor?: string
  limit?: number
}

export const api = {
  me: () => call<Me>('GET', '/me'),
  signIn: (name: string, password: string) => call<unknown>('POST', '/sessions', { name, password }),
  signOut: () => call<void>('DELETE', '/sessions/current'),
  setUp: (token: string, password: string) => call<{ recoveryKey?: string }>('POST', '/setup', { token, password }),
  releases: (query: Query) => {
    const search = new URLSearchParams()
    for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(key, String(value))
    return call<{ items: Release[]; next: string }>('GET', `/releases?${search}`)
  },
  release: (id: string) => call<Release>('GET', `/releases/${encodeURIComponent(id)}`),
  edit: (id: string, edit: Edit) => call<Release>('PATCH', `/releases/${encodeURIComponent(id)}`, edit),
  remove: (id: string) => call<void>('DELETE', `/releases/${encodeURIComponent(id)}`),
  cancel: (id: string) => call<unknown>('POST', `/releases/${encodeURIComponent(id)}/cancel`),
  retry: (id: string) => call<unknown>('POST', `/releases/${encodeURIComponent(id)}/retry`),
  stand: (id: string, standing: Standing, reason = '') =>
    call<unknown>('POST', `/releases/${encodeURIComponent(id)}/standing`, { standing, reason }),
  uploads: () => call<{ items: OpenUpload[] }>('GET', '/uploads'),
}

// follow calls update for each change of a release until it has ended or the
// returned function is called. The browser reconnects by itself.
export function follow(id: string, update: (release: Release) => void): () => void {
  const events = new EventSource(`${endpoint}/releases/${encodeURIComponent(id)}/events`)
  events.addEventListener('release', (event) => {
    const release = JSON.parse((event as MessageEvent<string>).data) as Release
    if (['final', 'failed', 'cancelled'].includes(release.state)) events.close()
    update(release)
  })
  return () => events.close()
}
