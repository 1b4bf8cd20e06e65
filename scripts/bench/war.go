package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"

	"runnel/server/client"
)

// orderOn makes the order to attack a node that holds the film.
func (l *lab) orderOn(ctx context.Context, n *node, f film) (o order, err error) {
	self, err := client.New(n.url, "").Node(ctx)
	if err != nil {
		return o, err
	}
	if len(self.Addrs) == 0 {
		return o, errors.New("the node has no address")
	}
	victim, err := peer.AddrInfoFromString(self.Addrs[0])
	if err != nil {
		return o, err
	}
	o.Victim = *victim
	for n := range 200 {
		id, err := cid.V1Builder{Codec: cid.Raw, MhType: sha2}.Sum(f.segmentData(n))
		if err != nil {
			return o, err
		}
		o.Wanted = append(o.Wanted, id)
	}
	return o, nil
}

// war is what is counted while a crowd attacks.
type war struct {
	victim, honest *node
	crowd          *horde
	before         tally
}

// tally is the state of the counters at a moment.
type tally struct {
	at                    time.Time
	deeds                 deeds
	victim, honest, crowd time.Duration // processor time
	given                 float64       // bytes of blocks that the victim sent
}

// note begins the count.
func (w *war) note(ctx context.Context) (err error) {
	if w.before.deeds, err = w.crowd.did(); err != nil {
		return err
	}
	return w.count(ctx, &w.before)
}

func (w *war) count(ctx context.Context, t *tally) (err error) {
	t.at = time.Now()
	for pid, into := range map[int]*time.Duration{
		w.victim.cmd.Process.Pid: &t.victim, w.honest.cmd.Process.Pid: &t.honest, w.crowd.cmd.Process.Pid: &t.crowd,
	} {
		if *into, err = coresTime(pid); err != nil {
			return err
		}
	}
	t.given, err = w.victim.metric(ctx, "runnel_p2p_sent_bytes_total")
	return err
}

// report ends the attack and says what it was.
func (w *war) report(ctx context.Context, l *lab) error {
	var after tally
	err := w.count(ctx, &after)
	if after.deeds = w.crowd.last(); err != nil {
		return err
	}
	over := after.at.Sub(w.before.at).Seconds()
	per := func(after, before int64) float64 { return float64(after-before) / over }
	l.say("the attack, a second", "%.1f connections, %.0f messages or streams, %.1f MiB sent, %.1f MiB of blocks made to send",
		per(after.deeds.Connected, w.before.deeds.Connected), per(after.deeds.Sent, w.before.deeds.Sent),
		per(after.deeds.Bytes, w.before.deeds.Bytes)/(1<<20), (after.given-w.before.given)/over/(1<<20))
	share := func(after, before time.Duration) float64 { return (after - before).Seconds() / over }
	l.say("cores taken", "%.2f by the attacked node, %.2f by the crowd, %.2f by the honest peer",
		share(after.victim, w.before.victim), share(after.crowd, w.before.crowd), share(after.honest, w.before.honest))
	return nil
}

// coresTime is what a process used of the processor, in the kernel too.
func coresTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("processor time of %d: %q", pid, data)
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, err
	}
	return time.Duration(user+system) * (time.Second / 100), nil // Linux counts in hundredths
}
