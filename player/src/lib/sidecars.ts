// The files beside picture and sound, as the server's package transcode writes
// them, read with a doubt: nothing here touches the page.

export interface Chapter {
  start: number // seconds
  end: number
  title: string
}

// chapters reads x/chapters.json.
export function chapters(text: string): Chapter[] {
  const told = JSON.parse(text) as { chapters?: { startTime?: unknown; endTime?: unknown; title?: unknown }[] }
  const all: Chapter[] = []
  for (const { startTime, endTime, title } of told.chapters ?? []) {
    if (typeof startTime === 'number' && typeof endTime === 'number' && endTime > startTime && startTime >= 0) all.push({ start: startTime, end: endTime, title: String(title ?? '') })
  }
  return all
}

export interface Tile {
  start: number
  end: number
  sprite: string // path in the release
  place: string // "xywh=0,0,160,90"
}

const cue = /^(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})\n(sprite-\d+\.jpg)#(xywh=\d+,\d+,\d+,\d+)$/

// tiles reads s/storyboard.vtt.
export function tiles(text: string): Tile[] {
  const all: Tile[] = []
  for (const block of text.split('\n\n')) {
    const found = cue.exec(block.trim())
    if (!found) continue
    const [, h, m, s, h2, m2, s2, sprite, place] = found as unknown as string[]
    all.push({ start: seconds(h, m, s), end: seconds(h2, m2, s2), sprite: `s/${sprite}`, place: place ?? '' })
  }
  return all
}

function seconds(h = '0', m = '0', s = '0'): number {
  return Number(h) * 3600 + Number(m) * 60 + Number(s)
}

// waveform reads x/waveform.json: how loud each stretch is, 0 to 1.
export function waveform(text: string): number[] {
  const { data, bits } = JSON.parse(text) as { data?: number[]; bits?: number }
  const most = bits === 16 ? 32768 : 128
  const all: number[] = []
  for (let i = 0; i + 1 < (data?.length ?? 0); i += 2) all.push(Math.min(1, Math.max(-(data?.[i] ?? 0), data?.[i + 1] ?? 0) / most))
  return all
}

// bars takes the loudest of each of n stretches, in relation to the loudest of
// all, so that a quiet piece has a shape too.
export function bars(peaks: number[], n: number): number[] {
  const top = Math.max(0.05, ...peaks)
  return Array.from({ length: n }, (_, i) => {
    const from = Math.floor((i * peaks.length) / n)
    const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / n))
    return Math.max(0, ...peaks.slice(from, to)) / top
  })
}
