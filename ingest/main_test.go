package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models/blockset"
	"runnel/transcode/ffmpeg"
)

// childEnv names the data folder of a worker that runs in a process of its own.
const childEnv = "RUNNEL_INGEST_TEST_DIR"

// amendEnv has such a process amend a release instead: its id and its new cover.
const amendEnv = "RUNNEL_INGEST_TEST_AMEND"

// TestMain makes this test binary usable as ffmpeg's sandbox helper and as a
// worker that is killed.
func TestMain(m *testing.M) {
	ffmpeg.MaybeSandbox()
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, workChild(dir))
		os.Exit(1)
	}
	code := m.Run()
	filmed.remove()
	os.Exit(code)
}

// workChild works until it is killed.
func workChild(dir string) error {
	ctx := context.Background()
	r, err := openRig(ctx, dir, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	if id, text, ok := strings.Cut(os.Getenv(amendEnv), " "); ok {
		e, err := NewEditor(EditorConfig{Catalog: r.catalog, Blocks: r.blocks, Crash: CrashFromEnv(os.Getenv),
			Source: func(cid.Cid) blockset.Getter { return r.blocks }}, r.log)
		if err == nil {
			_, err = e.Amend(ctx, id, cover(text))
		}
		return err
	}
	cfg := r.config()
	cfg.Crash = CrashFromEnv(os.Getenv)
	w, err := New(cfg, r.deps, r.log)
	if err != nil {
		return err
	}
	fmt.Println("works")
	return w.Run(ctx)
}
