package catalog

import (
	"cmp"
	"context"
	"path"
	"strings"

	"gorm.io/gorm"

	"runnel/models"
)

// creditColumns are the columns of models.Credits, in the order of creditValues.
const creditColumns = "artist, album_artist, composer, album, disc, track, isrc, first_published"

func creditValues(c models.Credits) []any {
	return []any{c.Artist, c.AlbumArtist, c.Composer, c.Album, c.Disc, c.Track, c.ISRC, c.Date}
}

// setCredits is what an UPDATE sets by creditValues.
const setCredits = "artist = ?, album_artist = ?, composer = ?, album = ?, disc = ?, track = ?, isrc = ?, first_published = ?"

// Words are what a file says of the work in it.
type Words struct {
	Title    string
	Language string // BCP 47
	License  string // SPDX
	Credits  models.Credits
}

// Describe fills in what nobody has said of a release yet with the words of its
// file. A title counts as nobody's while it is that of the uploaded file's name.
// Texts that are too long are cut. models.ErrNotFound when the job was lost.
func (c *Catalog) Describe(ctx context.Context, job models.Job, w Words) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := holdJob(tx, job, c.dialect.forUpdate()); err != nil {
			return err
		}
		row, err := c.lockRelease(tx, job.ReleaseID)
		if err != nil {
			return err
		}
		title, err := ownTitle(tx, row)
		if err != nil {
			return err
		}
		said, has := clipCredits(w.Credits), row.credits()
		if err := must(tx, "UPDATE releases SET title = ?, language = ?, license = ?, updated_at = ?, "+setCredits+" WHERE id = ?",
			append(append([]any{cmp.Or(title, clip(w.Title, maxTitle, false), row.Title), cmp.Or(row.Language, clipLanguage(w.Language)),
				cmp.Or(row.License, clip(w.License, maxCode, false)), c.now()}, creditValues(both(has, said))...), row.ID)...); err != nil {
			return err
		}
		return c.dialect.index(tx, "r.id = ?", row.ID)
	})
	return c.fail(err, "describe release %q", job.ReleaseID)
}

// ownTitle returns the title that somebody gave the release, or nothing.
func ownTitle(tx *gorm.DB, row releaseRow) (string, error) {
	uploads, err := many[string](tx, "SELECT metadata FROM uploads WHERE release_id = ?", row.ID)
	if err != nil {
		return "", err
	}
	for _, metadata := range uploads {
		name := fromJSON[map[string]string](metadata)["filename"]
		if strings.TrimSpace(strings.TrimSuffix(name, path.Ext(name))) == row.Title {
			return "", nil
		}
	}
	if row.Title == "Untitled" {
		return "", nil
	}
	return row.Title, nil
}

// both takes of the second what the first does not say.
func both(a, b models.Credits) models.Credits {
	return models.Credits{
		Artist: cmp.Or(a.Artist, b.Artist), AlbumArtist: cmp.Or(a.AlbumArtist, b.AlbumArtist), Composer: cmp.Or(a.Composer, b.Composer),
		Album: cmp.Or(a.Album, b.Album), Disc: cmp.Or(a.Disc, b.Disc), Track: cmp.Or(a.Track, b.Track), ISRC: cmp.Or(a.ISRC, b.ISRC),
		Date: cmp.Or(a.Date, b.Date),
	}
}

// maxOrdinal is the highest number of a disc or track.
const maxOrdinal = 9999

// clipCredits makes a stranger's words fit for a page.
func clipCredits(c models.Credits) models.Credits {
	for _, text := range []*string{&c.Artist, &c.AlbumArtist, &c.Composer, &c.Album} {
		*text = clip(*text, maxTitle, false)
	}
	for _, text := range []*string{&c.ISRC, &c.Date} {
		*text = clip(*text, maxCode, false)
	}
	c.Disc, c.Track = min(max(c.Disc, 0), maxOrdinal), min(max(c.Track, 0), maxOrdinal)
	return c
}

func (r releaseRow) credits() models.Credits {
	return models.Credits{Artist: r.Artist, AlbumArtist: r.AlbumArtist, Composer: r.Composer, Album: r.Album,
		Disc: r.Disc, Track: r.Track, ISRC: r.ISRC, Date: r.FirstPublished}
}
