import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { beforeEach, describe, expect, it } from 'vitest'
import { Seal, SealBroken } from './seal'
import { sha256 } from './sha256'

type Bytes = Uint8Array<ArrayBuffer>
const bytes = (text: string): Bytes => new TextEncoder().encode(text)
const base64 = (data: Uint8Array) => btoa(String.fromCharCode(...data))
const field = (number: number, data: Uint8Array) => [number * 8 + 2, data.length, ...data]

async function join(...files: Bytes[]): Promise<Bytes> {
  const sums = await Promise.all(files.map(sha256))
  return Uint8Array.from(sums.flatMap((sum) => [...sum]))
}

// release makes a small but whole release in memory.
async function release() {
  const init = bytes('init')
  const segments = [bytes('first segment'), bytes('second segment')]
  const hashes = await join(init, ...segments)
  const files: Record<string, Bytes> = {
    'master.m3u8': bytes('#EXTM3U master'),
    'v/360p24/index.m3u8': bytes('#EXTM3U media'),
    'v/360p24/init.mp4': init,
    'v/360p24/00/00000.m4s': segments[0]!,
    'v/360p24/00/00001.m4s': segments[1]!,
    'h/v-360p24.bin': hashes,
  }
  const manifest = {
    channel: 'k51test',
    renditions: [
      {
        id: 'v/360p24',
        hashes: 'h/v-360p24.bin',
        hashesSha256: base64(await sha256(hashes)),
        playlistSha256: base64(await sha256(files['v/360p24/index.m3u8']!)),
      },
    ],
    files: { 'master.m3u8': base64(await sha256(files['master.m3u8']!)) },
  }
  files['manifest.json'] = bytes(JSON.stringify(manifest))
  const link = CID.createV1(0x55, create(0x12, await sha256(files['manifest.json'])))
  const block = Uint8Array.from(field(2, Uint8Array.from([...field(1, link.bytes), ...field(2, bytes('manifest.json'))])))
  const root = CID.createV1(0x70, create(0x12, await sha256(block))).toString()
  return { root, block, files }
}

describe('Seal', () => {
  let made: Awaited<ReturnType<typeof release>>
  const open = () => Seal.open(made.root, async (path, raw) => (raw ? made.block : made.files[path]!))
  beforeEach(async () => {
    made = await release()
  })

  it('lets every byte of the release through', async () => {
    const seal = await open()
    for (const path of ['master.m3u8', 'v/360p24/index.m3u8', 'v/360p24/init.mp4', 'v/360p24/00/00000.m4s', 'v/360p24/00/00001.m4s']) {
      await seal.check(path, made.files[path]!)
    }
    expect(seal.checked).toBe(5)
  })

  it.each([
    ['a flipped byte', 'v/360p24/00/00000.m4s', 'First segment'],
    ['a truncated segment', 'v/360p24/00/00000.m4s', 'first segm'],
    ['a swapped segment', 'v/360p24/00/00000.m4s', 'second segment'],
    ['a segment past the end', 'v/360p24/00/00002.m4s', 'second segment'],
    ['an unknown name', 'v/360p24/../../x', 'init'],
    ['an unknown rendition', 'v/720p24/init.mp4', 'init'],
    ['another origin', 'http://elsewhere/v/360p24/init.mp4', 'init'],
    ['a changed playlist', 'v/360p24/index.m3u8', '#EXTM3U media\n'],
    ['a changed master', 'master.m3u8', '#EXTM3U other'],
    ['an empty answer', 'v/360p24/init.mp4', ''],
  ])('refuses %s', async (_, path, data) => {
    const seal = await open()
    await expect(seal.check(path, bytes(data))).rejects.toBeInstanceOf(SealBroken)
  })

  it('refuses a changed manifest', async () => {
    made.files['manifest.json'] = bytes('{"renditions":[],"files":{},"channel":""}')
    await expect(open()).rejects.toBeInstanceOf(SealBroken)
  })

  it('refuses another root block', async () => {
    made.block = Uint8Array.from([...made.block, 0x0a, 0])
    await expect(open()).rejects.toBeInstanceOf(SealBroken)
  })

  it('refuses a changed hash list, and asks again', async () => {
    const seal = await open()
    const good = made.files['h/v-360p24.bin']!
    made.files['h/v-360p24.bin'] = good.slice(32)
    await expect(seal.check('v/360p24/init.mp4', bytes('init'))).rejects.toBeInstanceOf(SealBroken)
    made.files['h/v-360p24.bin'] = good
    await seal.check('v/360p24/init.mp4', bytes('init'))
  })
})
