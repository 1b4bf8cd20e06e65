import Hls, { type HlsConfig } from 'hls.js'
import { Chooser } from './abr'
import { sealing } from './loader'
import { Given } from './opening'
import { Seal } from './seal'

export interface Quality {
  index: number // -1: chosen by bandwidth
  height: number
  label: string
}

export interface Events {
  qualities: (all: Quality[], current: number) => void
  failed: (text: string) => void
  checked: (seal: Seal) => void // a file more has been checked against the CID
  broken: (path: string) => void // bytes were refused
}

// Where playback begins: at a second, with a rendition if one is named, and with
// the files that came with the page.
export interface Start {
  at: number
  with: string
  files: Record<string, string>
}

// Playback is hls.js on one media element. This file, its loader and its choice of
// quality are all that knows hls.js.
export class Playback {
  readonly #hls: Hls
  #recovered = 0

  constructor(media: HTMLMediaElement, masterUrl: string, manifest: string, start: Start, events: Events) {
    const settings: Partial<HlsConfig> = {
      startPosition: start.at,
      abrController: Chooser,
      backBufferLength: 90,
      maxBufferLength: 30,
      maxMaxBufferLength: 60, // else a track is loaded whole, also for who skips it
      // A transcode in progress is a film that grows, watched from its beginning.
      liveDurationInfinity: false,
      liveMaxUnchangedPlaylistRefresh: 100,
      maxLiveSyncPlaybackRate: 1,
    }
    if (manifest !== '') {
      const base = masterUrl.slice(0, masterUrl.lastIndexOf('/') + 1)
      const given = new Given(start.files)
      const seal = Seal.open(manifest, async (path, raw) => given.take(path) ?? read(raw ? `${base.replace(/\/$/, '')}?format=raw` : base + path))
      seal.catch(() => events.failed('This release could not be checked against its address, so it is not played.'))
      settings.loader = sealing(Hls.DefaultConfig.loader as never, { base, given, seal, broken: events.broken }) as never
      this.#report(seal, media, events)
    }
    this.#hls = new Hls(settings)
    this.#hls.on(Hls.Events.MANIFEST_PARSED, () => {
      const first = this.#hls.levels.findIndex((level) => start.with !== '' && level.uri.endsWith(`/${start.with}/index.m3u8`))
      if (first >= 0) this.#hls.startLevel = first
      events.qualities(this.qualities(), this.#hls.currentLevel)
    })
    this.#hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => events.qualities(this.qualities(), level))
    this.#hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return
      if (type === Hls.ErrorTypes.MEDIA_ERROR && this.#recovered++ < 2) this.#hls.recoverMediaError()
      else events.failed('Playback stopped: the next part could not be loaded.')
    })
    this.#hls.loadSource(masterUrl)
    this.#hls.attachMedia(media)
  }

  static supported(): boolean {
    return Hls.isSupported()
  }

  qualities(): Quality[] {
    const levels = this.#hls.levels.map((level, index) => ({ index, height: level.height, label: level.height ? `${level.height}p` : `${Math.round(level.bitrate / 1000)} kbit/s` }))
    return levels.sort((a, b) => b.height - a.height || b.index - a.index)
  }

  set quality(index: number) {
    this.#hls.nextLevel = index
  }

  get automatic(): boolean {
    return this.#hls.autoLevelEnabled
  }

  close(): void {
    this.#hls.destroy()
  }

  #report(seal: Promise<Seal>, media: HTMLMediaElement, events: Events): void {
    const tell = () => void seal.then(events.checked, () => undefined)
    media.addEventListener('progress', tell)
    media.addEventListener('playing', tell)
  }
}

async function read(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
