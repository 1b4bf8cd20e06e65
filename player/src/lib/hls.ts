import Hls, { type HlsConfig } from 'hls.js'
import { Chooser } from './abr'
import { captionLanguage } from './captions'
import { finishing, toEnd } from './finish'
import { sealing } from './loader'
import { Given } from './opening'
import { Placed } from './placed'
import { Seal } from './seal'
import { type Sound, soundsOf, surroundGroups } from './sounds'
import { here, Patient, seekTo } from './seek'

export interface Quality {
  index: number // -1: chosen by bandwidth
  height: number
  label: string
}

export interface Events {
  qualities: (all: Quality[], current: number) => void
  sounds: (all: Sound[]) => void
  failed: (text: string) => void
  checked: (seal: Seal) => void // a file more has been checked against the CID
  broken: (path: string) => void // bytes were refused
}

// Where playback begins: at a second, with a rendition if one is named, with the
// files that came with the page, and with a sound, by name, in stereo or not.
export interface Start {
  at: number
  with: string
  files: Record<string, string>
  sound: string
  surround: boolean
}

// What a media element plays from, given from hand to hand.
export interface Handed {
  media: HTMLMediaElement
  source: MediaSource
  buffer: SourceBuffer
}

// Playback is hls.js on one media element. This file, its loader, its choice of
// quality and its seeks are all that knows hls.js.
export class Playback {
  readonly #hls: Hls
  readonly #closed = new AbortController()
  #recovered = 0
  #sound: string

  constructor(media: HTMLMediaElement, masterUrl: string, manifest: string, start: Start, events: Events) {
    this.#sound = start.sound
    const settings: Partial<HlsConfig> = {
      startPosition: start.at,
      abrController: Chooser,
      gapController: Patient,
      streamController: Placed,
      // A frame or two: a seek to less before a border, or before what is loaded, is
      // content with that, and is moved there and on by the padding.
      maxFragLookUpTolerance: 0.04,
      maxBufferHole: 0.06,
      skipBufferHolePadding: 0.02,
      backBufferLength: 90,
      maxBufferLength: 30,
      maxMaxBufferLength: 60, // else a track is loaded whole, also for who skips it
      // A transcode in progress is a film that grows, watched from its beginning.
      liveDurationInfinity: false,
      liveMaxUnchangedPlaylistRefresh: 100,
      maxLiveSyncPlaybackRate: 1,
    }
    const captions = captionLanguage()
    if (captions !== '') settings.subtitlePreference = { lang: captions }
    if (manifest !== '') {
      const base = masterUrl.slice(0, masterUrl.lastIndexOf('/') + 1)
      const given = new Given(start.files)
      const seal = Seal.open(manifest, async (path, raw) => given.take(path) ?? read(raw ? `${base.replace(/\/$/, '')}?format=raw` : base + path))
      seal.catch(() => events.failed('This release could not be checked against its address, so it is not played.'))
      settings.loader = sealing(Hls.DefaultConfig.loader as never, { base, given, seal, broken: events.broken }) as never
      this.#report(seal, media, events)
    }
    this.#hls = new Hls(settings)
    this.#hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => this.sound(this.#sound))
    this.#hls.on(Hls.Events.MANIFEST_PARSED, () => {
      this.#layout(start.surround)
      events.sounds(soundsOf(this.#hls.allAudioTracks))
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
    const seeking = () => {
      if (!here(media, media.currentTime)) seekTo(this.#hls, media.currentTime)
    }
    media.addEventListener('seeking', seeking, { signal: this.#closed.signal })
    this.#hls.loadSource(masterUrl)
    this.#hls.attachMedia(media)
    finishing(this.#hls, media, this.#closed.signal)
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

  // sound changes to the sound of a name in the layout that is played, and keeps
  // to it when the quality changes.
  sound(name: string): void {
    this.#sound = name
    const index = this.#hls.audioTracks.findIndex((track) => track.name === name)
    if (index >= 0 && index !== this.#hls.audioTrack) this.#hls.audioTrack = index
  }

  // The qualities of one layout stay, so that the channels never change with the
  // bit rate.
  #layout(surround: boolean): void {
    const groups = surroundGroups(this.#hls.allAudioTracks)
    const wanted = (group: string | undefined) => groups.has(group ?? '') === surround
    if (!this.#hls.levels.some((level) => wanted(level.attrs.AUDIO))) return
    for (let i = this.#hls.levels.length - 1; i >= 0; i--) if (!wanted(this.#hls.levels[i]?.attrs.AUDIO)) this.#hls.removeLevel(i)
  }

  get automatic(): boolean {
    return this.#hls.autoLevelEnabled
  }

  // rate is the link's, in bits per second.
  get rate(): number {
    return this.#hls.bandwidthEstimate
  }

  // rendition names the encoding that was loaded last.
  get rendition(): string {
    return /(a\/[^/]+\/[^/]+)\/index\.m3u8$/.exec(this.#hls.levels[this.#hls.loadLevel]?.uri ?? '')?.[1] ?? ''
  }

  // loaded tells whether all is here up to the end, but for what hls.js leaves out
  // there: a last segment of one short frame.
  get loaded(): boolean {
    const details = this.#hls.latestLevelDetails
    return !!this.#hls.media && !!details && !details.live && toEnd(this.#hls.media.buffered, details.edge)
  }

  // hand gives the media element of a track away as it plays, loaded up to its end,
  // and is closed.
  hand(): Handed {
    const { media, mediaSource, tracks } = this.#hls.transferMedia()!
    this.close()
    return { media, source: mediaSource as MediaSource, buffer: tracks.audio!.buffer as SourceBuffer }
  }

  close(): void {
    this.#closed.abort()
    this.#hls.destroy()
  }

  #report(seal: Promise<Seal>, media: HTMLMediaElement, events: Events): void {
    const { signal } = this.#closed
    const tell = () => void seal.then((opened) => signal.aborted || events.checked(opened), () => undefined)
    for (const name of ['progress', 'playing']) media.addEventListener(name, tell, { signal })
  }
}

async function read(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`status ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
