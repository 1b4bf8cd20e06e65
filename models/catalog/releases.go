package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

type releaseRow struct {
	Seq                int64
	ID                 string
	AccountID          int64
	ChannelID          string
	ChannelName        string
	Kind               string
	Title              string
	Description        string
	Tags               string
	Language           string
	License            string
	Visibility         string
	State              string
	Standing           string
	StandingReason     string
	Barred             string
	FailureCode        string
	FailureText        string
	Fraction           float64
	Playable           int64
	RootID             int64
	Manifest           []byte
	Rev                int
	Duration           int64
	Width              int
	Height             int
	Bytes              int64
	Poster             string
	LoudnessIntegrated *float64
	LoudnessRange      float64
	LoudnessPeak       float64
	RevAt              int64
	Replaces           string
	PublishAt          int64
	PublishAs          string
	CreatedAt          int64
	UpdatedAt          int64
	FinalAt            int64
	Artist             string
	AlbumArtist        string
	Composer           string
	Album              string
	Disc               int
	Track              int
	ISRC               string `gorm:"column:isrc"`
	FirstPublished     string
	Position           int64 // in the collection that was asked for
}

const releaseColumns = `r.seq, r.id, coalesce(r.account_id, 0) AS account_id, r.channel_id, c.name AS channel_name, r.kind,
	r.title, r.description, r.tags, r.language, r.license, r.visibility, r.state, r.standing, r.standing_reason, r.barred,
	r.failure_code, r.failure_text, r.fraction, r.playable, coalesce(r.root_id, 0) AS root_id, o.cid AS manifest, r.rev, r.duration,
	r.width, r.height, r.bytes, r.poster, r.loudness_integrated, coalesce(r.loudness_range, 0) AS loudness_range,
	coalesce(r.loudness_peak, 0) AS loudness_peak, r.created_at, r.updated_at, r.final_at,
	r.artist, r.album_artist, r.composer, r.album, r.disc, r.track, r.isrc, r.first_published,
	r.rev_at, r.replaces, r.publish_at, r.publish_as`

// releaseJoins follows "releases r" for releaseColumns.
const releaseJoins = " JOIN channels c ON c.id = r.channel_id LEFT JOIN roots o ON o.id = r.root_id"

const selectReleases = "SELECT " + releaseColumns + " FROM releases r" + releaseJoins

func (r releaseRow) model() (models.Release, error) {
	m := models.Release{ID: r.ID, AccountID: r.AccountID, ChannelID: r.ChannelID, ChannelName: r.ChannelName,
		Kind: models.Kind(r.Kind), Title: r.Title, Description: r.Description, Tags: fromJSON[[]string](r.Tags),
		Language: r.Language, License: r.License, Credits: r.credits(), Visibility: models.Visibility(r.Visibility), State: models.State(r.State),
		Standing: models.Standing(r.Standing), StandingReason: r.StandingReason, Fraction: r.Fraction,
		Playable: time.Duration(r.Playable), Rev: r.Rev, Duration: time.Duration(r.Duration), Width: r.Width, Height: r.Height,
		Bytes: r.Bytes, Poster: r.Poster, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt), FinalAt: instant(r.FinalAt),
		Replaces: r.Replaces, PublishAt: instant(r.PublishAt), PublishAs: models.Visibility(r.PublishAs), RevAt: instant(max(r.RevAt, r.FinalAt))}
	if r.FailureCode != "" {
		m.Failure = &models.Failure{Code: r.FailureCode, Text: r.FailureText}
	}
	if r.LoudnessIntegrated != nil {
		m.Loudness = &models.Loudness{Integrated: *r.LoudnessIntegrated, Range: r.LoudnessRange, TruePeak: r.LoudnessPeak}
	}
	if len(r.Manifest) > 0 {
		var err error
		if m.Manifest, err = cid.Cast(r.Manifest); err != nil {
			return m, fmt.Errorf("%w: manifest of release %s: %w", models.ErrCorrupt, r.ID, err)
		}
	}
	return m, nil
}

// Release returns the release of an id, whatever its state. Who may see it is
// the caller's to decide.
func (c *Catalog) Release(ctx context.Context, id string) (models.Release, error) {
	row, err := one[releaseRow](c.db(ctx), selectReleases+" WHERE r.id = ?", id)
	if err != nil {
		return models.Release{}, c.fail(err, "release %q", id)
	}
	m, err := row.model()
	return m, wrap(err, "release %q", id)
}

// ReleaseByRoot returns an entry that names this root: one that is listed, else
// one that is servable, else the newest.
func (c *Catalog) ReleaseByRoot(ctx context.Context, root cid.Cid) (models.Release, error) {
	row, err := one[releaseRow](c.db(ctx), selectReleases+` WHERE o.mh = ? ORDER BY
		CASE WHEN r.standing = 'good' THEN CASE r.visibility WHEN 'public' THEN 0 WHEN 'unlisted' THEN 1 ELSE 2 END ELSE 3 END,
		r.id DESC LIMIT 1`, mhOf(root))
	if err != nil {
		return models.Release{}, c.fail(err, "release of root %s", root)
	}
	m, err := row.model()
	return m, wrap(err, "release of root %s", root)
}
