package blocks

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"path/filepath"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

// MaxBlock is the largest block in bytes that the store takes: what Bitswap
// lets a block be.
const MaxBlock = 2 << 20

const (
	shardChars = 2
	shardCount = 32 * 32
	alphabet   = "abcdefghijklmnopqrstuvwxyz234567"
)

// key is the SHA-256 of a block.
type key [sha256.Size]byte

// keyOf returns the digest that c names. Only a whole sha2-256 will do: an
// identity CID carries its own bytes and is no business of a store.
func keyOf(c cid.Cid) (key, bool) {
	if !c.Defined() {
		return key{}, false
	}
	p := c.Prefix()
	if p.MhType != multihash.SHA2_256 || p.MhLength != sha256.Size {
		return key{}, false
	}
	text := c.KeyString()
	return key([]byte(text[len(text)-sha256.Size:])), true
}

// admit checks that b may be stored and that its bytes are those its CID names.
func admit(b models.Block) (key, error) {
	k, ok := keyOf(b.CID)
	if !ok {
		return key{}, fmt.Errorf("CID %s is not sha2-256: %w", b.CID, models.ErrInvalid)
	}
	if len(b.Data) > MaxBlock {
		return key{}, fmt.Errorf("block %s of %d bytes: %w", b.CID, len(b.Data), models.ErrTooLarge)
	}
	if !b.Computed() && sha256.Sum256(b.Data) != k {
		return key{}, fmt.Errorf("block %s: %w", b.CID, models.ErrCorrupt)
	}
	return k, nil
}

// multihash is the digest with its two-byte head (code 0x12, length 0x20).
func (k key) multihash() multihash.Multihash {
	return append(multihash.Multihash{multihash.SHA2_256, sha256.Size}, k[:]...)
}

// cid is the block's name where its codec is not known: CIDv1, raw.
func (k key) cid() cid.Cid { return cid.NewCidV1(cid.Raw, k.multihash()) }

// name is the block's file name.
func (k key) name() string { return encoding().EncodeToString(k.multihash()) }

// shard is the number of the block's folder. The first characters of a name
// are the same for all and the last one carries two bits only, so the two
// before it decide.
func (k key) shard() int { return shardOf(k.name()) }

func shardOf(name string) int {
	at := len(name) - 1 - shardChars
	return digit(name[at])<<5 | digit(name[at+1])
}

func digit(c byte) int {
	if c >= 'a' {
		return int(c - 'a')
	}
	return int(c-'2') + 26
}

func shardName(n int) string { return string([]byte{alphabet[n>>5], alphabet[n&31]}) }

// parseName is the inverse of key.name; it takes no other spelling.
func parseName(name string) (key, bool) {
	raw, err := encoding().DecodeString(name)
	if err != nil || len(raw) != 2+sha256.Size {
		return key{}, false
	}
	k := key(raw[2:])
	return k, k.name() == name
}

func encoding() *base32.Encoding {
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
}

func (s *Store) shardDir(n int) string { return filepath.Join(s.dir, shardName(n)) }

func (s *Store) path(k key) string {
	name := k.name()
	return filepath.Join(s.shardDir(shardOf(name)), name)
}
