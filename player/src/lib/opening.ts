import type { Release } from './api'
import { fromBase64 } from './sha256'

// What the server put into a watch page: the release as a visitor sees it, the
// rendition whose first segments the page's links load ahead, and small files of
// the release by path: texts as they are, others in base64, the root block as "".
export interface Opening {
  release: Release
  start: string
  files: Record<string, string>
}

// opening is what the page holds of this release, if it is that release's page.
// It tells the release as it was when the page was made, so it is taken once.
export function opening(id: string): Opening | undefined {
  const element = document.getElementById('opening')
  element?.remove()
  try {
    const found = JSON.parse(element?.textContent ?? '') as Opening
    return found.release.id === id ? found : undefined
  } catch {
    return undefined
  }
}

// Given hands out the files that came with the page, each once: who asks again
// was not content with what it got, and is to ask the network. Nothing here has
// been checked.
export class Given {
  readonly #files: Map<string, string>

  constructor(files: Record<string, string> = {}) {
    this.#files = new Map(Object.entries(files))
  }

  take(path: string): Uint8Array<ArrayBuffer> | undefined {
    const file = this.#files.get(path)
    this.#files.delete(path)
    if (file === undefined) return undefined
    return /\.(json|m3u8)$/.test(path) ? new TextEncoder().encode(file) : fromBase64(file)
  }
}
