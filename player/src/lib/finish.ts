import Hls from 'hls.js'

// tail is how much of a release may be missing at its end, in seconds, for all to
// be there that is seen and heard: two frames that an edit list takes off, and the
// padding of the last frame of sound. hls.js knows neither and waits for them.
const tail = 0.25

type Buffered = { end(index: number): number; length: number }

// toEnd reports whether the end of a playlist is loaded.
export function toEnd(buffered: Buffered, end: number): boolean {
  return buffered.length > 0 && buffered.end(buffered.length - 1) > end - tail
}

// atEnd reports whether all of a playlist that has ended is loaded.
export function atEnd(buffered: Buffered, time: number, end: number): boolean {
  return toEnd(buffered, end) && buffered.end(buffered.length - 1) - time < 2
}

// finishing lets a release end that was watched up to its end before it was
// final, and one whose last segment holds nothing but padding.
export function finishing(hls: Hls, media: HTMLMediaElement, signal: AbortSignal): void {
  const look = () => {
    const details = hls.latestLevelDetails
    if (!details || details.live || media.ended || media.seeking || !atEnd(media.buffered, media.currentTime, details.edge)) return
    if (media.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return
    for (const type of ['video', 'audio'] as const) hls.trigger(Hls.Events.BUFFER_EOS, { type })
  }
  for (const event of ['waiting', 'timeupdate', 'stalled', 'progress']) media.addEventListener(event, look, { signal })
  hls.on(Hls.Events.LEVEL_UPDATED, look)
  hls.on(Hls.Events.AUDIO_TRACK_UPDATED, look)
}
