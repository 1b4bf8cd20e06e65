package p2p

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-msgio"
	mh "github.com/multiformats/go-multihash"
)

// The fields of a message that are read here, each a number and, in its lowest
// three bits, the kind of its value:
// https://specs.ipfs.tech/bitswap-protocol/#bitswap-1-1-0-wire-format
const (
	kindVarint, kind64, kindBytes, kind32 = 0, 1, 2, 5

	tagPayload = 3<<3 | kindBytes // of the message: a block
	tagPrefix  = 1<<3 | kindBytes // of the block: its CID without the hash
	tagData    = 2<<3 | kindBytes // of the block: its bytes

	// maxPrefix is the longest prefix: four numbers.
	maxPrefix = 4 * binary.MaxVarintLen64
)

var errGarbage = errors.New("the message is no Bitswap")

// split reads the message at hand from the stream. The library would have all
// of it in one buffer, copy a block out of that and then hash it; here a block
// is read to where it stays and hashed while it comes. As with the library, a
// block's CID is made from its bytes, and from nothing that the peer says. What
// is not a block is left to the library.
func (b *bounded) split() (found []blocks.Block, rest []byte, err error) {
	for b.left > 0 {
		tag, err := b.varint()
		if err == nil && tag>>3 == 0 {
			err = errGarbage
		}
		if err != nil {
			return nil, nil, err
		}
		if tag == tagPayload {
			block, err := b.block()
			if err != nil {
				return nil, nil, err
			}
			found = append(found, block)
			continue
		}
		if tag == tagWantlist {
			if rest, err = b.wantlist(rest); err != nil {
				return nil, nil, err
			}
			continue
		}
		if rest, err = b.keep(binary.AppendUvarint(rest, tag), tag&7); err != nil {
			return nil, nil, err
		}
	}
	return found, rest, nil
}

// keep appends a field's value to rest, as it came.
func (b *bounded) keep(rest []byte, kind uint64) ([]byte, error) {
	size := 0
	switch kind {
	case kindVarint:
		v, err := b.varint()
		return binary.AppendUvarint(rest, v), err
	case kind32:
		size = 4
	case kind64:
		size = 8
	case kindBytes:
		n, err := b.length()
		if err != nil {
			return nil, err
		}
		rest, size = binary.AppendUvarint(rest, uint64(n)), n
	default:
		return nil, errGarbage
	}
	value, err := b.bytes(size, nil)
	return append(rest, value...), err
}

// incoming is a block while it is read.
type incoming struct {
	prefix cid.Prefix
	data   []byte
	sum    hash.Hash // of data; nil: to be computed by the library
}

// block reads a block. Who follows the order of the fields sends the prefix
// first; from others the bytes are hashed when they are here.
func (b *bounded) block() (blocks.Block, error) {
	size, err := b.length()
	if err != nil {
		return nil, err
	}
	var in incoming
	for end := b.left - size; b.left > end; {
		if err := b.part(&in, end); err != nil {
			return nil, err
		}
	}
	c, err := in.cid()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGarbage, err)
	}
	return blocks.NewBlockWithCid(in.data, c)
}

// part reads a field of a block, which ends when as many bytes are left of the
// message as end.
func (b *bounded) part(in *incoming, end int) error {
	tag, err := b.varint()
	if err != nil {
		return err
	}
	n, err := b.length()
	if err != nil {
		return err
	}
	switch {
	case b.left-n < end:
		return errGarbage
	case tag == tagPrefix && n <= maxPrefix && in.data == nil:
		return b.prefix(in, n)
	case tag == tagData && in.data == nil:
		if in.sum != nil {
			in.data, err = b.bytes(n, in.sum)
		} else {
			in.data, err = b.bytes(n, nil)
		}
		return err
	}
	return errGarbage
}

func (b *bounded) prefix(in *incoming, n int) error {
	raw, err := b.bytes(n, nil)
	if err != nil {
		return err
	}
	if in.prefix, err = cid.PrefixFromBytes(raw); err != nil {
		return fmt.Errorf("%w: %w", errGarbage, err)
	}
	in.sum = nil
	if p := in.prefix; p.Version == 1 && p.MhType == mh.SHA2_256 && p.MhLength == sha256.Size {
		in.sum = sha256.New()
	}
	return nil
}

// cid makes the block's name from its bytes.
func (in *incoming) cid() (cid.Cid, error) {
	if in.sum == nil {
		return in.prefix.Sum(in.data)
	}
	digest, err := mh.Encode(in.sum.Sum(nil), mh.SHA2_256)
	if err != nil {
		return cid.Undef, err
	}
	return cid.NewCidV1(in.prefix.Codec, digest), nil
}

// length reads the length of what follows inside the message.
func (b *bounded) length() (int, error) {
	v, err := b.varint()
	if err == nil && v > uint64(b.left) {
		err = errGarbage
	}
	return int(v), err
}

func (b *bounded) varint() (uint64, error) {
	before := b.left
	v, err := binary.ReadUvarint(b)
	if err != nil && before-b.left == binary.MaxVarintLen64 {
		err = errGarbage // it has no end
	}
	return v, err
}

// ReadByte reads a byte of the message at hand.
func (b *bounded) ReadByte() (byte, error) {
	if b.left == 0 {
		return 0, errGarbage
	}
	c, err := b.in.ReadByte()
	if err == nil {
		b.left--
	}
	return c, err
}

var _ io.ByteReader = (*bounded)(nil)

// rest is a message in the form that the library reads.
type rest struct {
	msgio.Reader // its other methods are not used
	msg          []byte
}

// ReadMsg returns the message.
func (r rest) ReadMsg() ([]byte, error) { return r.msg, nil }

// ReleaseMsg has nothing to give back.
func (r rest) ReleaseMsg([]byte) {}

// join makes a message of its blocks and what is beside them.
func join(found []blocks.Block, beside []byte) (bsmsg.BitSwapMessage, error) {
	msg, _, err := bsmsg.FromMsgReader(rest{msg: beside})
	if err != nil {
		return nil, err
	}
	for _, b := range found {
		msg.AddBlock(b)
	}
	return msg, nil
}
