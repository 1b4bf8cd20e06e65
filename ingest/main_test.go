package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"runnel/transcode/ffmpeg"
)

// childEnv names the data folder of a worker that runs in a process of its own.
const childEnv = "RUNNEL_INGEST_TEST_DIR"

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
	cfg := r.config()
	cfg.Crash = CrashFromEnv(os.Getenv)
	w, err := New(cfg, r.deps, r.log)
	if err != nil {
		return err
	}
	fmt.Println("works")
	return w.Run(ctx)
}
