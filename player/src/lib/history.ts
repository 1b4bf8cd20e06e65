// What was played on this device, newest first. It never leaves it.
import type { Release } from './api'
import { drop, keep, kept } from './device'

export interface Played {
  id: string
  kind: Release['kind']
  title: string
  channel: string
  channelName: string
  posterUrl: string
  durationSeconds: number
  when: number
}

const key = 'runnel:history'
const most = 200

export const history = {
  all: (): Played[] => kept<Played[]>(key, []),
  add(r: Release, when = Date.now()): void {
    const { id, kind, title, channel, channelName, durationSeconds } = r
    // An address with a token in it is not kept: it expires, and it is a right.
    const posterUrl = r.posterUrl.includes('/ipfs/') ? r.posterUrl : ''
    keep(key, [{ id, kind, title, channel, channelName, posterUrl, durationSeconds, when }, ...this.all().filter((p) => p.id !== id)].slice(0, most))
  },
  remove(id: string): void {
    keep(key, this.all().filter((p) => p.id !== id))
    drop((k) => k === `runnel:place:${id}`)
  },
  clear: (): void => drop((k) => k === key || k.startsWith('runnel:place:')),
}
