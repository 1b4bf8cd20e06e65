package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"runnel/models"
	"runnel/transcode"
)

// folder is where a job works. It outlives the process: what was measured of
// finished parts lies there.
func (w *Worker) folder(release string) string { return filepath.Join(w.cfg.Dir, release) }

// sweepFolders removes the folders of jobs that nobody will work on again.
func (w *Worker) sweepFolders(ctx context.Context) error {
	entries, err := os.ReadDir(w.cfg.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if models.ValidTID(e.Name()) && w.ended(ctx, e.Name()) {
			w.removeFolder(e.Name())
		}
	}
	return nil
}

// madeBy names the file in a job's folder that says what encoded its parts.
const madeBy = "made-by"

// openFolder makes a job's folder and reports whether parts that are done can
// be used. Another profile or encoder would give other bytes: what it made is
// forgotten before the folder says whose it is now, so that no later attempt
// takes the one for the other.
func (w *Worker) openFolder(ctx context.Context, job models.Job, p transcode.Plan) (dir string, reuse bool, err error) {
	dir = w.folder(job.ReleaseID)
	now := p.Profile + "\n" + p.Encoder + "\n"
	before, err := os.ReadFile(filepath.Join(dir, madeBy))
	if err == nil && string(before) == now {
		return dir, true, nil
	}
	known := err == nil
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return dir, false, fmt.Errorf("ingest: job folder: %w", err)
	}
	// Where nothing tells who made them, the segments stay for who is watching:
	// most likely they will be made again as they are.
	if err := w.deps.Catalog.StartOver(ctx, job, known); err != nil {
		return dir, false, lost(err, "start over")
	}
	if err := fresh(dir, now); err != nil {
		return dir, false, fmt.Errorf("ingest: job folder: %w", err)
	}
	return dir, false, nil
}

// fresh makes an empty folder that says what will encode its parts.
func fresh(dir, made string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, madeBy), []byte(made), 0o600)
}

// spoil makes the next attempt begin anew.
func spoil(dir string) error {
	return os.WriteFile(filepath.Join(dir, madeBy), []byte("several encoders\n"), 0o600)
}
