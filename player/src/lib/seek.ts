import Hls, { type FragmentTracker, type HlsConfig, type InFlightData, type LoaderStats } from 'hls.js'
import { quick, rungsOf, seconds, type Rung } from './abr'

// patience is for how long a place that a seek waits for may lack what to load
// before loading begins anew there, in milliseconds. Between two segments nothing
// is in flight for a moment: hls.js looks for the next every 100.
const patience = 400

// What hls.js calls a part of it that waits for nothing.
const resting = new Set<string>(['IDLE', 'STOPPED', 'ENDED', 'ERROR'])

// expects tells whether one part of hls.js (picture or sound) is about to bring
// what is to be shown at a second: a segment, or the playlist that names it.
export function expects(now: number, part: Pick<InFlightData, 'state'> & { frag: { start: number } | null } | undefined): boolean {
  return part !== undefined && !resting.has(part.state) && (part.frag === null || part.frag.start <= now)
}

// A segment in flight: where it is in the film, and how far it has come.
export interface Flying {
  start: number
  end: number
  rate: number // bits per second, for as long as its length is not told
  stats: Pick<LoaderStats, 'loaded' | 'total'>
}

// useless tells whether a segment in flight keeps a seek waiting: it is of
// another place, or what is left of it takes longer than a whole one of the rung
// that the seek would begin with. Rate and trip are the link's, as for quick.
export function useless(at: number, { start, end, rate: own, stats }: Flying, rungs: Rung[], rate: number, trip: number): boolean {
  if (at < start || at >= end) return true
  const total = stats.total || (own * (end - start)) / 8
  const fresh = rungs[quick(rungs, rate, trip)]
  return fresh !== undefined && (8 * (total - stats.loaded)) / rate > seconds(fresh, rate, trip) + trip
}

// seekTo makes room for a seek to a place that is not here: what is in flight and
// of no use to it is given up, and loading begins anew at the place. hls.js by
// itself lets a segment come to its end that the place is in, however long that
// takes.
export function seekTo(hls: Hls, at: number): void {
  const { main, audio } = hls.inFlightFragments
  const [rungs, rate, trip] = [rungsOf(hls), hls.bandwidthEstimate, hls.ttfbEstimate / 1000]
  const inTheWay = [main, audio].some((part) => {
    const frag = part?.state === 'FRAG_LOADING' ? part.frag : null
    const own = (part === main && frag && rungs[frag.level]?.rate) || 0
    return frag !== null && useless(at, { start: frag.start, end: frag.end, rate: own, stats: frag.stats }, rungs, rate, trip)
  })
  if (inTheWay) anew(hls, at)
}

function anew(hls: Hls, at: number): void {
  hls.stopLoad()
  hls.startLoad(at, true)
}

const Watch = Hls.DefaultConfig.gapController as NonNullable<HlsConfig['gapController']>

// Patient is hls.js's watch over holes in what is loaded, but it leaves a seek
// alone as long as its place is still to come. The stock one moves it up to two
// seconds on to what lies there already, unless a segment for the place is in
// flight at that very moment: a playlist that is waited for, or a sound that
// follows its picture, do not count (see video-dev/hls.js#4806 and #6988, which
// mended the case of the segment only). A place for which nothing comes is asked
// for anew, once; then it is a hole indeed.
export class Patient extends Watch {
  readonly #hls: Hls
  readonly #tracker: FragmentTracker
  #place = -1 // seconds: where the seek goes
  #since = 0 // milliseconds: when something was last expected there
  #again = false

  constructor(hls: Hls, tracker: FragmentTracker) {
    super(hls, tracker)
    this.#hls = hls
    this.#tracker = tracker
  }

  override poll(now: number, before: number): void {
    if (!this.#hls.media?.seeking || !this.#waits(now)) super.poll(now, before)
  }

  #waits(now: number): boolean {
    const { main, audio } = this.#hls.inFlightFragments
    const at = performance.now()
    if (now !== this.#place) {
      this.#again = false
      this.#since = at
      this.#place = now
    } else if (expects(now, main) || expects(now, audio)) this.#since = at
    if (at - this.#since < patience) return true
    if (this.#again || here(this.#hls.media!, now)) return false
    this.#again = true
    this.#since = at
    for (const type of ['main', 'audio'] as const) this.#tracker.removeFragmentsInRange(now, now + 0.001, type as never)
    anew(this.#hls, now)
    return true
  }
}

// here tells whether the media can be shown at a second.
export function here({ buffered }: Pick<HTMLMediaElement, 'buffered'>, at: number): boolean {
  for (let i = 0; i < buffered.length; i++) if (buffered.start(i) <= at && at < buffered.end(i)) return true
  return false
}
