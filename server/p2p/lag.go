package p2p

import (
	"time"

	"github.com/libp2p/go-libp2p-kad-dht/provider/stats"
)

// lag tells how far announcements are behind. The provider makes each region of
// the DHT due once in an interval, and what is due waits in its queues; one that
// keeps up empties them again and again.
type lag struct {
	caughtUp time.Time // when nothing was due, or first looked
	behind   time.Duration
	due      int64
	stats    stats.Stats
}

// look notes the state at a moment. While the network cannot be reached, all
// that there is to announce is due.
func (l *lag) look(now time.Time, s stats.Stats) {
	q := s.Queues
	l.due = q.PendingKeyProvides + q.PendingRegionProvides + q.PendingRegionReprovides
	waiting := l.due > 0 || s.Connectivity.Status != "online" && s.Schedule.Keys > 0
	if !waiting || l.caughtUp.IsZero() {
		l.caughtUp = now
	}
	l.behind, l.stats = now.Sub(l.caughtUp), s
}
