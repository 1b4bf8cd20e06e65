package models

import (
	"crypto/sha256"

	"github.com/ipfs/go-cid"
)

// Block is bytes named by a CID (CIDv1, sha2-256). Whoever hands out a Block
// or the bytes of one has checked them against the CID.
type Block struct {
	CID  cid.Cid
	Data []byte

	name cid.Cid // as RawBlock computed it
	from []byte  // from these bytes
}

// RawBlock returns data as a raw block, named by its hash. Nobody changes the
// data from here on.
func RawBlock(data []byte) Block {
	sum := sha256.Sum256(data)
	hash := append([]byte{0x12, sha256.Size}, sum[:]...) // as a multihash: sha2-256, its length
	c := cid.NewCidV1(cid.Raw, hash)
	return Block{CID: c, Data: data, name: c, from: data}
}

// Computed reports whether the CID was computed from these very bytes, so that
// who compares them would only hash them once more.
func (b Block) Computed() bool {
	return b.name.Defined() && b.CID == b.name && len(b.from) == len(b.Data) && (len(b.Data) == 0 || &b.from[0] == &b.Data[0])
}

// File is one file of a release as blocks: a UnixFS file, profile
// unixfs-v1-2025 (https://specs.ipfs.tech/ipips/ipip-0499/).
type File struct {
	Path    string    // inside the release, e.g. "v/360p24/00/00003.m4s"
	CID     cid.Cid   // raw when the file fits one block of 1 MiB, else dag-pb
	Size    int64     // content bytes
	DagSize uint64    // cumulative bytes of all blocks; the Tsize of a link to it
	SHA256  [32]byte  // of the content
	Blocks  []cid.Cid // every block: leaves in order, then the dag-pb node if any
}
