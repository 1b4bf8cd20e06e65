import type { Release } from './api'
import { Appender } from './appender'
import { complete, feed } from './feed'
import type { Handed } from './hls'
import type { Seal } from './seal'
import { here } from './seek'
import type { Pair, Track } from './track'
import { TrackTime } from './tracktime'

export { pair } from './pair' // what a join takes is loaded as one

export interface Events {
  crossed: (track: Track) => void // the next track is heard from now on
  checked: (seal: Seal) => void
  lost: (at: number) => void // the track is to be opened anew at a second of it: this loads straight on and no more
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
    this.#work = complete(this.#appender, one).then(() => this.#extend(two, signal))
  }

  // track is the one that is heard, rendition its encoding, and rate how fast it came
  // in bits per second.
  get track(): Track {
    return this.#tracks[0]!
  }

  get rendition(): string {
    return this.track.voice?.id ?? ''
  }

  get rate(): number {
    return this.track.rate
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
    this.#work = this.#work.then(() => this.#extend(two, signal))
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

  // extend puts the last track behind the one before. What fails before anything of
  // it is here ends the line there; later, what is here is played and the rest is
  // left to others.
  async #extend(track: Track, signal: AbortSignal): Promise<void> {
    try {
      await feed(this.#appender, track, signal, () => {
        if (track.seal && track === this.track) this.events.checked(track.seal)
      })
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
