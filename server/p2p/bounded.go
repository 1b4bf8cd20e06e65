package p2p

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	"github.com/libp2p/go-libp2p/core/network"
)

const (
	// maxMessage is the longest Bitswap message that is read: a block of 2 MiB,
	// the most that any implementation sends, and what is around it.
	maxMessage = 2<<20 + 256<<10
	// messageTime is how long a message may take once it has begun. Between two
	// messages a stream may be silent for ever.
	messageTime = 30 * time.Second
	// firstRead is what is set aside for bytes that were promised before any of
	// them is here, and growth how many times what is here: who promises much and
	// sends nothing costs no more.
	firstRead, growth = 64 << 10, 4
	// leastTaken is the least that is asked of the resource manager at a time.
	leastTaken = 4 << 10
	// swapPriority is how full memory may be for more of a message than leastTaken
	// to be read: who fills it with blocks must not keep others' wants out.
	swapPriority = network.ReservationPriorityHigh
)

var (
	errTooLong    = errors.New("the message is too long")
	errNoMemory   = errors.New("too much is being read")
	errUnfinished = errors.New("the message was not finished in time")
)

// bounded reads messages that begin with their length, with memory that the
// resource manager grants.
type bounded struct {
	stream network.Stream
	in     *bufio.Reader
	room   func() int // how many wants the peer has left
	most   int        // wants of the message at hand that are still read
	cut    int        // wants of it that were left out
	left   int        // bytes of the message at hand that have not been read
	used   int        // bytes of memory that it takes until now
	taken  int        // bytes granted for it
	begun  bool       // some of it has come
	whole  bool       // all of it has come
}

func newBounded(s network.Stream, room func() int) *bounded {
	return &bounded{stream: s, in: bufio.NewReaderSize(s, 4096), room: room}
}

// next returns the next message. The memory that it took is the caller's from
// then on and no longer counted.
func (b *bounded) next() (bsmsg.BitSwapMessage, error) {
	b.begun, b.whole = false, false
	if _, err := b.in.Peek(1); err != nil {
		return nil, err
	}
	b.begun = true
	defer b.giveBack()
	if err := b.stream.SetReadDeadline(time.Now().Add(messageTime)); err != nil {
		return nil, err
	}
	msg, err := b.message()
	if err != nil {
		return nil, late(err)
	}
	return msg, b.stream.SetReadDeadline(time.Time{})
}

func (b *bounded) message() (bsmsg.BitSwapMessage, error) {
	size, err := binary.ReadUvarint(b.in)
	if err != nil {
		return nil, err
	}
	if size > maxMessage {
		return nil, errTooLong
	}
	b.left, b.most, b.cut = int(size), b.room(), 0
	found, beside, err := b.split()
	if err != nil {
		return nil, err
	}
	b.whole = true
	return join(found, beside)
}

// bytes reads size bytes of the message into a buffer that grows as they come,
// and shows each piece to see, if any, while the next one is under way.
func (b *bounded) bytes(size int, see io.Writer) ([]byte, error) {
	if size > b.left {
		return nil, errGarbage
	}
	var data []byte
	for at := 0; at < size; {
		if at == len(data) {
			next := min(size, max(firstRead, growth*at))
			if err := b.take(next - at); err != nil {
				return nil, err
			}
			grown := make([]byte, next)
			copy(grown, data)
			data = grown
		}
		piece := data[at:min(len(data), at+firstRead)]
		if _, err := io.ReadFull(b.in, piece); err != nil {
			return nil, err
		}
		if see != nil {
			_, _ = see.Write(piece) // a hash takes all
		}
		at += len(piece)
	}
	b.left -= size
	return data, nil
}

// take has n more bytes granted, small ones in bulk.
func (b *bounded) take(n int) error {
	if b.used += n; b.used <= b.taken {
		return nil
	}
	more, priority := max(b.used-b.taken, leastTaken), uint8(swapPriority)
	if b.taken == 0 && more == leastTaken {
		priority = network.ReservationPriorityAlways
	}
	if err := b.stream.Scope().ReserveMemory(more, priority); err != nil {
		return fmt.Errorf("%w: %w", errNoMemory, err)
	}
	b.taken += more
	return nil
}

func (b *bounded) giveBack() {
	b.stream.Scope().ReleaseMemory(b.taken)
	b.used, b.taken = 0, 0
}

// late tells a message that was cut off from a stream that was.
func late(err error) error {
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timeout.Timeout() {
		return errUnfinished
	}
	return err
}
