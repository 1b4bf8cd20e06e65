package p2p

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	bsmsg "github.com/ipfs/boxo/bitswap/message"
	pb "github.com/ipfs/boxo/bitswap/message/pb"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	// maxScouted is how many peers are asked whether they have a block.
	maxScouted = 32
	// haveTime is how long peers may take to say whether they have a block,
	// blockTime how long one may send nothing of the release, before others are
	// asked as well.
	haveTime, blockTime = 500 * time.Millisecond, 5 * time.Second
	// lookTime is how often a quest looks whether it stands still.
	lookTime = 250 * time.Millisecond
	// sendTime bounds the sending of one question.
	sendTime = 10 * time.Second
)

// answer is what a peer said about a block.
type answer int

const (
	has answer = iota
	hasNot
	isGone
)

type word struct {
	from peer.ID
	says answer
}

// quest asks connected peers for one block directly: who sent blocks of the
// same release before, else all whether they have it and the first that does.
// Bitswap's own client does the same with a pause of at least 20 ms after each
// message to a peer, so that a block takes it 20 to 40 ms on any line; it is
// left for what a quest does not find. A quest belongs to one goroutine, but
// for deliver and tell.
type quest struct {
	n   *Node
	in  *session
	cid cid.Cid

	block chan blocks.Block // the first that came
	said  chan word

	asked   map[peer.ID]bool // by now; true while a withdrawal would mean something
	waiting map[peer.ID]bool // asked whether they have it, and silent
	ready   []peer.ID        // said that they have it
	current peer.ID          // is to send it
	wide    bool             // all connected peers were asked
	since   time.Time        // of the last question
}

func (n *Node) newQuest(in *session, c cid.Cid) *quest {
	q := &quest{
		n: n, in: in, cid: c, block: make(chan blocks.Block, 1), said: make(chan word, 4*maxScouted),
		asked: map[peer.ID]bool{}, waiting: map[peer.ID]bool{},
	}
	n.scouts.add(q)
	return q
}

func (q *quest) deliver(from peer.ID, b blocks.Block) {
	q.in.holders.add(from)
	select {
	case q.block <- b:
		q.tell(word{from, has})
	default:
	}
}

// tell passes a word on; more of them than fit are lost, and the quest looks
// around by itself after a while.
func (q *quest) tell(w word) {
	select {
	case q.said <- w:
	default:
	}
}

// next asks the best peer that was not asked yet.
func (q *quest) next() {
	for len(q.ready) > 0 {
		p := q.ready[0]
		q.ready = q.ready[1:]
		if q.n.connected(p) {
			q.want(p)
			return
		}
	}
	for _, p := range q.in.holders.best() {
		if _, done := q.asked[p]; !done && q.n.connected(p) {
			q.want(p)
			return
		}
	}
	if !q.wide && len(q.waiting) == 0 {
		q.widen()
	}
}

// widen asks all connected peers, or many of them, whether they have the block.
func (q *quest) widen() {
	q.wide = true
	all := q.n.host.Network().Peers()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all[:min(len(all), maxScouted)] {
		q.scout(p)
	}
}

// scout asks p whether it has the block.
func (q *quest) scout(p peer.ID) {
	if _, done := q.asked[p]; done {
		return
	}
	q.asked[p], q.waiting[p], q.since = true, true, time.Now()
	q.send(p, pb.Message_Wantlist_Have)
}

// want asks p for the block.
func (q *quest) want(p peer.ID) {
	q.leaveCurrent()
	q.current, q.asked[p], q.since = p, true, time.Now()
	q.in.holders.begin(p)
	q.send(p, pb.Message_Wantlist_Block)
}

func (q *quest) leaveCurrent() {
	if q.current != "" {
		q.in.holders.finish(q.current)
		q.current = ""
	}
}

// hear takes in what a peer said.
func (q *quest) hear(w word) {
	delete(q.waiting, w.from)
	switch w.says {
	case has:
		q.in.holders.add(w.from)
		if w.from != q.current {
			q.asked[w.from] = false // the peer has forgotten the question
			q.ready = append(q.ready, w.from)
		}
	case hasNot, isGone:
		q.in.holders.remove(w.from)
		if w.from == q.current {
			q.leaveCurrent()
		}
	}
	if q.current == "" {
		q.next()
	}
}

// meet takes in a holder that was found and got connected.
func (q *quest) meet(p peer.ID) {
	if _, done := q.asked[p]; !done {
		q.hear(word{p, has})
	}
}

// stuck reports whether the peers asked so far are no help at the given time.
func (q *quest) stuck(now time.Time) bool {
	if q.current != "" {
		return q.silent(now) >= blockTime
	}
	return len(q.waiting) == 0 || now.Sub(q.since) >= haveTime
}

// silent is how long nothing came: on a slow line blocks come one by one.
func (q *quest) silent(now time.Time) time.Duration {
	last := q.since
	if heard := time.Unix(0, q.in.heard.Load()); heard.After(last) {
		last = heard
	}
	return now.Sub(last)
}

// look turns to another peer when the current one sends nothing.
func (q *quest) look(now time.Time) {
	if q.current != "" && len(q.ready) > 0 && q.silent(now) >= blockTime {
		q.leaveCurrent()
		q.next()
	}
}

// end withdraws what is still asked.
func (q *quest) end() {
	q.n.scouts.remove(q)
	q.leaveCurrent()
	for p, open := range q.asked {
		if open && q.n.connected(p) {
			q.cancel(p)
		}
	}
}

func (q *quest) send(p peer.ID, kind pb.Message_Wantlist_WantType) {
	msg := bsmsg.New(false)
	msg.AddEntry(q.cid, math.MaxInt32, kind, true)
	go func() {
		if q.n.say(p, msg) != nil {
			q.tell(word{p, isGone})
		}
	}()
}

func (q *quest) cancel(p peer.ID) {
	msg := bsmsg.New(false)
	msg.Cancel(q.cid)
	go func() { _ = q.n.say(p, msg) }() // who does not hear it sends what nobody takes
}

// say sends a message to a peer that is connected; it dials nobody.
func (n *Node) say(p peer.ID, msg bsmsg.BitSwapMessage) error {
	ctx, cancel := context.WithTimeout(context.Background(), sendTime)
	defer cancel()
	return n.wire.SendMessage(network.WithNoDial(ctx, "runnel"), p, msg)
}

// delivered notes that p needs no withdrawal.
func (q *quest) delivered() {
	for {
		select {
		case w := <-q.said:
			if w.says == has {
				q.asked[w.from] = false
			}
		default:
			if q.current != "" {
				q.asked[q.current] = false
			}
			return
		}
	}
}
