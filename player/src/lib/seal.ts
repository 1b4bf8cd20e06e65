import { CID } from 'multiformats/cid'
import { links } from './dagpb'
import type { Voice } from './gapless'
import { equal, fromBase64, sha256 } from './sha256'

// SHA-256 in multihash, and the codec of a file that fits one block.
const SHA2_256 = 0x12
const RAW = 0x55

export class SealBroken extends Error {
  constructor(readonly path: string) {
    super(`bytes of ${path} do not match the release's CID`)
  }
}

interface RenditionHashes {
  hashes: string
  hashesSha256: string
  playlistSha256: string
}

// Fetch returns the bytes of a path below the release's root; "" with raw set
// is the root block itself.
export type Fetch = (path: string, raw?: boolean) => Promise<Uint8Array<ArrayBuffer>>

// Seal checks every byte of a release against its manifest CID: the root block
// hashes to the CID, its links name manifest.json, the manifest names each
// playlist and hash list, and a hash list names each segment. The server that
// hands out the bytes cannot change one of them unnoticed.
export class Seal {
  readonly #renditions: Map<string, RenditionHashes>
  readonly #files: Map<string, Uint8Array>
  readonly #lists = new Map<string, Promise<Uint8Array>>()
  checked = 0 // files

  private constructor(
    readonly root: string,
    readonly channel: string,
    private readonly manifest: Manifest,
    private readonly fetch: Fetch,
  ) {
    this.#renditions = new Map(manifest.renditions.map((r) => [r.id, r]))
    this.#files = new Map(Object.entries(manifest.files).map(([path, sum]) => [path, fromBase64(sum)]))
  }

  static async open(root: string, fetch: Fetch): Promise<Seal> {
    const cid = CID.parse(root)
    const [block, bytes] = await Promise.all([fetch('', true), fetch('manifest.json')])
    await expect('/', block, cid)
    const link = links(block).get('manifest.json')
    if (!link || link.code !== RAW) throw new SealBroken('manifest.json')
    await expect('manifest.json', bytes, link)
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest
    return new Seal(root, manifest.channel, manifest, fetch)
  }

  // check throws SealBroken unless data are the bytes of path in this release.
  // A path that the manifest does not name fails like wrong bytes.
  async check(path: string, data: Uint8Array<ArrayBuffer>): Promise<void> {
    const want = await this.#expected(path)
    if (!want || !equal(await sha256(data), want)) throw new SealBroken(path)
    this.checked++
  }

  // voices are the encodings of a track, as the manifest tells them.
  get voices(): Voice[] {
    return this.manifest.renditions
  }

  // names tells whether the manifest names a file outside of the renditions.
  names(path: string): boolean {
    return this.#files.has(path)
  }

  async #expected(path: string): Promise<Uint8Array | undefined> {
    const named = this.#files.get(path)
    if (named) return named
    const [, id, file] = /^(v\/[^/]+|a\/[^/]+\/[^/]+)\/(.+)$/.exec(path) ?? []
    const rendition = id === undefined ? undefined : this.#renditions.get(id)
    if (!rendition || file === undefined) return undefined
    if (file === 'index.m3u8') {
      void this.#list(rendition).catch(() => undefined) // its segments come next; an error is told to them
      return fromBase64(rendition.playlistSha256)
    }
    const place = position(file)
    if (place === undefined) return undefined
    const list = await this.#list(rendition)
    return list.length >= 32 * (place + 1) ? list.subarray(32 * place, 32 * (place + 1)) : undefined
  }

  #list(rendition: RenditionHashes): Promise<Uint8Array> {
    let list = this.#lists.get(rendition.hashes)
    if (!list) {
      list = this.#load(rendition)
      list.catch(() => this.#lists.delete(rendition.hashes))
      this.#lists.set(rendition.hashes, list)
    }
    return list
  }

  async #load(rendition: RenditionHashes): Promise<Uint8Array> {
    const bytes = await this.fetch(rendition.hashes)
    if (!equal(await sha256(bytes), fromBase64(rendition.hashesSha256))) throw new SealBroken(rendition.hashes)
    return bytes
  }
}

interface Manifest {
  channel: string
  renditions: (RenditionHashes & Voice)[]
  files: Record<string, string>
}

// position is a file's place in its rendition's hash list: the init segment,
// then the segments in playlist order.
function position(file: string): number | undefined {
  if (file === 'init.mp4') return 0
  const number = /^\d+\/(\d+)\.m4s$/.exec(file)?.[1]
  return number === undefined ? undefined : Number(number) + 1
}

async function expect(path: string, data: Uint8Array<ArrayBuffer>, cid: CID): Promise<void> {
  if (cid.multihash.code !== SHA2_256 || !equal(await sha256(data), cid.multihash.digest)) throw new SealBroken(path)
}
