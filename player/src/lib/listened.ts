// How much of a release was really played, and when to tell the node of it.

// threshold is how many seconds make a play.
export function threshold(durationSeconds: number): number {
  return durationSeconds > 0 ? Math.min(10, durationSeconds / 2) : 10
}

const every = 60 // seconds between reports once a play has counted

export class Listened {
  #last = NaN
  #seconds = 0
  #counted = false

  constructor(
    readonly enough: number,
    readonly tell: (seconds: number) => void,
  ) {}

  // at is called as the media's time goes on. A seek is not played time.
  at(time: number, rate = 1): void {
    const step = time - this.#last
    this.#last = time
    if (!(step > 0 && step <= 2 * Math.max(rate, 1))) return
    this.#seconds += step
    if (!this.#counted && this.#seconds >= this.enough) this.#send()
    else if (this.#counted && this.#seconds >= every) this.#send()
  }

  // flush tells what is left, if the play has counted.
  flush(): void {
    if (this.#counted && this.#seconds >= 1) this.#send()
  }

  #send(): void {
    this.#counted = true
    this.tell(this.#seconds)
    this.#seconds = 0
  }
}
