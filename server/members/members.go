// Package members knows which servers act as one: those that share a folder. Each
// keeps a file there, named by its peer id, with its addresses, and writes it anew
// while it runs. Who can write into the folder holds the servers' secret, so what
// stands there may be trusted.
package members

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	beat = 3 * time.Second
	// late is how old a file is whose server counts as gone, by the clock of the
	// file system: those of two machines differ.
	late = 10 * beat
	// most bounds what is read of one file, in bytes.
	most = 16 << 10
)

// Book is one server's view of the members.
type Book struct {
	dir  string
	self string
	tell func() []string
	log  *slog.Logger
}

// New returns the book in dir, which is made if it is missing. Self is this
// server's peer id; tell returns its addresses as multiaddrs with /p2p/…
func New(dir, self string, tell func() []string, log *slog.Logger) (*Book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return &Book{dir: dir, self: self, tell: tell, log: log}, nil
}

// Run says until ctx ends that this server is here, and then that it is not.
func (b *Book) Run(ctx context.Context) error {
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		if err := b.say(); err != nil {
			b.log.Warn("members: not told", "err", err)
		}
		select {
		case <-ctx.Done():
			_ = os.Remove(b.path(b.self)) // who stays away is late soon
			return nil
		case <-t.C:
		}
	}
}

func (b *Book) path(name string) string { return filepath.Join(b.dir, name) }

// say replaces the server's file, so that nobody reads half of it.
func (b *Book) say() error {
	temp := b.path("." + b.self)
	if err := os.WriteFile(temp, []byte(strings.Join(b.tell(), "\n")), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, b.path(b.self))
}

// Others returns the addresses of the other members that are here.
func (b *Book) Others() ([]string, error) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	newest := b.newest(entries)
	var out []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !listed(e) || e.Name() == b.self || info.Size() > most || newest.Sub(info.ModTime()) > late {
			continue
		}
		data, err := os.ReadFile(b.path(e.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("members: %w", err)
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); strings.HasSuffix(line, "/p2p/"+e.Name()) {
				out = append(out, line)
			}
		}
	}
	return out, nil
}

// newest is the present time of the file system: when a member last wrote.
func (b *Book) newest(entries []fs.DirEntry) (at time.Time) {
	for _, e := range entries {
		if info, err := e.Info(); err == nil && listed(e) && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}

func listed(e fs.DirEntry) bool { return e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") }
