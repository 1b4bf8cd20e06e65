package spool

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	tusd "github.com/tus/tusd/v2/pkg/handler"

	"runnel/models"
)

// Records is the part of the catalogue that the spool needs. Every method is
// durable when it returns, and answers models.ErrNotFound for an unknown id.
type Records interface {
	// CreateUpload writes the upload and its release (state uploading, with an
	// id that it chooses) in one transaction.
	CreateUpload(ctx context.Context, u models.Upload, r models.Release) (models.Upload, error)
	// Upload returns one upload, complete or not.
	Upload(ctx context.Context, id string) (models.Upload, error)
	// CountOpenUploads counts the account's uploads that are not complete.
	CountOpenUploads(ctx context.Context, account int64) (int, error)
	// AdvanceUpload moves the acknowledged offset forward.
	AdvanceUpload(ctx context.Context, id string, offset int64) error
	// SetUploadLength declares a deferred length.
	SetUploadLength(ctx context.Context, id string, length int64) error
	// CompleteUpload marks the upload complete, its release queued and wakes a
	// worker, all in one transaction; a second call changes nothing.
	CompleteUpload(ctx context.Context, id string) error
	// CreatePart writes an upload that becomes no release by itself.
	CreatePart(ctx context.Context, u models.Upload) (models.Upload, error)
	// ConsumePart moves the offset of a final upload over one of its parts, whose
	// row goes; a second call changes nothing.
	ConsumePart(ctx context.Context, final, part string) error
	// DeleteUpload removes the row; a release that never became final is
	// cancelled or removed with it.
	DeleteUpload(ctx context.Context, id string) error
	// ExpiredUploads returns uploads that are not complete and whose time ends
	// before now, the first to end first.
	ExpiredUploads(ctx context.Context, now time.Time) ([]models.Upload, error)
}

// Releases is the part of the catalogue that says which whole uploads are kept
// as the source of a release.
type Releases interface {
	Release(ctx context.Context, id string) (models.Release, error)
	SetSource(ctx context.Context, release, path string, sha256 [32]byte, size int64) error
	SourceHeld(ctx context.Context, path string) (bool, error)
}

// Catalog is both.
type Catalog interface {
	Records
	Releases
}

// Config says where uploads lie and how much is taken. Zero values mean the
// defaults named at each field.
type Config struct {
	Dir string // data files of uploads and sources; made if missing

	MaxSize int64         // bytes of one upload; 256 GiB
	Reserve int64         // bytes of the disk that uploads never take; 512 MiB
	MaxOpen int           // open uploads of one account; 1000
	Expiry  time.Duration // after the last byte; 24 h

	SyncBytes    int64         // bytes between two syncs of a running upload; 8 MiB
	SyncInterval time.Duration // time between them, if bytes came; 1 s

	Now  func() time.Time                // time.Now
	Free func(dir string) (int64, error) // bytes free to this process; statfs
}

func (c Config) withDefaults() Config {
	orInt := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&c.MaxSize, 256<<30)
	orInt(&c.Reserve, 512<<20)
	orInt(&c.SyncBytes, 8<<20)
	orTime(&c.Expiry, 24*time.Hour)
	orTime(&c.SyncInterval, time.Second)
	if c.MaxOpen <= 0 {
		c.MaxOpen = 1000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Free == nil {
		c.Free = freeBytes
	}
	return c
}

// Store is the spool. It implements tusd's DataStore with termination,
// deferred length, concatenation and locking.
type Store struct {
	cfg     Config
	records Catalog
	locks   *locks
	log     *slog.Logger
	buffers sync.Pool // *[]byte of copyBuffer bytes
	started time.Time
	failed  atomic.Bool // a sync failed: nothing more is taken until a restart
}

// New opens the spool's folders, making them if they are missing.
func New(cfg Config, records Catalog, log *slog.Logger) (*Store, error) {
	cfg = cfg.withDefaults()
	if cfg.Dir == "" {
		return nil, fmt.Errorf("spool: %w: no folder given", models.ErrInvalid)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Store{cfg: cfg, records: records, log: log, started: time.Now()}
	s.locks = newLocks(s.path, cfg.Now)
	s.buffers.New = func() any { b := make([]byte, copyBuffer); return &b }
	return s, nil
}

// Writable returns nil, or the fault for which uploads are refused: after a
// sync that failed, what the disk holds is known only after a restart.
func (s *Store) Writable() error {
	if s.failed.Load() {
		return errBroken
	}
	return nil
}

// MaxSize is the largest upload taken, in bytes (Tus-Max-Size).
func (s *Store) MaxSize() int64 { return s.cfg.MaxSize }

// Composer returns what tusd's handler is built from.
func (s *Store) Composer() *tusd.StoreComposer {
	c := tusd.NewStoreComposer()
	c.UseCore(s)
	c.UseTerminater(s)
	c.UseLengthDeferrer(s)
	c.UseConcater(s)
	c.UseLocker(s.locks)
	return c
}
