package p2p

import "github.com/libp2p/go-libp2p-kad-dht/provider/stats"

func statsOf(online bool, pending, keys int64) stats.Stats {
	s := stats.Stats{Queues: stats.Queues{PendingRegionReprovides: pending}, Schedule: stats.Schedule{Keys: keys}}
	if s.Connectivity.Status = "offline"; online {
		s.Connectivity.Status = "online"
	}
	return s
}
