package catalog

import (
	"context"
	"time"

	"gorm.io/gorm"

	"runnel/models"
)

type uploadRow struct {
	ID        string
	AccountID int64
	ReleaseID string
	Length    int64
	Received  int64
	Metadata  string
	Complete  bool
	CreatedAt int64
	ExpiresAt int64
	Concat    string
	Parts     string
	PartOf    string
}

const uploadColumns = `u.id, u.account_id, coalesce(u.release_id, '') AS release_id, u.length, u.received, u.metadata,
	u.complete, u.created_at, u.expires_at, u.concat, u.parts, u.part_of`

func (r uploadRow) model() models.Upload {
	return models.Upload{ID: r.ID, AccountID: r.AccountID, ReleaseID: r.ReleaseID, Length: r.Length, Offset: r.Received,
		Metadata: fromJSON[map[string]string](r.Metadata), Complete: r.Complete,
		Concat: models.Concat(r.Concat), Parts: fromJSON[[]string](r.Parts), PartOf: r.PartOf,
		CreatedAt: instant(r.CreatedAt), ExpiresAt: instant(r.ExpiresAt)}
}

// Upload returns the upload of an id, expired or not.
func (c *Catalog) Upload(ctx context.Context, id string) (models.Upload, error) {
	row, err := one[uploadRow](c.db(ctx), "SELECT "+uploadColumns+" FROM uploads u WHERE u.id = ?", id)
	return row.model(), c.fail(err, "upload %q", id)
}

// UploadsOf returns the unfinished, unexpired uploads of an account, at most
// 1,000, oldest first.
func (c *Catalog) UploadsOf(ctx context.Context, account int64) ([]models.Upload, error) {
	rows, err := many[uploadRow](c.db(ctx), "SELECT "+uploadColumns+` FROM uploads u
		WHERE u.account_id = ? AND NOT u.complete AND u.expires_at > ? ORDER BY u.created_at, u.id LIMIT 1000`, account, c.now())
	return mapped(rows, uploadRow.model), c.fail(err, "uploads of account %d", account)
}

// CountOpenUploads returns how many unfinished uploads an account has, and parts
// of which nothing was made yet.
func (c *Catalog) CountOpenUploads(ctx context.Context, account int64) (int, error) {
	n, err := countOpen(c.db(ctx), account)
	return n, c.fail(err, "uploads of account %d", account)
}

// ExpiredUploads returns up to 1,000 uploads whose time is over and whose file
// can go: unfinished ones and parts. Whole uploads are not among them; their
// file is the release's source.
func (c *Catalog) ExpiredUploads(ctx context.Context, now time.Time) ([]models.Upload, error) {
	rows, err := many[uploadRow](c.db(ctx), "SELECT "+uploadColumns+` FROM uploads u
		WHERE u.expires_at <= ? AND (NOT u.complete OR u.release_id IS NULL) ORDER BY u.expires_at, u.id LIMIT 1000`, micros(now))
	return mapped(rows, uploadRow.model), c.fail(err, "expired uploads")
}

func countOpen(db *gorm.DB, account int64) (int, error) {
	return one[int](db, "SELECT count(*) FROM uploads u WHERE u.account_id = ? AND (NOT u.complete OR u.release_id IS NULL) AND u.part_of = ''", account)
}
