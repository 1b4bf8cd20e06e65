import type { Release } from './api'
import { Appender, rounding } from './appender'
import { follower, lastFrame, whole } from './gapless'
import type { Handed, Playback } from './hls'
import type { Seal } from './seal'
import { here } from './seek'
import { Track } from './track'
import { TrackTime } from './tracktime'

// ahead is how much is loaded before it is heard, in seconds.
const ahead = 30

export interface Events {
  crossed: (track: Track) => void // the next track is heard from now on
  checked: (seal: Seal) => void
  lost: (at: number) => void // the track is to be opened anew at a second of it: this loads straight on and no more
}

// A Pair is a track that plays and the one that is to follow, with what its
// beginning needs.
export type Pair = [Track, Track]

// pair prepares a join; undefined where these two cannot be joined.
export async function pair(before: Playback | Join, playing: Release, next: Release): Promise<Pair | undefined> {
  const joined = before instanceof Join
  const [one, two] = await Promise.all([joined ? before.track : Track.open(playing), Track.open(next)])
  const voice = joined ? one.voice : one.voices.find((v) => v.id === before.rendition)
  const other = voice && follower(voice, two.voices, joined ? one.rate : before.rate)
  if (!other) return undefined
  await Promise.all([joined || one.speak(voice), two.speak(other)])
  const end = joined ? [] : [one.files[0], one.files.at(-1)]
  await Promise.all([...end.map((path) => one.ready(path)), two.ready(two.files[0]), two.ready(two.files[1])])
  return [one, two]
}

// Join plays tracks without a pause between them: the samples of the next follow
// the last ones of the track before on one line of time, with priming and padding
// cut off by the append window. It takes the media element over from hls.js when
// all of a track is loaded, and plays on until something is wanted that hls.js can
// do: a seek to what is not here, another quality, a link that is too slow.
export class Join {
  readonly #tracks: Track[] // what is heard, and what follows it
  readonly #time: TrackTime
  readonly #appender: Appender
  readonly #closed = new AbortController()
  #feeding = new AbortController()
  #work: Promise<void> // one thing after another
  #timer = 0

  constructor(
    tracks: Pair,
    private readonly handed: Handed,
    private readonly events: Events,
  ) {
    const [one, two] = (this.#tracks = tracks)
    const { media } = handed
    this.#time = new TrackTime(media, (to) => this.#seek(to))
    this.#appender = new Appender(handed, () => this.#time.now)
    one.fed = one.files.length
    two.start = one.end
    this.#show()
    for (const name of ['timeupdate', 'seeking', 'waiting', 'ended', 'error']) media.addEventListener(name, () => this.#look(), { signal: this.#closed.signal })
    const { signal } = this.#feeding
    this.#work = this.#complete(one).then(() => this.#feed(two, signal))
  }

  // track is the one that is heard.
  get track(): Track {
    return this.#tracks[0]!
  }

  // next is the release that follows already.
  get next(): Release | undefined {
    return this.#tracks[1]?.release
  }

  // loaded tells whether all is here of the last track there is.
  get loaded(): boolean {
    return this.#tracks.length === 1 && this.track.fed === this.track.files.length
  }

  // add puts another track behind the last one, as pair has prepared them.
  add([one, two]: Pair): void {
    two.start = one.end
    this.#tracks.push(two)
    const { signal } = (this.#feeding = new AbortController())
    this.#work = this.#work.then(() => this.#feed(two, signal))
  }

  // drop takes the next track out again, before it is heard.
  drop(): void {
    if (this.#tracks.length < 2) return
    this.#tracks.pop()
    this.#feeding.abort()
    const { end } = this.track
    this.#work = this.#work.then(() => this.#appender.remove(end, Infinity)).then(() => this.#appender.finish()).catch(() => undefined)
  }

  close(): void {
    this.#closed.abort()
    this.#feeding.abort()
    clearTimeout(this.#timer)
    this.#time.uncover()
    const { media } = this.handed
    URL.revokeObjectURL(media.src)
    media.removeAttribute('src')
    media.load()
  }

  // complete makes the end of the track that hls.js has appended exact: its last
  // frame is appended again, without padding, with what is missing before it.
  async #complete(one: Track): Promise<void> {
    const { voice, files, end } = one
    const from = Math.min(this.#appender.end, voice?.padding ? lastFrame(voice) : Infinity)
    if (from > end - rounding) return
    try {
      await this.#appender.remove(from - rounding, Infinity)
      await this.#appender.place(0, from + rounding, end)
      await this.#appender.append(await one.file(files[0]!))
      await this.#appender.append(voice?.padding ? whole(await one.file(files.at(-1)!)) : await one.file(files.at(-1)!))
    } catch {
      // closed meanwhile
    }
  }

  // feed appends a track, file by file, and says that it is the last. What fails
  // before anything of it is here ends the line where the track before ends; later,
  // what is here is played and the rest is left to others.
  async #feed(track: Track, signal: AbortSignal): Promise<void> {
    const { start, end, files } = track
    try {
      await this.#appender.place(start, start, end)
      for (; track.fed < files.length; track.fed++) {
        await this.#appender.room(ahead, signal)
        const bytes = await Promise.race([track.file(files[track.fed]!), aborted(signal)])
        if (!bytes || signal.aborted) return
        await this.#appender.append(track.voice?.padding && track.fed === files.length - 1 ? whole(bytes) : bytes, signal)
        if (track.seal && track === this.track) this.events.checked(track.seal)
      }
      await this.#appender.finish()
    } catch {
      if (signal.aborted || track.fed > 1) return
      this.#tracks.pop()
      await this.#appender.finish().catch(() => undefined)
    }
  }

  #seek(to: number): void {
    const atEnd = this.loaded && to > this.track.end - 0.05
    if (atEnd || here({ buffered: this.#time.buffered }, to)) this.#time.now = to
    else this.events.lost(to - this.track.start)
  }

  #look(): void {
    const [, next] = this.#tracks
    const left = (next?.start ?? Infinity) - this.#time.now
    clearTimeout(this.#timer)
    if (next && next.fed > 1 && left <= 0) {
      this.#tracks.shift()
      this.events.crossed(next)
      this.#show()
      return
    }
    const { media } = this.handed
    if (left < 1 && !media.paused) this.#timer = setTimeout(() => this.#look(), (1000 * Math.max(0, left)) / media.playbackRate + 5)
    if (media.error || this.#dry) this.events.lost(media.currentTime)
  }

  // dry tells whether what is to be heard does not come in time.
  get #dry(): boolean {
    const { ended, readyState } = this.handed.media
    return !this.loaded && !ended && readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !here({ buffered: this.#time.buffered }, this.#time.now + 0.1)
  }

  #show(): void {
    this.#time.start = this.track.start
    this.#time.end = this.track.end
    this.#time.tell()
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
}
