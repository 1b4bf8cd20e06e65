package p2p

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-msgio"
)

const (
	// maxMessage is the longest Bitswap message that is read: a block of 2 MiB,
	// the most that any implementation sends, and what is around it.
	maxMessage = 2<<20 + 256<<10
	// messageTime is how long a message may take once it has begun. Between two
	// messages a stream may be silent for ever.
	messageTime = 30 * time.Second
	// firstRead is what is set aside for a message before any of it is here: who
	// promises much and sends nothing costs no more.
	firstRead = 64 << 10
	// swapPriority is how full memory may be for a message to be read at all.
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
	taken  int  // bytes granted for the message at hand
	begun  bool // some of it has come
	whole  bool // all of it has come
}

var _ msgio.Reader = (*bounded)(nil)

// ReadMsg returns the next message; ReleaseMsg gives its memory back.
func (b *bounded) ReadMsg() ([]byte, error) {
	if b.in == nil {
		b.in = bufio.NewReaderSize(b.stream, 4096)
	}
	b.begun, b.whole = false, false
	if _, err := b.in.Peek(1); err != nil {
		return nil, err
	}
	b.begun = true
	if err := b.stream.SetReadDeadline(time.Now().Add(messageTime)); err != nil {
		return nil, err
	}
	size, err := binary.ReadUvarint(b.in)
	if err != nil {
		return nil, late(err)
	}
	if size > maxMessage {
		return nil, errTooLong
	}
	msg, err := b.body(int(size))
	if err != nil {
		b.ReleaseMsg(nil)
		return nil, late(err)
	}
	b.whole = true
	return msg, b.stream.SetReadDeadline(time.Time{})
}

// body reads size bytes into a buffer that grows as they come.
func (b *bounded) body(size int) ([]byte, error) {
	var msg []byte
	for len(msg) < size {
		next := min(size, max(firstRead, 2*len(msg)))
		if err := b.stream.Scope().ReserveMemory(next-b.taken, swapPriority); err != nil {
			return nil, fmt.Errorf("%w: %w", errNoMemory, err)
		}
		b.taken = next
		grown := make([]byte, next)
		copy(grown, msg)
		if _, err := io.ReadFull(b.in, grown[len(msg):]); err != nil {
			return nil, err
		}
		msg = grown
	}
	return msg, nil
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

// ReleaseMsg gives back the memory of the message read last.
func (b *bounded) ReleaseMsg([]byte) {
	b.stream.Scope().ReleaseMemory(b.taken)
	b.taken = 0
}

// Read and NextMsgLen are not used with Bitswap's messages.
func (b *bounded) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// NextMsgLen is not used with Bitswap's messages.
func (b *bounded) NextMsgLen() (int, error) { return 0, errors.ErrUnsupported }
