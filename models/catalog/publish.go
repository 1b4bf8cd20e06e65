package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

// Publication is what a release has become.
type Publication struct {
	Root       cid.Cid
	Blocks     []cid.Cid // every block under the root, in any order; they are synced
	Bytes      int64     // of all files of the release
	Kind       models.Kind
	Renditions []models.Rendition // measured
	Duration   time.Duration
	Width      int // 0: of the highest rendition
	Height     int
	Poster     string // path inside the release, or empty
	Loudness   *models.Loudness
	Rev        int // 0 is read as 1
	Likeness   models.Likeness
}

// Publish makes a release final: in one transaction, on condition that the job
// is still the caller's, the release names its root, the root its blocks, the
// pin keeps them and what may go out is right. models.ErrNotFound when the job
// was lost.
func (c *Catalog) Publish(ctx context.Context, job models.Job, p Publication) error {
	if !p.Root.Defined() {
		return wrap(models.ErrInvalid, "publish release %q: no root", job.ReleaseID)
	}
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		if err := must(tx, "UPDATE jobs SET state = 'final', reason = '', lease_until = 0, updated_at = ? WHERE "+held,
			c.now(), job.ReleaseID, job.Node, job.Attempt); err != nil {
			return err
		}
		root, err := c.putRoot(tx, p.Root)
		if err != nil {
			return err
		}
		if err := holdBlocks(tx, root, append([]cid.Cid{p.Root}, p.Blocks...)); err != nil {
			return err
		}
		if err := c.finish(tx, job.ReleaseID, root, p); err != nil {
			return err
		}
		if err := replaceRenditions(tx, job.ReleaseID, p.Renditions); err != nil {
			return err
		}
		if err := c.pinHeld(tx, root, models.PinOwn, len(p.Blocks), p.Bytes); err != nil {
			return err
		}
		if err := putLikeness(tx, job.ReleaseID, p.Likeness); err != nil {
			return err
		}
		return c.published(tx, job.ReleaseID)
	})
	return c.fail(err, "publish release %q", job.ReleaseID)
}

func (c *Catalog) finish(tx *gorm.DB, id string, root int64, p Publication) error {
	if p.Height == 0 {
		for _, r := range p.Renditions {
			if r.Height > p.Height {
				p.Width, p.Height = r.Width, r.Height
			}
		}
	}
	now := c.now()
	set := `UPDATE releases SET state = 'final', root_id = ?, rev = ?, fraction = 1, playable = ?, duration = ?, width = ?, height = ?,
		bytes = ?, poster = ?, loudness_integrated = ?, loudness_range = ?, loudness_peak = ?, updated_at = ?, final_at = ?`
	args := []any{root, max(p.Rev, 1), int64(p.Duration), int64(p.Duration), p.Width, p.Height, p.Bytes, p.Poster}
	args = append(append(args, loudnessValues(p.Loudness)...), now, now)
	if p.Kind != "" {
		if !p.Kind.Valid() {
			return fmt.Errorf("%w: kind %q", models.ErrInvalid, p.Kind)
		}
		set, args = set+", kind = ?", append(args, string(p.Kind))
	}
	return must(tx, set+" WHERE id = ? AND state = 'transcoding'", append(args, id)...)
}

func loudnessValues(l *models.Loudness) []any {
	if l == nil {
		return []any{nil, nil, nil}
	}
	return []any{l.Integrated, l.Range, l.TruePeak}
}
