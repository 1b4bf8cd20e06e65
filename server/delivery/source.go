package delivery

// Source is where bytes were found.
type Source int

// The sources, from near to far.
const (
	SourceMemory Source = iota + 1
	SourceRedis         // the cache that servers share
	SourceLocal         // the node's own disk
	SourcePeer
)

// String returns the word that logs and metrics use.
func (s Source) String() string {
	switch s {
	case SourceMemory:
		return "memory"
	case SourceRedis:
		return "redis"
	case SourceLocal:
		return "local"
	case SourcePeer:
		return "peer"
	}
	return "none"
}
