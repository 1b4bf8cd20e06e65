import { AbrController, type default as Hls } from 'hls.js'

// seekSeconds is how long the first segment after a seek may take to come at the
// rate that the link is believed to have, and segmentSeconds what it lasts.
const seekSeconds = 0.35
const segmentSeconds = 4

// A rung is what the choice of a quality needs to know of it.
export interface Rung {
  rate: number // bits per second on average, with the sound
  known: boolean // its playlist is here
}

// quick returns the best of the rungs, lowest first, of which a segment is here
// in a moment; else the one that is here first. Rate is the link's in bits per
// second, trip what a question to the server takes in seconds: a rung whose
// playlist is not here costs one more.
export function quick(rungs: Rung[], rate: number, trip: number): number {
  const takes = rungs.map((rung) => seconds(rung, rate, trip))
  const best = takes.findLastIndex((took) => took <= seekSeconds)
  return best >= 0 ? best : takes.indexOf(Math.min(...takes))
}

// seconds is what a segment of a rung takes to come.
export function seconds(rung: Rung, rate: number, trip: number): number {
  return (rung.rate * segmentSeconds) / rate + (rung.known ? 0 : trip)
}

// rungsOf lists hls.js's levels, lowest first.
export function rungsOf(hls: Hls): Rung[] {
  return hls.levels.map((level) => ({ rate: level.averageBitrate || level.bitrate, known: level.details !== undefined }))
}

// Chooser is hls.js's choice of quality, but for the segments that a seek waits
// for (two, where it ends just before a border): their quality is settled when
// the seek begins and stays until the picture is there. hls.js takes a level that
// it is told back when something else arrives, and begins again with another one.
export class Chooser extends AbrController {
  #sought = -1 // seconds
  #level = 0

  override get nextAutoLevel(): number {
    const usual = super.nextAutoLevel
    const media = this.hls?.media
    if (!media?.seeking || !this.bwEstimator.canEstimate()) {
      this.#sought = -1
      return usual
    }
    if (this.#sought !== media.currentTime) {
      this.#sought = media.currentTime
      this.#level = this.deriveNextAutoLevel(quick(rungsOf(this.hls), this.bwEstimator.getEstimate(), this.bwEstimator.getEstimateTTFB() / 1000))
    }
    return this.#level
  }

  override set nextAutoLevel(level: number) {
    super.nextAutoLevel = level
  }
}
