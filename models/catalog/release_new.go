package catalog

import (
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

// prepareRelease cleans the texts of a release that is about to be written and
// fills in what is empty.
func (c *Catalog) prepareRelease(r *models.Release, created time.Time) (err error) {
	if r.ID != "" && !models.ValidTID(r.ID) {
		return models.NewFault(models.ErrInvalid, "release_id", "A release's id has 13 characters.")
	}
	if r.Kind == "" {
		r.Kind = models.KindVideo
	}
	if r.Visibility == "" {
		r.Visibility = models.Public
	}
	if err := checkKinds(r.Kind, r.Visibility); err != nil {
		return err
	}
	for _, t := range []struct {
		code  string
		text  *string
		limit int
	}{{"title", &r.Title, maxTitle}, {"description", &r.Description, maxDescription}, {"language", &r.Language, maxCode}, {"license", &r.License, maxCode}} {
		if *t.text, err = cleanText(t.code, *t.text, t.limit); err != nil {
			return err
		}
	}
	if r.Title == "" {
		r.Title = "Untitled"
	}
	if r.Tags, err = cleanTags(r.Tags); err != nil {
		return err
	}
	if r.CreatedAt.IsZero() {
		r.CreatedAt = created
	}
	return nil
}

// The longest texts, in characters.
const (
	maxTitle       = 500
	maxDescription = 20000
	maxCode        = 100
)

func checkKinds(k models.Kind, v models.Visibility) error {
	switch {
	case !k.Valid():
		return models.NewFault(models.ErrInvalid, "release_kind", "A release is a video or a track.")
	case !v.Valid():
		return models.NewFault(models.ErrInvalid, "release_visibility", "Visibility is public, unlisted or private.")
	}
	return nil
}

// insertRelease writes a prepared release; root is the row of its root, or 0.
func (c *Catalog) insertRelease(tx *gorm.DB, r models.Release, root int64) error {
	args := []any{seqOf(r.ID), r.ID, orNull(r.AccountID), r.ChannelID, string(r.Kind), r.Title, r.Description, toJSON(r.Tags), r.Language, r.License,
		string(r.Visibility), string(r.State), string(r.Standing), r.Fraction, int64(r.Playable), orNull(root), max(r.Rev, 1), int64(r.Duration),
		r.Width, r.Height, r.Bytes, r.Poster, micros(r.CreatedAt), c.now(), micros(r.FinalAt), r.Replaces}
	args = append(append(args, loudnessValues(r.Loudness)...), creditValues(r.Credits)...)
	err := tx.Exec(`INSERT INTO releases (seq, id, account_id, channel_id, kind, title, description, tags, language, license,
		visibility, state, standing, fraction, playable, root_id, rev, duration, width, height, bytes, poster,
		created_at, updated_at, final_at, replaces, loudness_integrated, loudness_range, loudness_peak, `+creditColumns+`) VALUES (`+marks(len(args))+")", args...).Error
	if err != nil {
		return err
	}
	return reindex(c.dialect, tx, "r.id = ?", r.ID)
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
