// The studio's part of the API: what stands beside a release's media, what it
// was before, and what an account has.
import { call, endpoint, sendFile, type Release } from './api'

export interface Revision {
  rev: number
  manifest: string
  latest: boolean
  bytes: number
  durationSeconds: number
  publishedAt: string
  endedAt: string | null
  masterUrl: string
  posterUrl: string
}

export interface Captions {
  id: string
  language: string
  label: string
  hearing: boolean
}

export interface Share {
  used: { bytes: number; published: number; earlier: number; originals: number; uploads: number; working: number; releases: number; open: number; jobs: number }
  limits: { bytes: number; releases: number; uploads: number; jobs: number }
}

export interface Day {
  day: string
  plays: number
  seconds: number
  bytes: number
}

// earlier is a release as it was; an error where that is not kept.
export async function earlier(release: Release, rev: number): Promise<Release> {
  const was = (await studio.revisions(release.id)).items.find((item) => item.rev === rev)
  if (!was) throw new Error(`Version ${rev} of this is not kept any more.`)
  return { ...release, rev, manifest: was.manifest, durationSeconds: was.durationSeconds, masterUrl: was.masterUrl, posterUrl: was.posterUrl }
}

const at = (id: string) => `/releases/${encodeURIComponent(id)}`

export const studio = {
  revisions: (id: string) => call<{ items: Revision[] }>('GET', `${at(id)}/revisions`),
  forget: (id: string, rev: number) => call<void>('DELETE', `${at(id)}/revisions/${rev}`),
  setCover: (id: string, picture: File) => sendFile<Release>('PUT', `${at(id)}/cover`, picture),
  dropCover: (id: string) => call<Release>('DELETE', `${at(id)}/cover`),
  captions: (id: string) => call<{ items: Captions[] }>('GET', `${at(id)}/captions`),
  addCaptions: (id: string, text: File, language: string, label: string) =>
    sendFile<Release>('POST', `${at(id)}/captions?${new URLSearchParams({ language, label })}`, text),
  dropCaptions: (id: string, captions: string) => call<Release>('DELETE', `${at(id)}/captions/${encodeURIComponent(captions)}`),
  share: () => call<Share>('GET', '/me/storage'),
  plays: (id: string) => call<{ days: Day[] }>('GET', `${at(id)}/plays`),
  source: (id: string) => `${endpoint}${at(id)}/source`,
}
