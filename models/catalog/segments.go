package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"
	"gorm.io/gorm"

	"runnel/models"
)

type segmentRow struct {
	Rendition string
	Number    int
	Part      int
	Duration  int64
	KeyBytes  int64
	Path      string
	CID       []byte `gorm:"column:cid"`
	Size      int64
	DagSize   int64
	SHA256    []byte `gorm:"column:sha256"`
	Blocks    []byte
}

const segmentColumns = "rendition, number, part, duration, key_bytes, path, cid, size, dag_size, sha256, blocks"

func (r segmentRow) model() (models.Segment, error) {
	s := models.Segment{Rendition: r.Rendition, Number: r.Number, Part: r.Part, Duration: time.Duration(r.Duration),
		KeyBytes: r.KeyBytes, File: models.File{Path: r.Path, Size: r.Size, DagSize: uint64(r.DagSize)}}
	copy(s.File.SHA256[:], r.SHA256)
	var err error
	if s.File.CID, err = cid.Cast(r.CID); err == nil {
		s.File.Blocks, err = unpackCIDs(r.Blocks)
	}
	if err != nil {
		return s, fmt.Errorf("%w: segment %s: %w", models.ErrCorrupt, r.Path, err)
	}
	return s, nil
}

// AddSegments records segments that are held as blocks. One that is there
// already is written again. models.ErrNotFound when the release is no longer
// being transcoded, a Fault of code CodeStorageLimit when the node is full, one of
// CodeQuota when the account has no more room.
func (c *Catalog) AddSegments(ctx context.Context, release string, segments []models.Segment) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		account, err := one[int64](tx, "SELECT coalesce(r.account_id, 0) FROM releases r WHERE r.id = ? AND r.state = 'transcoding'"+c.dialect.forUpdate(), release)
		if err != nil {
			return err
		}
		var rows, blocks []any
		for _, s := range segments {
			rows = append(rows, release, s.Rendition, s.Number, s.Part, int64(s.Duration), s.KeyBytes, s.File.Path,
				blob(s.File.CID.Bytes()), s.File.Size, int64(s.File.DagSize), blob(s.File.SHA256[:]), packCIDs(s.File.Blocks))
			blocks = append(blocks, mhOf(s.File.CID), release)
			for _, b := range s.File.Blocks {
				blocks = append(blocks, mhOf(b), release)
			}
		}
		if err := insertRows(tx, "INSERT INTO segments (release_id, "+segmentColumns+")",
			`ON CONFLICT (release_id, rendition, number) DO UPDATE SET part = excluded.part, duration = excluded.duration,
			key_bytes = excluded.key_bytes, path = excluded.path, cid = excluded.cid, size = excluded.size,
			dag_size = excluded.dag_size, sha256 = excluded.sha256, blocks = excluded.blocks`, 12, rows); err != nil {
			return err
		}
		if err := insertRows(tx, "INSERT INTO segment_blocks (mh, release_id)", "ON CONFLICT DO NOTHING", 2, blocks); err != nil {
			return err
		}
		return c.room(tx, account, 0)
	})
	return c.fail(err, "add segments of release %q", release)
}

// Segments returns the segments of a rendition in order, the init segment
// first; of all renditions when rendition is empty.
func (c *Catalog) Segments(ctx context.Context, release, rendition string) ([]models.Segment, error) {
	query, args := "SELECT "+segmentColumns+" FROM segments WHERE release_id = ?", []any{release}
	if rendition != "" {
		query, args = query+" AND rendition = ?", append(args, rendition)
	}
	rows, err := many[segmentRow](c.db(ctx), query+" ORDER BY rendition, number", args...)
	if err != nil {
		return nil, c.fail(err, "segments of release %q", release)
	}
	out := make([]models.Segment, len(rows))
	for i, r := range rows {
		if out[i], err = r.model(); err != nil {
			return nil, wrap(err, "segments of release %q", release)
		}
	}
	return out, nil
}

// SegmentByPath returns the segment that has this path inside the release.
func (c *Catalog) SegmentByPath(ctx context.Context, release, path string) (models.Segment, error) {
	row, err := one[segmentRow](c.db(ctx), "SELECT "+segmentColumns+" FROM segments WHERE release_id = ? AND path = ?", release, path)
	if err != nil {
		return models.Segment{}, c.fail(err, "segment %q of release %q", path, release)
	}
	s, err := row.model()
	return s, wrap(err, "segment %q of release %q", path, release)
}

// SweepSegments forgets the segments and parts of releases that ended more than
// 24 hours before now: until then a viewer who began while the release was
// transcoded can go on, and a failed one can be tried again from where it was.
func (c *Catalog) SweepSegments(ctx context.Context, now time.Time) error {
	err := c.inTx(ctx, func(tx *gorm.DB) error {
		for _, table := range []string{"segments", "segment_blocks", "parts"} {
			err := tx.Exec("DELETE FROM "+table+" WHERE EXISTS (SELECT 1 FROM releases r WHERE r.id = "+table+`.release_id
				AND (r.state = 'final' AND r.final_at <= ? OR r.state IN ('failed', 'cancelled') AND r.updated_at <= ?))`,
				micros(now.Add(-24*time.Hour)), micros(now.Add(-24*time.Hour))).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	return c.fail(err, "sweep segments")
}

func packCIDs(list []cid.Cid) blob {
	b := blob{}
	for _, c := range list {
		b = append(b, c.Bytes()...)
	}
	return b
}

func unpackCIDs(b []byte) ([]cid.Cid, error) {
	var list []cid.Cid
	for len(b) > 0 {
		n, c, err := cid.CidFromBytes(b)
		if err != nil {
			return nil, err
		}
		list, b = append(list, c), b[n:]
	}
	return list, nil
}
