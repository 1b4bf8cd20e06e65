// A media element plays several tracks in one go on one line of time. To the page
// it is to tell the time of the track that is heard: its own words for that are
// covered, as long as this lasts, and everyone else need not know.
export class TrackTime {
  start = 0 // of the track on the element's own line of time, in seconds
  end = 0
  readonly #words = new Map<string, PropertyDescriptor>()

  // seek is told where to go, in seconds of the element's own line.
  constructor(
    readonly media: HTMLMediaElement,
    seek: (to: number) => void,
  ) {
    const inside = (at: number) => Math.max(0, Math.min(this.end - this.start, at - this.start))
    this.#cover('currentTime', () => inside(this.now), (to) => seek(this.start + Math.max(0, Math.min(this.end - this.start, to))))
    this.#cover('duration', () => this.end - this.start)
    this.#cover('seekable', () => ranges([[0, this.end - this.start]]))
    this.#cover('buffered', () => ranges(spans(this.buffered).map(([from, to]) => [inside(from), inside(to)] as const).filter(([from, to]) => to > from)))
  }

  // now is the element's own time.
  get now(): number {
    return this.#words.get('currentTime')?.get?.call(this.media) as number
  }

  set now(to: number) {
    this.#words.get('currentTime')?.set?.call(this.media, to)
  }

  get buffered(): TimeRanges {
    return this.#words.get('buffered')?.get?.call(this.media) as TimeRanges
  }

  // tell makes those who show the time look again.
  tell(): void {
    for (const name of ['durationchange', 'progress', 'timeupdate']) this.media.dispatchEvent(new Event(name))
  }

  // uncover gives the element its words back.
  uncover(): void {
    for (const name of this.#words.keys()) Reflect.deleteProperty(this.media, name)
  }

  #cover(name: string, get: () => unknown, set?: (to: number) => void): void {
    this.#words.set(name, Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, name)!)
    Object.defineProperty(this.media, name, { configurable: true, get, ...(set && { set }) })
  }
}

function spans(of: TimeRanges): [number, number][] {
  return Array.from({ length: of.length }, (_, i) => [of.start(i), of.end(i)])
}

function ranges(all: (readonly [number, number])[]): TimeRanges {
  return { length: all.length, start: (i) => all[i]![0], end: (i) => all[i]![1] }
}
