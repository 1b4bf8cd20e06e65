package p2p

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	tagWantlist = 1<<3 | kindBytes // of the message
	fieldEntry  = 1                // of the wantlist
)

// wantlist appends the wants of the message to rest, without those that will be
// refused anyway: a want costs its sender 40 bytes, and its reader a name to
// parse, a few entries in maps and an answer.
func (b *bounded) wantlist(rest []byte) ([]byte, error) {
	n, err := b.length()
	if err != nil {
		return nil, err
	}
	list, err := b.bytes(n, nil)
	if err != nil {
		return nil, err
	}
	list, kept, cut := curtail(list, b.most)
	b.most, b.cut = b.most-kept, b.cut+cut
	rest = binary.AppendUvarint(rest, tagWantlist)
	rest = binary.AppendUvarint(rest, uint64(len(list)))
	return append(rest, list...), nil
}

// curtail returns a wantlist with no more than most entries, how many these are
// and how many it left out. One that is not well formed stays as it is from
// there on, for the library to refuse.
func curtail(list []byte, most int) (out []byte, kept, cut int) {
	for len(list) > 0 {
		num, kind, head := protowire.ConsumeTag(list)
		if head < 0 {
			break
		}
		body := protowire.ConsumeFieldValue(num, kind, list[head:])
		if body < 0 {
			break
		}
		switch {
		case num != fieldEntry:
			out = append(out, list[:head+body]...)
		case kept < most:
			kept++
			out = append(out, list[:head+body]...)
		default:
			cut++
		}
		list = list[head+body:]
	}
	return append(out, list...), kept, cut
}
