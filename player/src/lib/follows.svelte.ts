import { keep, kept } from './device'
import { listening } from './listening'
import { session } from './session.svelte'

// The channels one follows: kept with the account, or for a visitor on this
// device.
const key = 'runnel:follows'

export interface Followed {
  id: string
  name: string
}

export const follows = {
  here: (): Followed[] => kept<Followed[]>(key, []),
  has: (id: string): boolean => follows.here().some((f) => f.id === id),
  async set(channel: Followed, on: boolean): Promise<void> {
    if (session.me) return listening.follow(channel.id, on)
    const others = follows.here().filter((f) => f.id !== channel.id)
    keep(key, on ? [...others, { id: channel.id, name: channel.name }].slice(-50) : others)
  },
}
