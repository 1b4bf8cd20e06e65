import type { Beside } from './beside'
import { tiles, type Chapter, type Tile } from './sidecars'

// What the time bar shows comes to media-chrome as text tracks with these names.

// A picture of nothing, until the right one is there.
const nothing = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

// emptied is the track of a name, without what the release before left in it: a
// media element plays one after another, and gives no track back.
function emptied(media: HTMLMediaElement, kind: TextTrackKind, label: string): TextTrack {
  const track = [...media.textTracks].find((t) => t.kind === kind && t.label === label) ?? media.addTextTrack(kind, label)
  track.mode = 'hidden'
  for (const cue of [...(track.cues ?? [])]) track.removeCue(cue)
  return track
}

// markChapters divides the time bar. Cue text is escaped as in a WebVTT file.
export function markChapters(media: HTMLMediaElement, chapters: Chapter[]): void {
  const track = emptied(media, 'chapters', 'Chapters')
  const escape = (s: string) => s.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c)
  for (const c of chapters) track.addCue(new VTTCue(c.start, c.end, escape(c.title)))
}

// showPreviews shows the storyboard over the time bar. Nothing is loaded before
// somebody points at it, and then only the sprites that are pointed at. It
// returns the way to take all of it away.
export function showPreviews(media: HTMLMediaElement, beside: Beside): () => void {
  const controller = media.closest('media-controller')
  const pictures: string[] = []
  let gone = false
  const blob = (bytes: BlobPart, type: string) => {
    const url = URL.createObjectURL(new Blob([bytes], { type }))
    pictures.push(url)
    return url
  }
  let board: Promise<{ tile: Tile; cue: VTTCue }[]> | undefined
  const loaded = new Map<string, Promise<void>>()

  async function open() {
    const blank = blob(Uint8Array.from(atob(nothing), (c) => c.charCodeAt(0)), 'image/gif')
    const track = emptied(media, 'metadata', 'thumbnails')
    return tiles(await beside.text('s/storyboard.vtt')).map((tile) => {
      const cue = new VTTCue(tile.start, tile.end, `${blank}#${tile.place}`)
      track.addCue(cue)
      return { tile, cue }
    })
  }

  async function load(sprite: string) {
    const url = blob(await beside.bytes(sprite), 'image/jpeg')
    for (const { tile, cue } of (await board) ?? []) if (tile.sprite === sprite) cue.text = `${url}#${tile.place}`
  }

  async function asked(event: Event) {
    const at = (event as CustomEvent<number | null>).detail
    const bar = event.target
    if (at == null || gone) return
    board ??= open()
    const all = await board
    const tile = (all.find(({ tile }) => tile.start <= at && at < tile.end) ?? all.at(-1))?.tile
    if (!tile || gone || loaded.has(tile.sprite)) return
    const coming = load(tile.sprite)
    loaded.set(tile.sprite, coming)
    await coming
    if (!gone) bar?.dispatchEvent(new CustomEvent('mediapreviewrequest', { composed: true, bubbles: true, detail: at }))
  }

  const listen = (event: Event) => void asked(event).catch(() => undefined) // wrong bytes are told by beside
  controller?.addEventListener('mediapreviewrequest', listen)
  return () => {
    gone = true
    controller?.removeEventListener('mediapreviewrequest', listen)
    for (const url of pictures) URL.revokeObjectURL(url)
  }
}
