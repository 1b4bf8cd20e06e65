import { CID } from 'multiformats/cid'

// links reads the named links of a dag-pb block
// (https://ipld.io/specs/codecs/dag-pb/spec/): PBNode { 1: Data, 2: Links },
// PBLink { 1: Hash, 2: Name, 3: Tsize }.
export function links(block: Uint8Array): Map<string, CID> {
  const found = new Map<string, CID>()
  for (const [number, value] of fields(block)) {
    if (number !== 2) continue
    let name = ''
    let cid: CID | undefined
    for (const [inner, bytes] of fields(value)) {
      if (inner === 1) cid = CID.decode(bytes)
      if (inner === 2) name = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    }
    if (!cid || found.has(name)) throw new Error('malformed link')
    found.set(name, cid)
  }
  return found
}

// fields yields the length-delimited fields of a protobuf message and skips its
// integers; any other wire type is an error.
function* fields(message: Uint8Array): Generator<[number, Uint8Array]> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; shift <= 2 ** 49; shift *= 128) {
      const byte = message[at++]
      if (byte === undefined) throw new Error('truncated block')
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
    throw new Error('number too long')
  }
  while (at < message.length) {
    const key = varint()
    const wire = key % 8
    if (wire === 0) {
      varint()
    } else if (wire === 2) {
      const end = varint() + at
      if (end > message.length) throw new Error('truncated block')
      yield [Math.floor(key / 8), message.subarray(at, end)]
      at = end
    } else {
      throw new Error(`unexpected wire type ${wire}`)
    }
  }
}
