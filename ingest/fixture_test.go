package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog"
)

// freshCatalog returns the file of a catalogue with the account 1. Its
// migrations run once for all tests: with the race detector they take a second.
var freshCatalog = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "catalog")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, file := context.Background(), filepath.Join(dir, "runnel.db")
	c, err := catalog.Open(ctx, catalog.Config{URL: "sqlite:" + file, Secret: testSecret}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if _, _, _, err = c.CreateAccount(ctx, "ann", models.RoleCreator, ""); err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

var testSecret = [32]byte{1}

// films are the clips that were made, in a folder that TestMain removes: each is
// encoded once for all tests.
type films struct {
	mu   sync.Mutex
	dir  string
	made map[string]string
}

var filmed films

// remove removes what was made.
func (f *films) remove() { _ = os.RemoveAll(f.dir) }

// get returns the file of a clip.
func (f *films) get(seconds int, size string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := fmt.Sprintf("%s-%d.mp4", size, seconds)
	if path, ok := f.made[key]; ok {
		return path, nil
	}
	if f.dir == "" {
		dir, err := os.MkdirTemp("", "films")
		if err != nil {
			return "", err
		}
		f.dir, f.made = dir, map[string]string{}
	}
	path := filepath.Join(f.dir, key)
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-y",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%s:r=24:d=%d", size, seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=f=440:r=48000:d=%d", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest", "file:"+path).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	f.made[key] = path
	return path, nil
}

// clip is a film of a moving picture and a tone, under a name of its own.
func clip(t testing.TB, name string, seconds int, size string) string {
	t.Helper()
	needTools(t)
	made, err := filmed.get(seconds, size)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Link(made, path))
	return path
}
