import type { Loader, LoaderCallbacks, LoaderContext, LoaderStats } from 'hls.js'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { sealing } from './loader'
import { Given } from './opening'
import type { Seal } from './seal'

const base = '/ipfs/bafy/'

// network answers each question with "from the network".
class Network {
  stats = { loading: { start: 0, first: 0, end: 0 } }
  context: LoaderContext | null = null
  load(context: LoaderContext, _: unknown, callbacks: LoaderCallbacks<LoaderContext>): void {
    callbacks.onSuccess({ url: context.url, data: 'from the network', code: 200 }, this.stats as never, context, null)
  }
  abort(): void {}
  destroy(): void {}
}

// loading is a loader class whose release has one playlist, saying good.
function loading(files: Record<string, string>, good: string, broken = vi.fn()) {
  const check = async (_: string, data: Uint8Array) => {
    if (new TextDecoder().decode(data) !== good) throw new Error('wrong bytes')
  }
  const sealed = { base, given: new Given(files), seal: Promise.resolve({ check } as unknown as Seal), broken }
  return { Made: sealing(Network as never, sealed), broken }
}

function load(Made: ReturnType<typeof sealing>): Promise<string> {
  return new Promise((resolve, reject) => {
    const loader: Loader<LoaderContext> = new Made({} as never)
    loader.load({ url: `${base}master.m3u8`, responseType: '' } as LoaderContext, {} as never, {
      onSuccess: ({ data }) => resolve(data as string),
      onError: ({ text }) => reject(new Error(text)),
      onTimeout: () => reject(new Error('late')),
    })
  })
}

describe('a loader that checks', () => {
  beforeEach(() => void vi.stubGlobal('location', new URL('http://localhost/watch/x')))

  it('takes what came with the page', async () => {
    const { Made } = loading({ 'master.m3u8': 'from the page' }, 'from the page')
    expect(await load(Made)).toBe('from the page')
  })
  it('refuses what came with the page and is wrong, and then asks the network', async () => {
    const { Made, broken } = loading({ 'master.m3u8': 'forged' }, 'from the network')
    await expect(load(Made)).rejects.toThrow('do not match')
    expect(broken).toHaveBeenCalledWith('master.m3u8')
    expect(await load(Made)).toBe('from the network')
  })
  it('corrects how long a file took that the page had loaded ahead', async () => {
    const { Made } = loading({}, 'from the network')
    const entry = { transferSize: 1000, requestStart: 100, responseStart: 180, responseEnd: 400 }
    const spy = vi.spyOn(performance, 'getEntriesByName').mockReturnValue([entry] as never)
    const stats = await new Promise<LoaderStats>((resolve) => {
      const loader: Loader<LoaderContext> = new Made({} as never)
      loader.load({ url: `${base}v/1/00/00000.m4s` } as LoaderContext, {} as never, { onSuccess: (_, stats) => resolve(stats), onError: vi.fn(), onTimeout: vi.fn() })
    })
    spy.mockRestore()
    expect(stats.loading).toEqual({ start: -300, first: -220, end: 0 })
  })
})
