import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

// How much of a file's beginning and end is looked at.
const edge = 256 * 1024

// fingerprint knows a file again, in whichever browser it is chosen: by its
// size and the hash of its beginning and end.
export async function fingerprint(file: Blob): Promise<string> {
  const hash = sha256.create()
  for (const part of [file.slice(0, edge), file.slice(Math.max(edge, file.size - edge))]) {
    hash.update(new Uint8Array(await part.arrayBuffer()))
  }
  return `${file.size}-${bytesToHex(hash.digest()).slice(0, 40)}`
}
