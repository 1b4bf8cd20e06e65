package cache

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/ipfs/go-cid"
)

// pollEvery is how often one who waits looks for the block.
const pollEvery = 15 * time.Millisecond

// What the lead script answers.
const (
	othersLead = iota
	weLead
	isThere
)

// Lead lets one of several servers that miss a block fetch it. It returns true
// to whoever is to fetch it now, and false once the block is in Redis, for which
// it waits while another server has the lead. That lead ends when its holder
// gives it back or LeadWait after it was taken, so that a server which dies does
// not keep the others; who has waited for LeadWait is told to fetch. Without
// Redis everybody is.
//
// done takes the checked block that was fetched, or nil when that failed, hands
// it to the others and gives the lead back, both in the background. It is to be
// called once where leader is true, and may be called where it is not.
func (r *Redis) Lead(ctx context.Context, c cid.Cid) (done func(data []byte), leader bool) {
	alone := func(data []byte) { r.Put(c, data) }
	if !c.Defined() {
		return alone, true
	}
	w := write{key: blockKey(c), lock: lockKey(c), token: rand.Text()}
	patience := time.NewTimer(r.cfg.LeadWait)
	defer patience.Stop()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		answer, err := r.askLead(ctx, w)
		switch {
		case err != nil:
			return alone, true
		case answer == isThere:
			return func([]byte) {}, false
		case answer == weLead:
			return func(data []byte) { r.handOver(w, data) }, true
		}
		select {
		case <-ctx.Done():
			return alone, true
		case <-patience.C:
			return alone, true
		case <-poll.C:
		}
	}
}

func (r *Redis) askLead(ctx context.Context, w write) (answer int, err error) {
	err = r.do(ctx, "lead", r.cfg.OpTimeout, func(ctx context.Context) error {
		answer, err = r.scripts.lead.Run(ctx, r.client, []string{w.key, w.lock}, w.token, r.cfg.LeadWait.Milliseconds()).Int()
		return err
	})
	return answer, err
}

func (r *Redis) handOver(w write, data []byte) {
	if len(data) <= maxValue {
		w.data = data
	}
	r.enqueue(r.handovers, w)
}
