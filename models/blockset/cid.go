package blockset

import (
	"bytes"
	"crypto/sha256"

	"github.com/ipfs/boxo/ipld/unixfs/io"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

// The limits of a block set (§4.5 of the reliability notes; IPIP-499).
const (
	leafSize      = 1 << 20   // bytes in every leaf but a file's last
	nodeSize      = 256 << 10 // bytes in a folder or inner node; above, a folder would be a HAMT
	nodeWidth     = 1024      // links in an inner node of a file
	maxFolder     = 1000      // names in a folder
	maxEntries    = 100_000   // files and folders in a set
	maxBlocks     = 1_000_000 // distinct blocks in a set
	maxFileLeaves = 100_000   // leaves in a file
	maxDepth      = 6         // names in a path
	maxFileDepth  = 3         // nodes from a file's root to its leaves
	maxName       = 128       // bytes in a name
	maxManifest   = 64 << 10
	maxSignature  = 1 << 10
	maxPlaylist   = 16 << 20
)

// builder names dag-pb nodes as the profile does.
func builder() cid.Builder { return io.UnixFS_v1_2025.CidBuilder() }

// rawCID returns the name of a leaf.
func rawCID(data []byte) cid.Cid {
	sum := sha256.Sum256(data)
	// Encode fails only for a digest of the wrong length.
	hash, _ := multihash.Encode(sum[:], multihash.SHA2_256)
	return cid.NewCidV1(cid.Raw, hash)
}

// checkCID refuses every CID that no release holds, above all identity CIDs,
// which carry bytes instead of naming them.
func checkCID(c cid.Cid) error {
	if !c.Defined() {
		return misshapen("empty CID")
	}
	p := c.Prefix()
	if p.Version != 1 || p.MhType != multihash.SHA2_256 || p.MhLength != sha256.Size {
		return misshapen("CID %s is not CIDv1 with sha2-256", c)
	}
	if p.Codec != cid.Raw && p.Codec != cid.DagProtobuf {
		return misshapen("CID %s is neither raw nor dag-pb", c)
	}
	return nil
}

// checkBlock reports whether data are the bytes of c, which passed checkCID.
func checkBlock(c cid.Cid, data []byte) error {
	if len(data) > limitOf(c) {
		return misshapen("block %s has %d bytes", c, len(data))
	}
	sum := sha256.Sum256(data)
	if !bytes.Equal(sum[:], digestOf(c)) {
		return ErrBlock
	}
	return nil
}

func limitOf(c cid.Cid) int {
	if isRaw(c) {
		return leafSize
	}
	return nodeSize
}

func isRaw(c cid.Cid) bool { return c.Prefix().Codec == cid.Raw }

// digestOf returns the 32 bytes of a CID that passed checkCID.
func digestOf(c cid.Cid) []byte {
	h := c.Hash()
	return h[len(h)-sha256.Size:]
}

func block(c cid.Cid, data []byte) models.Block { return models.Block{CID: c, Data: data} }
