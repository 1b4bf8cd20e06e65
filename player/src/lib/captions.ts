// Captions are off until a viewer asks for them. The language that was on last is
// kept on this device, and is on again where there are captions in it.
const key = 'runnel:captions'

const isCaption = (track: TextTrack) => track.kind === 'captions' || track.kind === 'subtitles'

function all(media: HTMLMediaElement): TextTrack[] {
  return Array.from(media.textTracks).filter(isCaption)
}

// captionLanguage is the language that was on last; empty: captions are off.
export function captionLanguage(): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return '' // storage may be forbidden
  }
}

function remember(language: string): void {
  try {
    if (language === '') localStorage.removeItem(key)
    else localStorage.setItem(key, language)
  } catch {
    // not kept, then
  }
}

// keepCaptions follows the captions of a player; there tells whether it has any.
// It returns the way to stop, which comes before the tracks are taken away: that
// is no viewer's choice.
export function keepCaptions(media: HTMLMediaElement, there: (some: boolean) => void): () => void {
  let language = captionLanguage()
  let waiting = language !== '' // for hls.js to show what it was told to prefer
  const added = () => there(all(media).length > 0)
  const changed = () => {
    const shown = all(media).find((track) => track.mode === 'showing')?.language || ''
    if (waiting && shown === '') return
    waiting = false
    if (shown === language) return
    language = shown
    remember(shown)
  }
  media.textTracks.addEventListener('addtrack', added)
  media.textTracks.addEventListener('change', changed)
  return () => {
    media.textTracks.removeEventListener('addtrack', added)
    media.textTracks.removeEventListener('change', changed)
  }
}

// toggleCaptions shows the captions of the language that was on last, else the
// first, or hides what is shown.
export function toggleCaptions(media: HTMLMediaElement): void {
  const tracks = all(media)
  const shown = tracks.filter((track) => track.mode === 'showing')
  for (const track of shown) track.mode = 'disabled'
  if (shown.length > 0) return remember('')
  const wanted = [captionLanguage(), ...navigator.languages.map((tag) => tag.split('-')[0] ?? '')]
  const best = wanted.map((tag) => tracks.find((track) => tag !== '' && track.language.split('-')[0] === tag.split('-')[0])).find((track) => track !== undefined)
  const first = best ?? tracks[0]
  if (!first) return
  first.mode = 'showing'
  remember(first.language)
}
