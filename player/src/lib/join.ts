import type { Release } from './api'
import { alike, follower, hasLossless, lastFrame, whole } from './gapless'
import type { Handed, Playback, Quality } from './hls'
import type { Seal } from './seal'
import { here } from './seek'
import { lossless, standard, type Sound } from './sounds'
import { Track } from './track'
import { TrackTime } from './tracktime'

// How much is loaded ahead of what is heard, and kept of what was, in seconds.
const ahead = 30
const behind = 60

// rounding is more than what a time in a media buffer may be off, in seconds.
const rounding = 2e-6

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
  const end = joined || !voice.padding ? [] : [one.files[0], one.files.at(-1)]
  await Promise.all([...end.map((path) => one.ready(path)), two.ready(two.files[0]), two.ready(two.files[1])])
  return [one, two]
}

// Join plays tracks without a pause between them: the samples of the next follow
// the last ones of the track before on one line of time, with priming and padding
// cut off by the append window. It takes the media element over from hls.js when
// all of a track is loaded, and plays on until something is wanted that hls.js can
// do: a seek to what is not here, another quality, a link that is too slow.
export class Join {
  readonly #tracks: Track[]
  readonly #time: TrackTime
  readonly #closed = new AbortController()
  #feeding = new AbortController()
  #timer = 0

  constructor(
    tracks: Pair,
    private readonly handed: Handed,
    private readonly events: Events,
  ) {
    const [one, two] = (this.#tracks = tracks)
    this.#time = new TrackTime(handed.media, (to) => this.#seek(to))
    // The last frame is said to last as long as its sound, so this is where that ends.
    one.start = this.#bufferedEnd - one.end
    if (Math.abs(one.start) < 1e-5) one.start = 0
    one.fed = one.files.length
    two.start = one.end
    this.#show()
    const look = () => this.#look()
    for (const name of ['timeupdate', 'seeking', 'waiting', 'ended', 'error']) handed.media.addEventListener(name, look, { signal: this.#closed.signal })
    void this.#feed(this.#feeding.signal)
  }

  get media(): HTMLMediaElement {
    return this.handed.media
  }

  // loaded tells whether all is here of the last track there is.
  get loaded(): boolean {
    return this.#tracks.length === 1 && this.#tracks[0]!.fed === this.#tracks[0]!.files.length
  }

  // next is the track that follows already.
  get next(): Release | undefined {
    return this.#tracks[1]?.release
  }

  // add puts another track behind the last one, as pair has prepared them.
  add([, two]: Pair): void {
    two.start = this.#tracks[0]!.end
    this.#tracks.push(two)
    this.#feeding = new AbortController()
    void this.#feed(this.#feeding.signal)
  }

  // track is the one that is heard.
  get track(): Track {
    return this.#tracks[0]!
  }

  // qualities lists the encodings among which hls.js would choose, as it numbers them.
  get qualities(): Quality[] {
    return alike(this.track.voice, this.track.voices).map((voice, index) => ({ index, height: 0, label: `${Math.round(voice.bps / 1000)} kbit/s` })).reverse()
  }

  get quality(): number {
    return alike(this.track.voice, this.track.voices).findIndex((voice) => voice === this.track.voice)
  }

  get sounds(): Sound[] {
    return hasLossless(this.track.voices) ? [standard, lossless] : []
  }

  get sound(): string {
    return hasLossless(this.track.voices) && this.track.voice && hasLossless([this.track.voice]) ? lossless.id : ''
  }

  // drop takes the next track out again, before it is heard.
  drop(): void {
    const [one, two] = this.#tracks
    if (!one || !two) return
    this.#tracks.pop()
    this.#feeding.abort()
    void this.#idle()
      .then(() => this.#remove(one.end, Infinity))
      .then(() => this.#end())
      .catch(() => undefined)
  }

  close(): void {
    this.#closed.abort()
    clearTimeout(this.#timer)
    this.#feeding.abort()
    this.#time.uncover()
    URL.revokeObjectURL(this.media.src)
    this.media.removeAttribute('src')
    this.media.load()
  }

  get #bufferedEnd(): number {
    const { buffered } = this.handed.buffer
    return buffered.length > 0 ? buffered.end(buffered.length - 1) : 0
  }

  // feed appends the last track, file by file, and says that it is the last. What
  // fails before anything of it is here ends the line where the track before ends;
  // later, what is here is played and the rest is left to others.
  async #feed(signal: AbortSignal): Promise<void> {
    const track = this.#tracks.at(-1)!
    try {
      await this.#idle()
      await this.#cut()
      this.#window(track.start, track.start, track.end)
      for (; track.fed < track.files.length; track.fed++) {
        await this.#room(signal)
        const bytes = await track.file(track.files[track.fed]!)
        if (signal.aborted) return
        await this.#append(track.voice?.padding && track.fed === track.files.length - 1 ? whole(bytes) : bytes)
        if (track.seal && track === this.#tracks[0]) this.events.checked(track.seal)
      }
      this.#end()
    } catch {
      if (signal.aborted || track.fed > 1) return
      this.#tracks.pop()
      this.#end()
    }
  }

  // cut takes the padding off the track that hls.js has appended: its last frame is
  // appended again.
  async #cut(): Promise<void> {
    const [one] = this.#tracks
    if (!one?.voice?.padding || one.cut) return
    const [init, segment] = [await one.file(one.files[0]!), await one.file(one.files.at(-1)!)]
    const from = one.start + lastFrame(one.voice)
    await this.#remove(from - rounding, Infinity)
    this.#window(one.start, from + rounding, one.end)
    await this.#append(init)
    await this.#append(whole(segment))
    one.cut = true
  }

  #window(offset: number, from: number, to: number): void {
    const { buffer } = this.handed
    buffer.timestampOffset = offset
    buffer.appendWindowEnd = Infinity // never less than its start
    buffer.appendWindowStart = Math.max(0, from)
    buffer.appendWindowEnd = to
  }

  async #append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { buffer } = this.handed
    const old = this.#time.now - behind
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < old) await this.#remove(0, old)
    for (;;) {
      try {
        buffer.appendBuffer(bytes)
        return await this.#idle()
      } catch (error) {
        if ((error as Error).name !== 'QuotaExceededError') throw error
        await this.#soon()
      }
    }
  }

  async #remove(from: number, to: number): Promise<void> {
    this.handed.buffer.remove(from, to)
    await this.#idle()
  }

  async #idle(): Promise<void> {
    const { buffer } = this.handed
    if (buffer.updating) await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }))
  }

  // room waits until more is wanted.
  async #room(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#bufferedEnd - this.#time.now > ahead) await this.#soon()
  }

  #soon(): Promise<unknown> {
    return new Promise((resolve) => this.media.addEventListener('timeupdate', resolve, { once: true }))
  }

  #end(): void {
    if (this.handed.source.readyState === 'open') this.handed.source.endOfStream()
  }

  #seek(to: number): void {
    const last = this.#tracks.at(-1)!
    if (here({ buffered: this.#time.buffered }, to) || (this.loaded && to > last.end - 0.05)) this.#time.now = to
    else this.events.lost(to - this.#time.start)
  }

  #look(): void {
    const [, next] = this.#tracks
    const left = (next?.start ?? Infinity) - this.#time.now
    if (next && next.fed > 1 && left <= 0) {
      this.#tracks.shift()
      this.events.crossed(next)
      this.#show()
      return
    }
    clearTimeout(this.#timer)
    if (left < 1 && !this.media.paused) this.#timer = setTimeout(() => this.#look(), (1000 * left) / this.media.playbackRate + 5)
    if (this.media.error || this.#dry) this.events.lost(this.media.currentTime)
  }

  // dry tells whether what is to be heard does not come in time.
  get #dry(): boolean {
    const { ended, readyState } = this.media
    return !this.loaded && !ended && readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !here({ buffered: this.#time.buffered }, this.#time.now + 0.1)
  }

  #show(): void {
    const one = this.#tracks[0]!
    this.#time.start = one.start
    this.#time.end = one.end
    this.#time.tell()
  }
}
