package corpus

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Recipe makes a file at a path.
type Recipe func(ctx context.Context, w *Workshop, path string) error

// Lures are what a file may name and no one may follow.
type Lures struct {
	Secret string // a text file
	Film   string // another tenant's film
	Addr   string // host:port of a listener
}

// Workshop makes files in a folder of its caller's. It is safe for concurrent
// use.
type Workshop struct {
	dir   string
	lures Lures

	mu     sync.Mutex
	stocks map[string]*stock
}

// stock is a file that many recipes begin with, made once.
type stock struct {
	once sync.Once
	data []byte
	err  error
}

// NewWorkshop returns a workshop that works in dir.
func NewWorkshop(dir string, lures Lures) *Workshop {
	return &Workshop{dir: dir, lures: lures, stocks: map[string]*stock{}}
}

// Make makes a file and returns its path, which ends in no extension.
func (w *Workshop) Make(ctx context.Context, f File) (string, error) {
	path := filepath.Join(w.dir, f.Name)
	if err := f.Make(ctx, w, path); err != nil {
		return "", fmt.Errorf("corpus: %s: %w", f.Name, err)
	}
	return path, nil
}

// fill puts the lures into a text.
func (w *Workshop) fill(text string) string {
	return strings.NewReplacer("{SECRET}", w.lures.Secret, "{FILM}", w.lures.Film, "{NET}", w.lures.Addr).Replace(text)
}

// data returns what a recipe makes.
func (w *Workshop) data(ctx context.Context, name string, make Recipe) ([]byte, error) {
	w.mu.Lock()
	s := w.stocks[name]
	if s == nil {
		s = &stock{}
		w.stocks[name] = s
	}
	w.mu.Unlock()
	s.once.Do(func() {
		path := filepath.Join(w.dir, "stock-"+name)
		if s.err = make(ctx, w, path); s.err == nil {
			s.data, s.err = os.ReadFile(path)
		}
	})
	return s.data, s.err
}

// ff is a file of a muxer that ffmpeg makes. The lures are put into arguments.
func ff(format string, args ...[]string) Recipe {
	return func(ctx context.Context, w *Workshop, path string) error {
		all := []string{"-nostdin", "-v", "error", "-y"}
		for _, a := range args {
			for _, s := range a {
				all = append(all, w.fill(s))
			}
		}
		all = append(all, "-f", format, "file:"+path)
		cmd := exec.CommandContext(ctx, "ffmpeg", all...)
		cmd.Dir = w.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("ffmpeg %q: %w: %.1000s", all, err, out)
		}
		return nil
	}
}

// raw is a file made here.
func raw(data func() []byte) Recipe {
	return func(_ context.Context, _ *Workshop, path string) error { return os.WriteFile(path, data(), 0o600) }
}

// text is a text file; {SECRET}, {FILM} and {NET} in it are lures.
func text(s string) Recipe {
	return func(_ context.Context, w *Workshop, path string) error {
		return os.WriteFile(path, []byte(w.fill(s)), 0o600)
	}
}

// sparse is a file of size bytes that begins with head and has no more on disk.
func sparse(head []byte, size int64) Recipe {
	return func(_ context.Context, _ *Workshop, path string) error {
		if err := os.WriteFile(path, head, 0o600); err != nil {
			return err
		}
		return os.Truncate(path, size)
	}
}
