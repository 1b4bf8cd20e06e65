import type { Handed } from './hls'

// behind is how much is kept of what was heard, in seconds.
const behind = 60

// rounding is more than what a time in a media buffer may be off, in seconds.
export const rounding = 2e-6

// Appender does one thing after another to the buffer of a media element.
export class Appender {
  constructor(
    private readonly handed: Handed,
    private readonly now: () => number, // the element's own time
  ) {}

  // end is where that ends which is there, in seconds.
  get end(): number {
    const { buffered } = this.handed.buffer
    return buffered.length > 0 ? buffered.end(buffered.length - 1) : 0
  }

  // place says where what comes next is put, and cuts off what lies before and
  // behind.
  async place(offset: number, from: number, to: number): Promise<void> {
    const { buffer } = this.handed
    await this.#idle()
    buffer.timestampOffset = offset
    buffer.appendWindowEnd = Infinity // never less than its start
    buffer.appendWindowStart = Math.max(0, from)
    buffer.appendWindowEnd = to
  }

  // append returns when the bytes are there; a full buffer is waited for.
  async append(bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void> {
    const { buffer } = this.handed
    const old = this.now() - behind
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < old) await this.remove(0, old)
    while (!signal?.aborted) {
      try {
        buffer.appendBuffer(bytes)
        return await this.#idle()
      } catch (error) {
        if ((error as Error).name !== 'QuotaExceededError') throw error
        await this.#later(signal)
      }
    }
  }

  async remove(from: number, to: number): Promise<void> {
    await this.#idle()
    this.handed.buffer.remove(from, to)
    await this.#idle()
  }

  // room waits until less than some seconds lie ahead.
  async room(ahead: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.end - this.now() > ahead) await this.#later(signal)
  }

  // finish says that nothing more comes; what comes after all takes that back.
  async finish(): Promise<void> {
    await this.#idle()
    if (this.handed.source.readyState === 'open') this.handed.source.endOfStream()
  }

  async #idle(): Promise<void> {
    const { buffer } = this.handed
    while (buffer.updating) await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }))
  }

  async #later(signal?: AbortSignal): Promise<void> {
    const moved = new AbortController()
    await new Promise((resolve) => {
      this.handed.media.addEventListener('timeupdate', resolve, { signal: moved.signal })
      signal?.addEventListener('abort', resolve, { signal: moved.signal })
    })
    moved.abort()
  }
}
