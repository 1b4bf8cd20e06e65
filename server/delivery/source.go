package delivery

// Source is where bytes were found.
type Source int

// The sources, from near to far.
const (
	SourceMemory Source = iota + 1
	SourceRedis         // the cache shared with other servers
	SourceLocal         // the node's own disk
	SourcePeer
)

// sourceCount is one more than the last source.
const sourceCount = SourcePeer + 1

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
