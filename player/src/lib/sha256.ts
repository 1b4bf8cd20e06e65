import { sha256 as plain } from '@noble/hashes/sha2.js'

// WebCrypto exists only in secure contexts (https, localhost); a node on a home
// network is reached by plain http, and its bytes are checked all the same.
export async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (globalThis.crypto?.subtle) {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', data))
  }
  return plain(data)
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
}
