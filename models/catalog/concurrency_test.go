package catalog

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// testConcurrency has 50 writers and 200 readers at once: nobody is told that
// the database is busy, and no write is lost.
func testConcurrency(t *testing.T, open opener) {
	c := plain(t, open)
	a := creator(t, c, "anna")
	ctx := t.Context()
	final := published(t, c, a.ID, models.Release{}, "seen")
	var g errgroup.Group
	const writers = 50
	rounds := 4
	if raceEnabled {
		rounds = 1
	}
	for range writers {
		g.Go(func() error {
			for range rounds {
				u, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 1}, models.Release{Title: "many"})
				if err != nil {
					return err
				}
				if err := c.AdvanceUpload(ctx, u.ID, 1); err != nil {
					return err
				}
				if err := c.CompleteUpload(ctx, u.ID); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range 200 {
		g.Go(func() error {
			for range 2 * rounds {
				if _, err := c.Release(ctx, final); err != nil {
					return err
				}
				if _, _, err := c.Releases(ctx, Filter{Query: "seen anna", Limit: 5}); err != nil {
					return err
				}
				if _, err := c.BlockServable(ctx, blockOf("seen", 0)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	start := time.Now()
	require.NoError(t, g.Wait())
	t.Logf("%d write transactions, %d reads in %v", 3*writers*rounds, 200*6*rounds, time.Since(start))
	n, err := one[int](c.db(ctx), "SELECT count(*) FROM jobs WHERE state = 'queued'")
	require.NoError(t, err)
	require.Equal(t, writers*rounds, n)
	noFindings(t, c)
}

func testClosed(t *testing.T, open opener) {
	c := plain(t, open)
	a := creator(t, c, "anna")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Account(ctx, a.ID)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, c.Ping(t.Context()))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, err = c.Account(t.Context(), a.ID)
	require.ErrorIs(t, err, models.ErrUnavailable)
	require.ErrorIs(t, c.SetPassword(t.Context(), a.ID, "x"), models.ErrUnavailable)
	require.ErrorIs(t, c.Ping(t.Context()), models.ErrUnavailable)
}
