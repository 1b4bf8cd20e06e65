package models

import "github.com/ipfs/go-cid"

// Block is bytes named by a CID (CIDv1, sha2-256). Whoever hands out a Block
// or the bytes of one has checked them against the CID.
type Block struct {
	CID  cid.Cid
	Data []byte
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
