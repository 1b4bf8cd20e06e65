package ingest

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"
	tusd "github.com/tus/tusd/v2/pkg/handler"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
	"runnel/server/blocks"
	"runnel/transcode"
	"runnel/transcode/ffmpeg"
)

// rig is the pipeline with all its real parts on one data folder.
type rig struct {
	dir     string
	log     *slog.Logger
	catalog *catalog.Catalog
	blocks  *blocks.Store
	spool   *spool.Store
	deps    Deps
	heard   *listener
}

// listener hears what is announced.
type listener struct {
	mu    sync.Mutex
	roots []cid.Cid
}

func (l *listener) Announce(_ context.Context, root cid.Cid) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.roots = append(l.roots, root)
	return nil
}

func (l *listener) all() []cid.Cid {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]cid.Cid(nil), l.roots...)
}

// openRig opens a data folder that holds a catalogue with the account 1.
func openRig(ctx context.Context, dir string, log *slog.Logger) (*rig, error) {
	r := &rig{dir: dir, log: log, heard: &listener{}}
	var err error
	if r.catalog, err = catalog.Open(ctx, catalog.Config{URL: "sqlite:" + filepath.Join(dir, "runnel.db"), Secret: testSecret}, log); err != nil {
		return nil, err
	}
	if r.blocks, err = blocks.Open(filepath.Join(dir, "blocks"), log); err != nil {
		return nil, err
	}
	if r.spool, err = spool.New(spool.Config{Dir: filepath.Join(dir, "uploads"), Reserve: 1}, r.catalog, log); err != nil {
		return nil, err
	}
	runner, err := ffmpeg.New(ffmpeg.Config{}, log)
	if err != nil {
		return nil, err
	}
	coder, err := transcode.New(transcode.Config{Runner: runner}, log)
	if err != nil {
		return nil, err
	}
	r.deps = Deps{Catalog: r.catalog, Blocks: r.blocks, Sources: r.spool, Transcoder: coder, Announcer: r.heard}
	return r, nil
}

func (r *rig) config() Config {
	return Config{Node: "test", Dir: filepath.Join(r.dir, "jobs"), Watch: 100 * time.Millisecond, Sweep: 200 * time.Millisecond,
		Backoff: func(int) time.Duration { return time.Millisecond }}
}

// newRig is openRig for a test, in a new folder.
func newRig(t *testing.T) *rig {
	t.Helper()
	needTools(t)
	var log bytes.Buffer
	var mu sync.Mutex
	fresh, err := freshCatalog()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "runnel.db"), fresh, 0o600))
	r, err := openRig(t.Context(), dir, slog.New(slog.NewTextHandler(&locked{&mu, &log}, nil)))
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = r.catalog.Close()
		_ = r.blocks.Close()
		if mu.Lock(); t.Failed() {
			t.Log(log.String())
		}
		mu.Unlock()
	})
	return r
}

type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// start runs a worker until stop is called or the test ends.
func (r *rig) start(t *testing.T, change func(*Config, *Deps)) (stop func()) {
	t.Helper()
	cfg, deps := r.config(), r.deps
	if change != nil {
		change(&cfg, &deps)
	}
	w, err := New(cfg, deps, r.log)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			require.NoError(t, <-ended)
		})
	}
	t.Cleanup(stop)
	return stop
}

// upload sends a file and returns its release.
func (r *rig) upload(ctx context.Context, path string, meta tusd.MetaData) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	ctx = spool.WithOwner(ctx, spool.Owner{AccountID: 1})
	u, err := r.spool.NewUpload(ctx, tusd.FileInfo{Size: int64(len(data)), MetaData: meta})
	if err != nil {
		return "", err
	}
	if _, err := u.WriteChunk(ctx, 0, bytes.NewReader(data)); err != nil {
		return "", err
	}
	if err := u.FinishUpload(ctx); err != nil {
		return "", err
	}
	info, err := u.GetInfo(ctx)
	if err != nil {
		return "", err
	}
	row, err := r.catalog.Upload(ctx, info.ID)
	return row.ReleaseID, err
}

func (r *rig) mustUpload(t *testing.T, path string) string {
	t.Helper()
	id, err := r.upload(t.Context(), path, tusd.MetaData{"filename": filepath.Base(path)})
	require.NoError(t, err)
	return id
}

// await waits for a state and returns the release.
func (r *rig) await(t *testing.T, id string, reached func(models.Release) bool) models.Release {
	t.Helper()
	var rel models.Release
	require.Eventually(t, func() bool {
		var err error
		rel, err = r.catalog.Release(t.Context(), id)
		return err == nil && reached(rel)
	}, 90*time.Second, 20*time.Millisecond, "release stays as %v", &rel)
	return rel
}

func ended(r models.Release) bool { return r.State.Ended() }

func needTools(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("this test needs " + tool + " in PATH")
		}
	}
}
