package cache

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestRedisURL(t *testing.T) {
	for _, bad := range []string{"", "localhost:6379", "http://anna:sesame@localhost", "redis://anna:sesame@localhost/x"} {
		_, err := NewRedis(RedisConfig{URL: bad}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		require.ErrorIs(t, err, models.ErrInvalid, bad)
		require.NotContains(t, err.Error(), "sesame")
	}
}

// TestRedisAbsent asks a Redis that is not there: a miss, and everybody leads.
func TestRedisAbsent(t *testing.T) {
	r, err := NewRedis(RedisConfig{URL: "unix://" + filepath.Join(t.TempDir(), "none")}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	require.NoError(t, err)
	mh, err := multihash.Sum([]byte("x"), multihash.SHA2_256, -1)
	require.NoError(t, err)
	c := cid.NewCidV1(cid.Raw, mh)
	_, ok := r.Get(t.Context(), c)
	require.False(t, ok)
	done, leads := r.Lead(t.Context(), c, "me")
	require.True(t, leads)
	done([]byte("x"))
	for range 3 * redisQueue {
		r.Put(c, []byte("x")) // nobody writes, and nobody waits
	}
	_, err = r.State(t.Context())
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
}

func TestBreaker(t *testing.T) {
	b := breaker{rest: time.Second}
	now := time.Unix(100, 0)
	require.True(t, b.closed(now))
	require.True(t, b.trip(now))
	require.False(t, b.trip(now))
	require.False(t, b.closed(now))
	later := now.Add(time.Second)
	require.True(t, b.closed(later))
	require.False(t, b.closed(later), "one caller tries, the others do without")
	require.True(t, b.mend())
	require.False(t, b.mend())
	require.True(t, b.closed(later))
}
