package cache

import (
	"encoding/binary"

	"github.com/ipfs/go-cid"
)

// multihashOf returns the multihash of a defined CID, as a part of the CID's own
// string: a lookup allocates nothing. A CIDv0 is a multihash; a CIDv1 has two
// numbers before it (https://github.com/multiformats/cid).
func multihashOf(c cid.Cid) string {
	s := c.KeyString()
	if c.Version() == 0 {
		return s
	}
	for range 2 {
		// No more than a number's bytes: converting all of s would allocate.
		_, n := binary.Uvarint([]byte(s[:min(len(s), binary.MaxVarintLen64)]))
		s = s[max(n, 0):]
	}
	return s
}
