// The arithmetic of joining two tracks: which encoding of the next one can follow
// the one that plays, where its sound begins and ends on one line of time, and what
// a segment lacks for its padding to be cut. Pure: join.ts has the media element.

// A Voice is one encoding of a track's sound, as the manifest tells it: what is
// decoded are priming, samples and padding, at sampleRate.
export interface Voice {
  id: string
  type: string
  codec: string // RFC 6381
  bps: number
  channels?: number
  language?: string
  sampleRate?: number
  priming?: number
  padding?: number
  samples?: number
}

export const isLossless = (voice: Voice) => voice.codec === 'fLaC'

// samplesOfFrame is what a frame of AAC-LC decodes to, however long it is to last.
const samplesOfFrame = 1024

// seconds is how long a voice's sound lasts.
export function seconds({ samples = 0, sampleRate = 1 }: Voice): number {
  return samples / sampleRate
}

// lastFrame is when the frame begins that a voice's sound ends in, in seconds from
// the beginning of the sound.
export function lastFrame({ samples = 0, padding = 0, sampleRate = 1 }: Voice): number {
  return (samples + padding - samplesOfFrame) / sampleRate
}

// follower chooses the encoding that can be put behind another one without a new
// decoder: the best of that kind for which the link suffices, its rate in bits per
// second. There is none where a track has sounds to choose among.
export function follower(before: Voice, voices: Voice[], rate: number): Voice | undefined {
  const usual = voices.filter((v) => !isLossless(v))
  if (voices.some((v) => v.type !== 'audio' || !v.samples) || new Set(usual.map((v) => `${v.channels}/${v.language}`)).size > 1) return undefined
  const fitting = alike(before, voices)
  return fitting.findLast((v) => v.bps < 0.7 * rate) ?? fitting[0]
}

// alike are the encodings that one decoder can play with a given one, by bit rate.
export function alike(as: Voice | undefined, voices: Voice[]): Voice[] {
  return voices
    .filter((v) => v.codec === as?.codec && v.sampleRate === as.sampleRate && v.channels === as.channels)
    .sort((a, b) => a.bps - b.bps)
}

// filesOf lists what a media playlist names, in its order, the init segment first.
export function filesOf(playlist: string): string[] {
  const init = /^#EXT-X-MAP:.*URI="([^"]+)"/m.exec(playlist)?.[1]
  const segments = playlist.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  return init === undefined || segments.length === 0 ? [] : [init, ...segments]
}

// whole returns a segment of sound whose last frame lasts as long as it decodes
// to. Its encoder says how much of that frame is sound, which browsers do not heed:
// they play it whole, and cut only what passes the end of the append window.
export function whole(segment: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = segment.slice()
  const view = new DataView(copy.buffer)
  const at = lastDuration(view)
  if (at > 0) view.setUint32(at, samplesOfFrame)
  return copy
}

// lastDuration is where a segment says how long its last frame lasts: in its last
// track run or, for a run of one frame, in the header before that; 0: nowhere.
function lastDuration(view: DataView): number {
  const traf = box(view, box(view, [0, view.byteLength], 'moof'), 'traf')
  const [run, head] = [box(view, traf, 'trun'), box(view, traf, 'tfhd')]
  if (!run || !head) return 0
  const [flags, count] = [view.getUint32(run[0]), view.getUint32(run[0] + 4)]
  const each = [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4 // duration, size, flags, offset
  if (flags & 0x100) return run[0] + 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0) + each * (count - 1)
  const known = view.getUint32(head[0])
  return count === 1 && known & 0x8 ? head[0] + 8 + (known & 0x1 ? 8 : 0) + (known & 0x2 ? 4 : 0) : 0
}

type Span = [from: number, to: number]

// box is what the last box of a name within a span holds.
function box(view: DataView, span: Span | undefined, name: string): Span | undefined {
  let found: Span | undefined
  for (let [at, end] = span ?? [0, 0]; at + 8 <= end; ) {
    const size = view.getUint32(at)
    if (size < 8) break
    const here = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4))
    if (here === name) found = [at + 8, Math.min(at + size, end)]
    at += size
  }
  return found
}
