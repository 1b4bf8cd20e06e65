package ingest

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
)

// Change is what is to be different in a release's next revision: files beside
// its media, below s/, t/ and x/.
type Change struct {
	Put    map[string][]byte // by path
	Drop   []string          // paths; one that is not there is no error
	Poster string            // path of the picture that stands for it; empty: as it is
	// Master makes the new master playlist of the old one; nil: it stays.
	Master func(old []byte) ([]byte, error)
}

// Editor makes revisions of final releases whose media stay.
type Editor struct {
	cfg EditorConfig
	log *slog.Logger
}

// EditorConfig is what an Editor works with.
type EditorConfig struct {
	Catalog   *catalog.Catalog
	Blocks    blockset.Putter
	Source    func(root cid.Cid) blockset.Getter // finds the blocks of a root
	Announcer Announcer                          // nil: nobody is told
	Crash     func(point string)                 // see CrashFromEnv; nothing
}

// NewEditor makes an editor.
func NewEditor(cfg EditorConfig, log *slog.Logger) (*Editor, error) {
	if cfg.Catalog == nil || cfg.Blocks == nil || cfg.Source == nil {
		return nil, fmt.Errorf("ingest: %w: a part of the editor is missing", models.ErrInvalid)
	}
	if cfg.Crash == nil {
		cfg.Crash = func(string) {}
	}
	return &Editor{cfg: cfg, log: log}, nil
}

func (c Change) check() error {
	for _, path := range append(slices.Collect(maps.Keys(c.Put)), c.Drop...) {
		if !strings.HasPrefix(path, "s/") && !strings.HasPrefix(path, "t/") && !strings.HasPrefix(path, "x/") {
			return fmt.Errorf("ingest: amend: %w: %q is not beside the media", models.ErrInvalid, path)
		}
	}
	return nil
}
