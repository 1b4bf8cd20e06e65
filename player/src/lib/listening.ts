// The part of the API that is about listening: collections, channels, plays.
import { call, type Release, type Visibility } from './api'

export interface Collection {
  id: string
  kind: 'album' | 'series' | 'playlist'
  title: string
  description: string
  visibility: Visibility
  channel: string
  by: string
  items: number
  durationSeconds: number
  version: number
  url: string
  coverUrl: string
  mine: boolean
}

export interface Channel {
  id: string
  name: string
  handle: string
  followers: number
  followed: boolean
  feedUrl: string
  mine: boolean
}

type Page<T> = { items: T[]; next: string }

const at = (id: string) => `/collections/${encodeURIComponent(id)}`

export const listening = {
  collections: (query: { channel?: string; scope?: 'mine'; holds?: string; kind?: string; cursor?: string }) =>
    call<Page<Collection>>('GET', `/collections?${new URLSearchParams(Object.entries(query).filter(([, v]) => v))}`),
  collection: (id: string) => call<Collection>('GET', at(id)),
  items: (id: string, cursor = '', limit = 100) => call<Page<Release>>('GET', `${at(id)}/items?limit=${limit}&cursor=${encodeURIComponent(cursor)}`),
  create: (kind: Collection['kind'], title: string, releases: string[] = [], visibility: Visibility = 'public') =>
    call<Collection>('POST', '/collections', { kind, title, releases, visibility }),
  edit: (id: string, edit: Partial<Pick<Collection, 'title' | 'description' | 'visibility'>>) => call<Collection>('PATCH', at(id), edit),
  remove: (id: string) => call<void>('DELETE', at(id)),
  add: (id: string, releases: string[]) => call<Collection>('POST', `${at(id)}/items`, { releases }),
  drop: (id: string, release: string) => call<void>('DELETE', `${at(id)}/items/${release}`),
  move: (id: string, release: string, after: string) => call<Collection>('POST', `${at(id)}/moves`, { release, after }),
  channel: (id: string) => call<Channel>('GET', `/channels/${encodeURIComponent(id)}`),
  follow: (id: string, on: boolean) => call<void>(on ? 'PUT' : 'DELETE', `/channels/${encodeURIComponent(id)}/follow`),
  follows: () => call<{ items: Channel[] }>('GET', '/follows'),
}

// pathOf is the page of a release, in a collection if one is named.
export function pathOf(release: Pick<Release, 'id' | 'kind'>, list = ''): string {
  return `/${release.kind === 'track' ? 'listen' : 'watch'}/${release.id}${list ? `?list=${list}` : ''}`
}
