package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/transcode"
)

// Announcer tells the peer network that a root can be fetched here.
type Announcer interface {
	Announce(ctx context.Context, root cid.Cid) error
}

// Sources finds a whole upload by its recorded name.
type Sources interface {
	Source(name string) (spool.Source, error)
}

// Transcoder makes the renditions; see package transcode.
type Transcoder interface {
	Inspect(ctx context.Context, source string) (transcode.Media, error)
	Plan(m transcode.Media) (transcode.Plan, error)
	Encoder(ctx context.Context) (string, error)
	Run(ctx context.Context, p transcode.Plan, source, dir string, done transcode.Done, sink transcode.Sink,
		progress func(fraction float64)) (transcode.Result, error)
}

// Deps are the parts of the node that the pipeline works with.
type Deps struct {
	Catalog    *catalog.Catalog
	Blocks     blockset.Putter
	Sources    Sources
	Transcoder Transcoder
	Announcer  Announcer // nil: nobody is told
	Counters   *Counters // nil: nobody reads them
	// Source finds the blocks of a root, of which a release that gets new media
	// keeps its cover; nil: it does not.
	Source func(root cid.Cid) blockset.Getter
}

// Config says how a worker works. Zero values mean the defaults named.
type Config struct {
	Node     string // this node's name in leases; the same after a restart
	Dir      string // working folders of jobs; made if missing
	Parallel int    // jobs at a time; 1

	Lease    time.Duration                   // how long a job is ours without renewal; 30 s
	Renew    time.Duration                   // time between renewals; 10 s
	Watch    time.Duration                   // time between looks whether a job was cancelled; 1 s
	Sweep    time.Duration                   // time between looks for work that nobody holds; 10 s
	Attempts int                             // of a job that fails by the machine's fault; 4
	Backoff  func(attempt int) time.Duration // rest after a failed attempt; 2 s, 10 s, 50 s

	Crash func(point string) // see CrashFromEnv; nothing
	Now   func() time.Time   // time.Now
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&c.Lease, 30 * time.Second}, {&c.Renew, 10 * time.Second}, {&c.Watch, time.Second}, {&c.Sweep, 10 * time.Second}} {
		if *d.v <= 0 {
			*d.v = d.d
		}
	}
	if c.Parallel <= 0 {
		c.Parallel = 1
	}
	if c.Attempts <= 0 {
		c.Attempts = 4
	}
	if c.Backoff == nil {
		c.Backoff = backoff
	}
	if c.Crash == nil {
		c.Crash = func(string) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Worker takes jobs and carries them out.
type Worker struct {
	cfg  Config
	deps Deps
	log  *slog.Logger
}

// New makes a worker; Run starts it.
func New(cfg Config, deps Deps, log *slog.Logger) (*Worker, error) {
	cfg = cfg.withDefaults()
	if cfg.Node == "" || cfg.Dir == "" {
		return nil, fmt.Errorf("ingest: %w: a worker needs a name and a folder", models.ErrInvalid)
	}
	if deps.Catalog == nil || deps.Blocks == nil || deps.Sources == nil || deps.Transcoder == nil {
		return nil, fmt.Errorf("ingest: %w: a part is missing", models.ErrInvalid)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	if deps.Counters == nil {
		deps.Counters, _ = NewCounters(nil) // it fails only to register
	}
	return &Worker{cfg: cfg, deps: deps, log: log}, nil
}
