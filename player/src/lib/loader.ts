import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats } from 'hls.js'
import type { Given } from './opening'
import type { Seal } from './seal'

// How the loader reaches the release: base is the URL of its root folder, given
// what came with the page.
export interface Sealed {
  base: string
  given: Given
  seal: Promise<Seal>
  broken: (path: string) => void
}

type Answer = Parameters<LoaderCallbacks<LoaderContext>['onSuccess']>
type Constructor = new (config: never) => Loader<LoaderContext>

// sealing returns a loader class for hls.js that hands bytes on only after the
// seal has checked them. Wrong bytes become a network error, so that hls.js asks
// again (another copy may be good) and gives up after its usual retries.
export function sealing(Base: Constructor, { base, given, seal, broken }: Sealed): Constructor {
  return class extends (Base as new (config: unknown) => Loader<LoaderContext>) {
    #over = false

    override load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      this.#over = false
      const here = given.take(relative(base, context.url))
      if (here) {
        this.#hand(here, context, callbacks)
        return
      }
      super.load(context, config, {
        ...callbacks,
        // Bytes reach nobody before the whole file has been checked.
        onProgress: undefined,
        onSuccess: (response, stats, ctx, details) => {
          measured(response.url || ctx.url, stats)
          this.#checked(response, stats, ctx, details, callbacks)
        },
      })
    }

    // hand answers with bytes that need no loading.
    #hand(bytes: Uint8Array<ArrayBuffer>, context: LoaderContext, callbacks: LoaderCallbacks<LoaderContext>): void {
      const now = performance.now()
      this.context = context
      Object.assign(this.stats, { loaded: bytes.length, total: bytes.length, loading: { start: now, first: now, end: now } })
      const data = context.responseType === 'arraybuffer' ? bytes.buffer : new TextDecoder().decode(bytes)
      this.#checked({ url: context.url, data, code: 200 }, this.stats, context, null, callbacks)
    }

    #checked(...[response, stats, context, details, callbacks]: [...Answer, LoaderCallbacks<LoaderContext>]): void {
      const path = relative(base, response.url || context.url)
      void this.#check(path, response.data).then(
        () => {
          if (!this.#over) callbacks.onSuccess(response, stats, context, details)
        },
        () => {
          if (this.#over) return
          broken(path)
          callbacks.onError({ code: 0, text: 'bytes do not match the release' }, context, details, stats)
        },
      )
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

// measured corrects how long a file seems to have taken by what it took when it
// came over the network: one that the page's links have loaded, or that lies in
// the browser's cache, is here in no time, and the link's rate would be taken for
// that of this machine's memory.
function measured(url: string, { loading }: LoaderStats): void {
  const entries = performance.getEntriesByName(new URL(url, location.href).href, 'resource') as PerformanceResourceTiming[]
  const came = entries.findLast((entry) => entry.transferSize > 0 && entry.responseEnd > 0)
  if (!came || came.responseEnd - came.requestStart <= loading.end - loading.start) return
  loading.start = loading.end - (came.responseEnd - came.requestStart)
  loading.first = loading.end - (came.responseEnd - came.responseStart)
}

// relative is the path of url below base; a URL elsewhere keeps its full form,
// which no manifest names.
export function relative(base: string, url: string): string {
  const here = new URL(base, location.href).href
  const there = new URL(url, location.href)
  there.search = ''
  return there.href.startsWith(here) ? decodeURIComponent(there.href.slice(here.length)) : there.href
}
