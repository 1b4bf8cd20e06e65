import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats } from 'hls.js'
import type { Seal } from './seal'

// How the loader reaches the release: base is the URL of its root folder.
export interface Sealed {
  base: string
  seal: Promise<Seal>
  broken: (path: string) => void
}

type Constructor = new (config: never) => Loader<LoaderContext>

// sealing returns a loader class for hls.js that hands bytes on only after the
// seal has checked them. Wrong bytes become a network error, so that hls.js asks
// again (another copy may be good) and gives up after its usual retries.
export function sealing(Base: Constructor, { base, seal, broken }: Sealed): Constructor {
  return class extends (Base as new (config: unknown) => Loader<LoaderContext>) {
    #over = false

    override load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      this.#over = false
      super.load(context, config, {
        ...callbacks,
        // Bytes reach nobody before the whole file has been checked.
        onProgress: undefined,
        onSuccess: (response, stats, ctx, details) => {
          const path = relative(base, response.url || ctx.url)
          void this.#check(path, response.data).then(
            () => {
              if (!this.#over) callbacks.onSuccess(response, stats, ctx, details)
            },
            () => {
              if (this.#over) return
              broken(path)
              callbacks.onError({ code: 0, text: 'bytes do not match the release' }, ctx, details, stats as LoaderStats)
            },
          )
        },
      })
    }

    override abort(): void {
      this.#over = true
      super.abort()
    }

    override destroy(): void {
      this.#over = true
      super.destroy()
    }

    async #check(path: string, data: unknown): Promise<void> {
      await (await seal).check(path, bytesOf(data))
    }
  }
}

function bytesOf(data: unknown): Uint8Array<ArrayBuffer> {
  if (typeof data === 'string') return new TextEncoder().encode(data)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  throw new Error('unexpected answer')
}

// relative is the path of url below base; a URL elsewhere keeps its full form,
// which no manifest names.
export function relative(base: string, url: string): string {
  const here = new URL(base, location.href).href
  const there = new URL(url, location.href)
  there.search = ''
  return there.href.startsWith(here) ? decodeURIComponent(there.href.slice(here.length)) : there.href
}
