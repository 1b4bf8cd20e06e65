package catalog

import (
	"context"
	"encoding/binary"
	"errors"

	"gorm.io/gorm"

	"runnel/models"
)

type likenessRow struct {
	ReleaseID string
	Title     string
	Reason    string
	Sound     []byte
	Pictures  []byte
}

func (r likenessRow) model() models.Likeness {
	var l models.Likeness
	for b := r.Sound; len(b) >= 4; b = b[4:] {
		l.Sound = append(l.Sound, binary.LittleEndian.Uint32(b))
	}
	for b := r.Pictures; len(b) >= 8; b = b[8:] {
		l.Pictures = append(l.Pictures, binary.LittleEndian.Uint64(b))
	}
	return l
}

// putLikeness keeps what a release looks and sounds like.
func putLikeness(tx *gorm.DB, release string, l models.Likeness) error {
	if len(l.Sound) == 0 && len(l.Pictures) == 0 {
		return nil
	}
	sound, pictures := blob{}, blob{}
	for _, v := range l.Sound {
		sound = binary.LittleEndian.AppendUint32(sound, v)
	}
	for _, v := range l.Pictures {
		pictures = binary.LittleEndian.AppendUint64(pictures, v)
	}
	return tx.Exec(`INSERT INTO likenesses (release_id, sound, pictures) VALUES (?, ?, ?)
		ON CONFLICT (release_id) DO UPDATE SET sound = excluded.sound, pictures = excluded.pictures`, release, sound, pictures).Error
}

// likenessPage is how many likenesses are read at a time.
const likenessPage = 200

// Lookalikes compares a release with every one that moderators took down, by
// what compare says of two likenesses, and returns those that it calls alike, at
// most 20. One of which nothing was kept resembles none.
func (c *Catalog) Lookalikes(ctx context.Context, release string, compare func(a, b models.Likeness) (sound, pictures float64, alike bool)) ([]models.Lookalike, error) {
	mine, err := one[likenessRow](c.db(ctx), "SELECT release_id, sound, pictures FROM likenesses WHERE release_id = ?", release)
	if errors.Is(err, models.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, c.fail(err, "lookalikes of release %q", release)
	}
	var found []models.Lookalike
	for after := ""; len(found) < maxLookalikes; {
		page, err := many[likenessRow](c.db(ctx), `SELECT l.release_id, l.title, l.sound, l.pictures, coalesce((SELECT m.reason FROM moderation m
				WHERE m.release_id = l.release_id AND m.standing <> '' ORDER BY m.id DESC LIMIT 1), '') AS reason
			FROM likenesses l WHERE l.taken_down AND l.release_id > ? ORDER BY l.release_id LIMIT ?`, after, likenessPage)
		if err != nil {
			return nil, c.fail(err, "lookalikes of release %q", release)
		}
		for _, row := range page {
			if after = row.ReleaseID; after == release {
				continue
			}
			if sound, pictures, alike := compare(mine.model(), row.model()); alike {
				found = append(found, models.Lookalike{ReleaseID: row.ReleaseID, Title: row.Title, Reason: row.Reason, Sound: sound, Pictures: pictures})
			}
		}
		if len(page) < likenessPage {
			break
		}
	}
	return found[:min(len(found), maxLookalikes)], nil
}

const maxLookalikes = 20
