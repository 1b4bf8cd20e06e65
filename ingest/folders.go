package ingest

import (
	"context"
	"errors"
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
// be used: another profile or encoder would give other bytes.
func (w *Worker) openFolder(release string, p transcode.Plan) (dir string, reuse bool, err error) {
	dir = w.folder(release)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return dir, false, err
	}
	now := p.Profile + "\n" + p.Encoder + "\n"
	before, err := os.ReadFile(filepath.Join(dir, madeBy))
	if err == nil && string(before) == now {
		return dir, true, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return dir, false, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return dir, false, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return dir, false, err
	}
	return dir, false, os.WriteFile(filepath.Join(dir, madeBy), []byte(now), 0o600)
}
