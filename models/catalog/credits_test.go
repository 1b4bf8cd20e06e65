package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func testCredits(t *testing.T, open opener) {
	c := plain(t, open)
	ctx := t.Context()
	account := creator(t, c, "anna").ID
	upload := func(filename, title string) models.Job {
		u, err := c.CreateUpload(ctx, models.Upload{AccountID: account, Length: 1, Metadata: map[string]string{"filename": filename}}, models.Release{Title: title})
		require.NoError(t, err)
		require.NoError(t, c.AdvanceUpload(ctx, u.ID, 1))
		require.NoError(t, c.CompleteUpload(ctx, u.ID))
		return claimed(t, c, u.ReleaseID)
	}
	words := Words{Title: "Der Lindenbaum", Language: "de", License: "CC-BY-4.0", Credits: models.Credits{
		Artist: "Anna \x00Müller", AlbumArtist: "Various", Composer: "Schubert", Album: strings.Repeat("Ä", 600), Disc: 1, Track: 5,
		ISRC: "DEA123456789", Date: "2019-05",
	}}
	job := upload("05 lindenbaum.flac", "05 lindenbaum")
	for range 2 { // as after an interruption
		require.NoError(t, c.Describe(ctx, job, words))
	}
	r, err := c.Release(ctx, job.ReleaseID)
	require.NoError(t, err)
	want := words.Credits
	want.Artist, want.Album = "Anna Müller", strings.Repeat("Ä", 500)
	require.Equal(t, want, r.Credits)
	require.Equal(t, []string{"Der Lindenbaum", "de", "CC-BY-4.0"}, []string{r.Title, r.Language, r.License})

	// What somebody has said stays.
	job = upload("x.flac", "My own title")
	language := "fr"
	_, err = c.UpdateRelease(ctx, job.ReleaseID, Patch{Language: &language})
	require.NoError(t, err)
	require.NoError(t, c.Describe(ctx, job, words))
	r, err = c.Release(ctx, job.ReleaseID)
	require.NoError(t, err)
	require.Equal(t, []string{"My own title", "fr", "CC-BY-4.0"}, []string{r.Title, r.Language, r.License})
	require.NoError(t, c.Publish(ctx, job, Publication{Root: rootOf("x"), Blocks: blocksOf("x", 1), Duration: time.Second}))
	require.ErrorIs(t, c.Describe(ctx, job, words), models.ErrNotFound, "the job is over")
	found, _, err := c.Releases(ctx, Filter{Query: "müller own"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, r.Credits, found[0].Credits)

	// A pinned release has what its manifest says, and a newer one's instead.
	pinned := models.Release{ID: models.NewTID(c.cfg.Now()), ChannelID: "k51else", ChannelName: "Else", Kind: models.KindTrack, Title: "T",
		Manifest: rootOf("p"), Rev: 1, Credits: models.Credits{Artist: "Bob", Track: -4, Disc: 1 << 30}}
	require.NoError(t, c.ImportRelease(ctx, pinned, nil))
	r, err = c.Release(ctx, pinned.ID)
	require.NoError(t, err)
	require.Equal(t, models.Credits{Artist: "Bob", Disc: maxOrdinal}, r.Credits)
	pinned.Manifest, pinned.Rev, pinned.Credits = rootOf("p2"), 2, models.Credits{Artist: "Bobby"}
	require.NoError(t, c.ImportRelease(ctx, pinned, nil))
	r, err = c.Release(ctx, pinned.ID)
	require.NoError(t, err)
	require.Equal(t, models.Credits{Artist: "Bobby"}, r.Credits)
}
