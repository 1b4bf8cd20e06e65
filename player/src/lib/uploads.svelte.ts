import type * as tus from 'tus-js-client'
import { api, endpoint, follow, type Release } from './api'
import { fingerprint } from './fingerprint'

export type Stage = 'waiting' | 'sending' | 'paused' | 'processing' | 'done' | 'failed'

// Upload is one file on its way to being a release.
export class Upload {
  stage = $state<Stage>('waiting')
  sent = $state(0)
  speed = $state(0) // bytes per second
  error = $state('')
  release = $state<Release>()
  id = $state('')
  readonly total: number
  readonly replaces: string
  #metadata: Record<string, string>
  #tus?: tus.Upload
  #last = { at: 0, sent: 0 }
  #stop: () => void = () => undefined

  constructor(readonly file: File, metadata: Record<string, string>) {
    this.total = file.size
    this.replaces = metadata.replaces ?? ''
    this.#metadata = { filename: file.name, ...metadata }
  }

  // The server knows its open uploads by their files' fingerprints, so that
  // choosing the same file takes one up where it stopped, in any browser.
  async start(): Promise<void> {
    let url: string | undefined
    try {
      const mark = await fingerprint(this.file)
      this.#metadata.fingerprint = mark
      const { items } = await api.uploads()
      const open = items.find((u) => u.metadata.fingerprint === mark && u.length === this.total && (u.metadata.replaces ?? '') === this.replaces && !uploads.has(u.release))
      if (open) {
        url = new URL(open.url).pathname
        this.id = open.release
        this.sent = open.offset
      }
    } catch {
      // A file that cannot be read will say so when it is sent.
    }
    this.#tus = await this.#transfer()
    this.#tus.url = url ?? null
    if (this.stage === 'waiting') this.resume()
  }

  // Most pages send nothing: they do not load what sends.
  async #transfer(): Promise<tus.Upload> {
    const { Upload } = await import('tus-js-client')
    return new Upload(this.file, {
      endpoint: `${endpoint}/uploads`,
      chunkSize: 32 * 1024 * 1024,
      retryDelays: [0, 500, 1000, 2000, 4000, 8000, 8000, 8000],
      metadata: this.#metadata,
      storeFingerprintForResuming: false,
      onAfterResponse: (_, response) => {
        this.id = response.getHeader('Runnel-Release') ?? this.id
      },
      onProgress: (sent) => this.#progress(sent),
      onSuccess: () => this.#sent(),
      onError: (error) => this.#failed(error),
    })
  }

  resume(): void {
    this.stage = 'sending'
    this.error = ''
    this.#last = { at: 0, sent: 0 }
    this.#tus?.start()
  }

  async pause(): Promise<void> {
    this.stage = 'paused'
    await this.#tus?.abort()
  }

  async cancel(): Promise<void> {
    this.#stop()
    await this.#tus?.abort(true).catch(() => undefined)
    if (this.id !== '' && this.stage === 'processing') await api.cancel(this.id)
    this.stage = 'failed'
    this.error = 'Cancelled.'
  }

  #progress(sent: number): void {
    this.sent = sent
    const now = performance.now()
    if (this.#last.at === 0) this.#last = { at: now, sent }
    if (now - this.#last.at < 800) return
    const speed = ((sent - this.#last.sent) / (now - this.#last.at)) * 1000
    this.speed = this.speed === 0 ? speed : 0.6 * this.speed + 0.4 * speed
    this.#last = { at: now, sent }
  }

  #sent(): void {
    this.sent = this.total
    this.stage = 'processing'
    if (this.id !== '') this.#stop = follow(this.id, (release) => this.#moved(release))
  }

  #moved(release: Release): void {
    this.release = release
    if (release.state === 'final') {
      this.stage = 'done'
      this.id = release.id // what replaces another's media has become that one
    }
    if (release.state === 'failed' || release.state === 'cancelled') {
      this.stage = 'failed'
      this.error = release.failure?.text ?? 'Cancelled.'
    }
  }

  #failed(error: Error | tus.DetailedError): void {
    this.stage = 'failed'
    const body = 'originalResponse' in error ? error.originalResponse?.getBody() : undefined
    try {
      this.error = (JSON.parse(body ?? '') as { detail: string }).detail
    } catch {
      this.error = 'The upload stopped. Check the connection and try again.'
    }
  }
}

// Uploads of this page; they go on while the viewer looks around.
class Uploads {
  all = $state<Upload[]>([])

  add(files: Iterable<File>, visibility: string): void {
    for (const file of files) {
      const upload = new Upload(file, { visibility })
      this.all.unshift(upload)
      void this.all[0]!.start()
    }
  }

  has(release: string): boolean {
    return this.all.some((upload) => upload.id === release && upload.stage !== 'failed')
  }

  // replace sends other media for a release.
  replace(file: File, release: string): Upload {
    const upload = new Upload(file, { replaces: release })
    this.all.unshift(upload)
    void this.all[0]!.start()
    return this.all[0]!
  }

  get busy(): boolean {
    return this.all.some((upload) => upload.stage === 'sending' || upload.stage === 'paused')
  }
}

export const uploads = new Uploads()

addEventListener('beforeunload', (event) => {
  if (uploads.busy) event.preventDefault()
})
