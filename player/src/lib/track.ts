import type { Release } from './api'
import { Beside } from './beside'
import { alike, filesOf, isLossless, seconds, type Voice } from './gapless'
import type { Quality } from './hls'
import { Seal } from './seal'
import { lossless, standard, type Sound } from './sounds'

type Bytes = Uint8Array<ArrayBuffer>

// tries is how often a file is asked for, and pause what lies between, in milliseconds.
const tries = 3
const pause = 1000

// A Track is a release as a join plays it: one encoding of it, file by file, each
// checked against the release's address (of a private release the server's word is
// taken, as everywhere).
export class Track {
  files: string[] = [] // the init segment and the segments of the voice, by path
  start = 0 // on the media element's line of time, in seconds
  fed = 0 // files that have been appended
  bytes = 0 // that have come
  #took = 0 // milliseconds
  readonly #coming = new Map<string, Promise<Bytes>>()

  private constructor(
    readonly release: Release,
    readonly voices: Voice[],
    readonly seal: Seal | undefined,
    private readonly read: (path: string) => Promise<Bytes>,
    public voice: Voice | undefined = undefined,
  ) {}

  static async open(release: Release): Promise<Track> {
    const base = new URL('.', release.masterUrl).pathname
    const read = async (path: string) => bytesOf(await fetch(path))
    if (sealed(release)) {
      const seal = await Seal.open(release.manifest, (path, raw) => read(raw ? `${base.slice(0, -1)}?format=raw` : base + path))
      const beside = Beside.sealed(base, seal, () => undefined)
      return new Track(release, seal.voices, seal, (path) => beside.bytes(path))
    }
    const { renditions } = JSON.parse(new TextDecoder().decode(await read(`${base}manifest.json`))) as { renditions: Voice[] }
    return new Track(release, renditions, undefined, (path) => read(base + path))
  }

  // rate is how fast its files came, in bits per second.
  get rate(): number {
    return this.#took > 0 ? (8000 * this.bytes) / this.#took : Infinity
  }

  get end(): number {
    return this.start + (this.voice ? seconds(this.voice) : 0)
  }

  // qualities lists the encodings among which hls.js would choose, as it numbers
  // them, the best first; quality is the one that plays.
  get qualities(): Quality[] {
    return alike(this.voice, this.voices).map(({ bps }, index) => ({ index, height: 0, label: `${Math.round(bps / 1000)} kbit/s` })).reverse()
  }

  get quality(): number {
    return alike(this.voice, this.voices).findIndex((voice) => voice === this.voice)
  }

  // sounds lists what there is to choose, if there is; sound is the one that plays.
  get sounds(): Sound[] {
    return this.voices.some(isLossless) ? [standard, lossless] : []
  }

  get sound(): string {
    return this.voice && isLossless(this.voice) ? lossless.id : standard.id
  }

  // speak chooses the encoding, and learns its files.
  async speak(voice: Voice): Promise<void> {
    this.voice = voice
    const names = filesOf(new TextDecoder().decode(await this.read(`${voice.id}/index.m3u8`)))
    this.files = names.map((name) => `${voice.id}/${name}`)
  }

  // ready loads a file ahead of its time.
  async ready(path: string | undefined): Promise<void> {
    if (path === undefined) throw new Error('no such file')
    const coming = this.#coming.get(path) ?? this.#load(path)
    this.#coming.set(path, coming)
    await coming
  }

  // file returns a file's bytes, which are kept no longer.
  async file(path: string): Promise<Bytes> {
    const coming = this.#coming.get(path) ?? this.#load(path)
    this.#coming.delete(path)
    return coming
  }

  async #load(path: string): Promise<Bytes> {
    for (let left = tries; ; ) {
      try {
        const began = performance.now()
        const bytes = await this.read(path)
        this.#took += performance.now() - began
        this.bytes += bytes.length
        return bytes
      } catch (error) {
        if (--left === 0) throw error
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }
}

// A Pair is a track that plays and the one that is to follow, with what its
// beginning needs.
export type Pair = [Track, Track]

// sealed tells whether a release can be checked against its address.
export function sealed(release: Release): boolean {
  return release.state === 'final' && release.masterUrl.includes(`/ipfs/${release.manifest}/`)
}

async function bytesOf(answer: Response): Promise<Bytes> {
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}
