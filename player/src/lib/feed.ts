import { type Appender, rounding } from './appender'
import { lastFrame, whole } from './gapless'
import type { Track } from './track'

// ahead is how much is loaded before it is heard, in seconds.
const ahead = 30

// complete makes the end of a track that hls.js has appended exact: its last frame
// is appended again, without padding, with what is missing before it.
export async function complete(to: Appender, track: Track): Promise<void> {
  const { voice, files, end } = track
  const from = Math.min(to.end, voice?.padding ? lastFrame(voice) : Infinity)
  if (from > end - rounding) return
  try {
    await to.remove(from - rounding, Infinity)
    await to.place(0, from + rounding, end)
    await to.append(await track.file(files[0]!))
    await to.append(cut(await track.file(files.at(-1)!), voice?.padding))
  } catch {
    // closed meanwhile
  }
}

// feed appends a track where it starts, file by file, without priming and padding,
// and says that it is the last. After each file it calls appended.
export async function feed(to: Appender, track: Track, signal: AbortSignal, appended: () => void): Promise<void> {
  const { start, end, files, voice } = track
  await to.place(start, start, end)
  for (; track.fed < files.length; track.fed++) {
    await to.room(ahead, signal)
    const bytes = await Promise.race([track.file(files[track.fed]!), aborted(signal)])
    if (!bytes || signal.aborted) return
    await to.append(track.fed === files.length - 1 ? cut(bytes, voice?.padding) : bytes, signal)
    appended()
  }
  await to.finish()
}

// cut makes the padding of a last segment fall behind the append window.
function cut(segment: Uint8Array<ArrayBuffer>, padding = 0): Uint8Array<ArrayBuffer> {
  return padding > 0 ? whole(segment) : segment
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }))
}
