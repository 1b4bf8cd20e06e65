package delivery

import (
	"crypto/sha256"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// maxBlock is the most bytes that Bitswap lets a block have.
const maxBlock = 2 << 20

// hashHead begins the multihash of a whole sha2-256.
const hashHead = string(rune(multihash.SHA2_256)) + string(rune(sha256.Size))

// named reports whether c names its block by a whole sha2-256.
func named(c cid.Cid) bool {
	if len(c.KeyString()) < len(hashHead)+sha256.Size || !strings.HasPrefix(hashName(c), hashHead) {
		return false
	}
	p := c.Prefix()
	return p.MhType == multihash.SHA2_256 && p.MhLength == sha256.Size
}

// hashName is the multihash of a CID of that form: the end of the CID itself.
func hashName(c cid.Cid) string {
	s := c.KeyString()
	return s[len(s)-len(hashHead)-sha256.Size:]
}

// matches reports whether data is the block that c names.
func matches(c cid.Cid, data []byte) bool {
	if len(data) > maxBlock {
		return false
	}
	sum := sha256.Sum256(data)
	return hashName(c)[len(hashHead):] == string(sum[:])
}
