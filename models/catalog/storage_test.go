package catalog

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// code is the code of the Fault in an error.
func code(err error) string {
	var f *models.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func used(t *testing.T, c *Catalog) Usage {
	t.Helper()
	u, err := c.Usage(t.Context())
	require.NoError(t, err)
	return u
}

// testStorage follows what is counted from a promise to its end.
func testStorage(t *testing.T, open opener) {
	c, ctx := open(t, Config{Secret: secret(), MaxStorage: 1000}), t.Context()
	a := creator(t, c, "anna")
	require.Equal(t, Usage{Limit: 1000}, used(t, c))

	u, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 600}, models.Release{})
	require.NoError(t, err)
	require.EqualValues(t, 600, used(t, c).Uploads, "what was promised counts at once")
	_, err = c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 401}, models.Release{})
	require.Equal(t, CodeStorageLimit, code(err))
	require.ErrorIs(t, err, models.ErrTooLarge)
	deferred, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: -1}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, c.AdvanceUpload(ctx, deferred.ID, 300))
	require.Equal(t, CodeStorageLimit, code(c.AdvanceUpload(ctx, deferred.ID, 401)))
	require.Equal(t, CodeStorageLimit, code(c.SetUploadLength(ctx, deferred.ID, 401)))
	require.NoError(t, c.SetUploadLength(ctx, deferred.ID, 400))
	require.EqualValues(t, 1000, used(t, c).Used())
	_, err = c.PutPin(ctx, rootOf("late"))
	require.Equal(t, CodeStorageLimit, code(err), "a full node takes no wish")
	_, known, err := c.RootServable(ctx, rootOf("late"))
	require.NoError(t, err)
	require.False(t, known)
	require.NoError(t, c.DeleteUpload(ctx, deferred.ID))

	require.NoError(t, c.AdvanceUpload(ctx, u.ID, 600))
	require.NoError(t, c.SetSource(ctx, u.ReleaseID, "uploads/x", [32]byte{}, 600))
	require.EqualValues(t, 600, used(t, c).Used(), "counted once while it changes hands")
	require.NoError(t, c.CompleteUpload(ctx, u.ID))
	require.Equal(t, Usage{Originals: 600, Limit: 1000}, used(t, c))
	require.NoError(t, c.Publish(ctx, claimed(t, c, u.ReleaseID), Publication{Root: rootOf("r"), Blocks: blocksOf("r", 2), Bytes: 150, Duration: time.Minute}))
	require.Equal(t, Usage{Releases: 150, Originals: 600, Limit: 1000}, used(t, c))
	_, err = c.PutPin(ctx, rootOf("r"))
	require.NoError(t, err)
	require.EqualValues(t, 150, used(t, c).Releases, "two reasons to keep it, one copy")

	r := far("one")
	_, err = c.PutPin(ctx, r.Manifest)
	require.NoError(t, err)
	require.NoError(t, c.SetPinState(ctx, r.Manifest, models.PinFetching, 0, 0, ""))
	require.Equal(t, CodeStorageLimit, code(c.AdmitPin(ctx, r.Manifest, 251, r)))
	require.NoError(t, c.AdmitPin(ctx, r.Manifest, 250, r))
	require.NoError(t, c.AdmitPin(ctx, r.Manifest, 250, r), "a second attempt has what the first one had")
	require.EqualValues(t, 1000, used(t, c).Used())
	require.NoError(t, c.PinRelease(ctx, r.Manifest, blocksOf("one", 2), 200, r, nil))
	require.EqualValues(t, 950, used(t, c).Used(), "what it took, not what it was said to take")
	require.NoError(t, c.DeletePin(ctx, r.Manifest))
	require.NoError(t, c.DeleteRelease(ctx, u.ReleaseID))
	require.EqualValues(t, 150, used(t, c).Used(), "a creator asked to keep it")
	noFindings(t, c)
}

// testStorageAtOnce: of many that come together exactly as many are taken as fit.
func testStorageAtOnce(t *testing.T, open opener) {
	const limit, size, tries = 1000, 90, 20
	c, ctx := open(t, Config{Secret: secret(), MaxStorage: limit}), t.Context()
	a := creator(t, c, "anna")
	for i := range tries {
		root := rootOf(fmt.Sprint(i))
		_, err := c.PutPin(ctx, root)
		require.NoError(t, err)
		require.NoError(t, c.SetPinState(ctx, root, models.PinFetching, 0, 0, ""))
	}
	var taken atomic.Int64
	var group errgroup.Group
	try := func(do func() error) {
		group.Go(func() error {
			err := do()
			switch {
			case err == nil:
				taken.Add(1)
			case code(err) != CodeStorageLimit:
				return err
			}
			return nil
		})
	}
	for i := range tries {
		try(func() error {
			_, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: size}, models.Release{})
			return err
		})
		r := far(fmt.Sprint(i))
		try(func() error { return c.AdmitPin(ctx, r.Manifest, size, r) })
	}
	require.NoError(t, group.Wait())
	require.EqualValues(t, limit/size, taken.Load())
	require.EqualValues(t, limit/size*size, used(t, c).Used())
}

// testStorageOfJob: a transcode that would pass the limit ends; what is final
// stays.
func testStorageOfJob(t *testing.T, open opener) {
	c, ctx := open(t, Config{Secret: secret(), MaxStorage: 2500}), t.Context()
	a := creator(t, c, "anna")
	final := published(t, c, a.ID, models.Release{}, "final")
	id := queued(t, c, a.ID, models.Release{})
	job := claimed(t, c, id)
	require.NoError(t, c.BeginTranscode(ctx, job, models.KindVideo, time.Minute, 640, 360, renditions()))
	require.NoError(t, c.AddSegments(ctx, id, []models.Segment{segment("v", 0), segment("v", 1)}))
	require.EqualValues(t, 2000, used(t, c).Working)
	err := c.AddSegments(ctx, id, []models.Segment{segment("v", 2)})
	require.Equal(t, CodeStorageLimit, code(err))
	require.EqualValues(t, 2000, used(t, c).Working)
	require.NoError(t, c.FailJob(ctx, job, models.Failure{Code: code(err)}, nil))
	r, err := c.Release(ctx, final)
	require.NoError(t, err)
	require.Equal(t, models.StateFinal, r.State)
	noFindings(t, c)
}
