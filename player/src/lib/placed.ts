import Hls, { type TransmuxerResult } from 'hls.js'

// near is how far a segment's samples may say that it lies from where its
// playlist has it, in seconds, to be taken for the same place.
const near = 0.25

// Where a playlist has a segment, in seconds.
export interface Place {
  start: number
  duration: number
}

// When the samples of a segment are shown and decoded, in seconds.
export interface Times {
  startPTS: number
  endPTS: number
  startDTS: number
  endDTS: number
}

// placed says when a segment's samples are shown. hls.js reads the times of the
// samples and knows no edit list, by which the browser shows them earlier: two
// frames for a picture with B-frames, the encoder's priming for a sound. So it
// believed for 83 ms behind each border that the segment before it was there: a
// seek to there loaded nothing, or was moved on. A release's playlists are measured
// from its segments as they are shown, and are right.
export function placed<T extends Times>(times: T, { start, duration }: Place): T {
  const end = start + duration
  if (Math.abs(times.startPTS - start) > near || Math.abs(times.endPTS - end) > near) return times
  return { ...times, startPTS: start, endPTS: end, startDTS: start, endDTS: end }
}

// Placed is hls.js's loading of pictures, but it believes the playlist.
export class Placed extends Hls.DefaultConfig.streamController {
  protected override _handleTransmuxComplete(result: TransmuxerResult): void {
    const { video } = result.remuxResult
    if (video && this.fragCurrent) result.remuxResult.video = placed(video, this.fragCurrent)
    super._handleTransmuxComplete(result)
  }
}
