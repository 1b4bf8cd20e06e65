package p2p

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"

	"runnel/models"
)

const (
	// patience is how many BlockTimeouts a fetch lasts at most while other
	// blocks of the same root keep coming, so that a slow line does not fail and
	// a peer that withholds one block does not hold a caller for ever.
	patience = 15
	// linger is how long a fetch goes on after the last caller left: the block
	// is most likely under way, and who asks next gets it.
	linger = 5 * time.Second
	// settle is how long a finished fetch stays where others find its outcome.
	// Bitswap's session learns of a block, or of a want that was withdrawn, a
	// little after we do; a want for the same block that gets there first is
	// taken for the old one and never sent.
	settle = 300 * time.Millisecond
)

// flight is one fetch of one block, whatever the number of callers.
type flight struct {
	cid    cid.Cid
	wake   chan struct{} // fires when the last caller has left
	done   chan struct{} // closed when data and err are set
	landed chan struct{} // closed when the next fetch of the block may begin

	data []byte
	err  error

	// Guarded by sessions.mu.
	callers  int
	deserted time.Time
}

func newFlight(c cid.Cid) *flight {
	return &flight{cid: c, wake: make(chan struct{}, 1), done: make(chan struct{}), landed: make(chan struct{})}
}

// over reports whether the outcome is known.
func (f *flight) over() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// fly carries out f and lands it. It ends soon after the block has come, time
// is up, or the node was closed.
func (n *Node) fly(in *session, f *flight) {
	ctx, cancel := context.WithCancel(context.Background())
	block, helped, err := n.await(ctx, in, f)
	cancel() // withdraws the want if it is still open
	if err == nil {
		f.data, err = verified(f.cid, block)
	}
	f.err = err
	close(f.done)
	if helped {
		n.settle()
	}
	n.sessions.land(in, f, err == nil)
	close(f.landed)
}

func (n *Node) settle() {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-n.closed:
	}
}

// await asks for f's block until it comes or there is no reason to go on. When
// the connected peers are no help, holders are looked for in the DHT, and
// Bitswap's session asks whoever gets connected; helped tells that it did.
func (n *Node) await(ctx context.Context, in *session, f *flight) (_ blocks.Block, helped bool, _ error) {
	n.asked.note(f.cid)
	q := n.newQuest(in, f.cid)
	defer q.end()
	q.next()
	var help help
	start := time.Now()
	timer, look := time.NewTimer(n.cfg.BlockTimeout), time.NewTicker(lookTime)
	defer timer.Stop()
	defer look.Stop()
	for {
		if !help.called && q.stuck(time.Now()) {
			if err := help.call(ctx, n, in, f.cid); err != nil {
				return nil, true, err
			}
		}
		select {
		case block := <-q.block:
			q.delivered()
			in.heard.Store(time.Now().UnixNano())
			return block, help.called, nil
		case block, ok := <-help.came:
			if !ok {
				return nil, true, errClosed
			}
			in.heard.Store(time.Now().UnixNano())
			return block, true, nil
		case p := <-help.met:
			q.meet(p)
			continue
		case w := <-q.said:
			q.hear(w)
			continue
		case now := <-look.C:
			q.look(now)
			continue
		case <-n.closed:
			return nil, help.called, errClosed
		case <-help.alone:
			return nil, true, fmt.Errorf("p2p: block %s: no peer is connected: %w", f.cid, models.ErrUnavailable)
		case <-timer.C:
		case <-f.wake:
		}
		left := n.left(in, f, start, time.Now())
		if left <= 0 {
			return nil, help.called, fmt.Errorf("p2p: block %s: no peer sent it in time: %w", f.cid, models.ErrUnavailable)
		}
		timer.Reset(left)
	}
}

// left returns how much longer to wait for f: until the session has been
// silent for BlockTimeout, but not for ever, and not long when nobody waits.
func (n *Node) left(in *session, f *flight, start, now time.Time) time.Duration {
	silent := now.Sub(start)
	if heard := in.heard.Load(); heard > start.UnixNano() {
		silent = now.Sub(time.Unix(0, heard))
	}
	left := min(n.cfg.BlockTimeout-silent, patience*n.cfg.BlockTimeout-now.Sub(start))
	if alone := n.sessions.desertedFor(f, now); alone > 0 {
		left = min(left, linger-alone)
	}
	return left
}

// verified returns block's bytes when they are those that c names. A block that
// comes by Bitswap has its CID from its bytes (see bounded.split), so there is no
// need to hash them once more.
func verified(c cid.Cid, block blocks.Block) ([]byte, error) {
	if !bytes.Equal(block.Cid().Hash(), c.Hash()) {
		return nil, fmt.Errorf("p2p: block %s: a peer sent %s: %w", c, block.Cid(), models.ErrCorrupt)
	}
	return block.RawData(), nil
}

// matching checks bytes that came without a name.
func matching(c cid.Cid, data []byte) error {
	digest, err := digestOf(c)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], digest) {
		return fmt.Errorf("p2p: block %s: a peer sent other bytes: %w", c, models.ErrCorrupt)
	}
	return nil
}
