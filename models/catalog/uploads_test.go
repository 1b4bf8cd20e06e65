package catalog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

func testUploads(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	u, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: -1, Metadata: map[string]string{"filename": "ä?<b>.mkv"}},
		models.Release{Title: "A film", Kind: models.KindTrack, Visibility: models.Unlisted, Tags: []string{" x ", "X", ""}})
	require.NoError(t, err)
	require.Len(t, u.ID, 32)
	require.True(t, models.ValidTID(u.ReleaseID))

	r, err := c.Release(ctx, u.ReleaseID)
	require.NoError(t, err)
	ch, err := c.ChannelsOf(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, models.Release{ID: u.ReleaseID, AccountID: a.ID, ChannelID: ch[0].ID, ChannelName: "anna", Kind: models.KindTrack,
		Title: "A film", Tags: []string{"x"}, Visibility: models.Unlisted, State: models.StateUploading, Standing: models.StandingGood,
		Rev: 1, CreatedAt: k.now(), UpdatedAt: k.now()}, r)

	require.NoError(t, c.AdvanceUpload(ctx, u.ID, 100))
	require.NoError(t, c.AdvanceUpload(ctx, u.ID, 40), "an offset never goes back")
	got, err := c.Upload(ctx, u.ID)
	require.NoError(t, err)
	require.Equal(t, int64(100), got.Offset)
	require.Equal(t, "ä?<b>.mkv", got.Metadata["filename"])

	require.ErrorIs(t, c.SetUploadLength(ctx, u.ID, 50), models.ErrInvalid)
	require.NoError(t, c.SetUploadLength(ctx, u.ID, 120))
	require.NoError(t, c.SetUploadLength(ctx, u.ID, 120))
	require.ErrorIs(t, c.SetUploadLength(ctx, u.ID, 130), models.ErrInvalid)
	require.ErrorIs(t, c.AdvanceUpload(ctx, u.ID, 121), models.ErrInvalid)
	require.ErrorIs(t, c.CompleteUpload(ctx, u.ID), models.ErrInvalid)
	require.NoError(t, c.AdvanceUpload(ctx, u.ID, 120))
	n, err := c.CountOpenUploads(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, c.CompleteUpload(ctx, u.ID))
	require.NoError(t, c.CompleteUpload(ctx, u.ID), "twice is once")

	jobs, err := one[int](c.db(ctx), "SELECT count(*) FROM river_job")
	require.NoError(t, err)
	require.Equal(t, 1, jobs)
	r, err = c.Release(ctx, u.ReleaseID)
	require.NoError(t, err)
	require.Equal(t, models.StateQueued, r.State)
	open1, err := c.UploadsOf(ctx, a.ID)
	require.NoError(t, err)
	require.Empty(t, open1)

	_, err = c.CreateUpload(ctx, models.Upload{ID: u.ID, AccountID: a.ID}, models.Release{})
	require.ErrorIs(t, err, models.ErrExists)
	_, err = c.CreateUpload(ctx, models.Upload{AccountID: 77}, models.Release{})
	require.ErrorIs(t, err, models.ErrNotFound)
	require.ErrorIs(t, c.CompleteUpload(ctx, "no"), models.ErrNotFound)

	late, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 5, ExpiresAt: k.now().Add(time.Hour)}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, c.ExtendUpload(ctx, late.ID, k.now().Add(2*time.Hour)))
	require.NoError(t, c.ExtendUpload(ctx, late.ID, k.now()), "never nearer")
	require.ErrorIs(t, c.ExtendUpload(ctx, u.ID, k.now()), models.ErrNotFound)
	expired, err := c.ExpiredUploads(ctx, k.now().Add(2*time.Hour-time.Second))
	require.NoError(t, err)
	require.Empty(t, expired)
	expired, err = c.ExpiredUploads(ctx, k.now().Add(48*time.Hour))
	require.NoError(t, err)
	require.Equal(t, late.ID, expired[0].ID)
	require.Len(t, expired, 1, "a whole upload's file is a source")
	noFindings(t, c)
}

func testUploadLimit(t *testing.T, open opener) {
	c := open(t, Config{Secret: secret(), Limits: models.Limits{Uploads: 5}})
	a := creator(t, c, "anna")
	var g errgroup.Group
	results := make([]error, 20)
	for i := range results {
		g.Go(func() error {
			_, results[i] = c.CreateUpload(t.Context(), models.Upload{AccountID: a.ID, Length: 1}, models.Release{})
			return nil
		})
	}
	require.NoError(t, g.Wait())
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else {
			require.ErrorIs(t, err, models.ErrTooLarge)
		}
	}
	require.Equal(t, 5, made)
}

func testUploadDelete(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	u, err := c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 5}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, c.DeleteUpload(ctx, u.ID))
	_, err = c.Release(ctx, u.ReleaseID)
	require.ErrorIs(t, err, models.ErrNotFound)
	require.ErrorIs(t, c.DeleteUpload(ctx, u.ID), models.ErrNotFound)

	u, err = c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 0}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, c.CompleteUpload(ctx, u.ID))
	job := claimed(t, c, u.ReleaseID)
	require.NoError(t, c.DeleteUpload(ctx, u.ID))
	require.ErrorIs(t, c.RenewJob(ctx, job, time.Now()), models.ErrNotFound)
	r, err := c.Release(ctx, u.ReleaseID)
	require.NoError(t, err)
	require.Equal(t, models.StateCancelled, r.State)

	u, err = c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 0}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, c.CancelRelease(ctx, u.ReleaseID))
	require.ErrorIs(t, c.CompleteUpload(ctx, u.ID), models.ErrNotFound)
	noFindings(t, c)
}

func testUploadParts(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	u, err := c.CreatePart(ctx, models.Upload{AccountID: a.ID, Length: 3})
	require.NoError(t, err)
	require.NoError(t, c.AdvanceUpload(ctx, u.ID, 3))
	require.NoError(t, c.CompleteUpload(ctx, u.ID))
	items, _, err := c.Releases(ctx, Filter{Viewer: a.ID, Scope: ScopeMine})
	require.NoError(t, err)
	require.Empty(t, items)
	expired, err := c.ExpiredUploads(ctx, k.now().Add(25*time.Hour))
	require.NoError(t, err)
	require.Len(t, expired, 1)
	require.NoError(t, c.DeleteUpload(ctx, u.ID))
}

func testConcatenated(t *testing.T, open opener) {
	c := open(t, Config{Secret: secret(), Limits: models.Limits{Bytes: 30, Uploads: 4}})
	ctx, a, b := t.Context(), creator(t, c, "anna"), creator(t, c, "bea")
	part := func(account models.Account, length int64, whole bool) string {
		u, err := c.CreatePart(ctx, models.Upload{AccountID: account.ID, Length: length})
		require.NoError(t, err)
		if whole {
			require.NoError(t, c.AdvanceUpload(ctx, u.ID, length))
			require.NoError(t, c.CompleteUpload(ctx, u.ID))
		}
		return u.ID
	}
	join := func(parts ...string) (models.Upload, error) {
		return c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: 999, Concat: models.ConcatFinal, Parts: parts}, models.Release{})
	}
	one, two, half, foreign := part(a, 10, true), part(a, 20, true), part(b, 1, false), part(b, 1, true)
	for _, bad := range []struct {
		parts []string
		want  error
	}{{[]string{one, "no"}, models.ErrNotFound}, {[]string{foreign}, models.ErrNotFound}, {[]string{half}, models.ErrNotFound}, {[]string{one, one}, models.ErrInvalid}} {
		_, err := join(bad.parts...)
		require.ErrorIs(t, err, bad.want)
	}
	bytes := func() int64 {
		use, err := c.AccountUsage(ctx, a.ID)
		require.NoError(t, err)
		return use.Bytes()
	}
	final, err := join(two, one)
	require.NoError(t, err)
	require.Equal(t, int64(30), final.Length)
	require.Equal(t, int64(30), bytes(), "its parts' bytes are not promised twice")
	_, err = join(one)
	require.ErrorIs(t, err, models.ErrExists)
	_, err = join(final.ID)
	require.ErrorIs(t, err, models.ErrInvalid)
	require.ErrorIs(t, c.DeleteUpload(ctx, one), models.ErrExists)
	for range 2 {
		require.NoError(t, c.ConsumePart(ctx, final.ID, two), "twice is once")
		require.Equal(t, int64(30), bytes())
	}
	got, err := c.Upload(ctx, final.ID)
	require.NoError(t, err)
	require.Equal(t, []any{int64(20), []string{two, one}, models.ConcatFinal}, []any{got.Offset, got.Parts, got.Concat})
	require.ErrorIs(t, c.CompleteUpload(ctx, final.ID), models.ErrInvalid)
	require.NoError(t, c.ConsumePart(ctx, final.ID, one))
	require.NoError(t, c.CompleteUpload(ctx, final.ID))
	require.Equal(t, int64(0), bytes(), "it counts from when it is a source")

	for range 4 {
		part(a, 1, true)
	}
	_, err = c.CreatePart(ctx, models.Upload{AccountID: a.ID, Length: 1})
	require.ErrorIs(t, err, models.ErrTooLarge, "whole parts are bounded too")
	noFindings(t, c)
}
