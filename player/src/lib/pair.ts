import type { Release } from './api'
import { follower } from './gapless'
import { Track, type Pair } from './track'

// Playing is what plays a track: its encoding by name, the link's rate in bits per
// second, and the track itself where it is known already.
interface Playing {
  rendition: string
  rate: number
  track?: Track
}

// pair prepares the join of what plays and the release that is next; undefined
// where these two cannot be joined.
export async function pair(before: Playing, playing: Release, next: Release): Promise<Pair | undefined> {
  const [one, two] = await Promise.all([before.track ?? Track.open(playing), Track.open(next)])
  const voice = one.voices.find((v) => v.id === before.rendition)
  const other = voice && follower(voice, two.voices, before.rate)
  if (!other) return undefined
  await Promise.all([one === before.track || one.speak(voice), two.speak(other)])
  const end = one === before.track ? [] : [one.files[0], one.files.at(-1)]
  await Promise.all([...end.map((path) => one.ready(path)), two.ready(two.files[0]), two.ready(two.files[1])])
  return [one, two]
}
