package web

import (
	"context"
	"io"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/catalog"
)

// Studio reads and forgets what a release was, and finds what is to become of it.
type Studio interface {
	Revisions(ctx context.Context, id string) ([]models.Revision, error)
	RevisionRoot(ctx context.Context, id string, rev int) (cid.Cid, error)
	DeleteRevision(ctx context.Context, id string, rev int) error
	Replacements(ctx context.Context, accountID int64) (map[string]models.Release, error)
}

// Beside changes what lies beside the media of a final release, each time as a
// revision of its own, and opens the upload that it was made of.
type Beside interface {
	// SetCover makes a picture of any usual kind the release's cover.
	SetCover(ctx context.Context, id string, picture io.Reader) error
	// DropCover takes a cover away that SetCover has set.
	DropCover(ctx context.Context, id string) error
	Captions(ctx context.Context, id string) ([]Captions, error)
	AddCaptions(ctx context.Context, id string, text []byte, about Captions) error
	// DropCaptions takes away the captions of an ID, as Captions names them.
	DropCaptions(ctx context.Context, id, captions string) error
	// Original opens the whole upload; models.ErrNotFound where it is not kept.
	Original(ctx context.Context, id string) (*Original, error)
}

// Captions are one text track of a release.
type Captions struct {
	ID       string `json:"id" doc:"Their folder inside the release, without t/."`
	Language string `json:"language" doc:"BCP 47, or empty."`
	Label    string `json:"label" doc:"What a player's menu shows."`
	Hearing  bool   `json:"hearing" doc:"They describe sounds too."`
}

// Original is the upload that a release was made of.
type Original struct {
	Body    io.ReadSeekCloser
	Name    string // what its sender called it; may be empty
	Changed time.Time
}

// Limits are what accounts may have, and what they have of it.
type Limits interface {
	AccountByName(ctx context.Context, name string) (models.Account, error)
	Limits(ctx context.Context, accountID int64) (models.Limits, catalog.OwnLimits, error)
	SetLimits(ctx context.Context, accountID int64, l catalog.OwnLimits) error
	AccountUsage(ctx context.Context, accountID int64) (catalog.AccountUsage, error)
}
