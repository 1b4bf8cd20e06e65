package members

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

func book(t *testing.T, dir, self string) *Book {
	t.Helper()
	b, err := New(dir, self, func() []string {
		return []string{"/ip4/127.0.0.1/tcp/1/p2p/" + self, "/ip4/10.0.0.1/tcp/1/p2p/" + self}
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func others(t *testing.T, b *Book) []string {
	t.Helper()
	out, err := b.Others()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMembers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "members")
	a, b := book(t, dir, "a"), book(t, dir, "b")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	for len(others(t, b)) == 0 {
		runtime.Gosched()
	}
	if got := others(t, b); !slices.Equal(got, a.tell()) {
		t.Errorf("b sees %v", got)
	}
	if got := others(t, a); len(got) != 0 {
		t.Errorf("a sees itself: %v", got)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := others(t, b); len(got) != 0 {
		t.Errorf("b sees one that left: %v", got)
	}
}

// A server that died is late once the others have written often enough, and an
// address stands for its own file's peer only.
func TestLateAndForged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "members")
	a, b := book(t, dir, "a"), book(t, dir, "b")
	for _, m := range []*Book{a, b} {
		if err := m.say(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "c"), []byte("/ip4/127.0.0.1/tcp/1/p2p/a\nnonsense\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := others(t, a); !slices.Equal(got, b.tell()) {
		t.Errorf("a sees %v", got)
	}
	old := time.Now().Add(-2 * late)
	if err := os.Chtimes(filepath.Join(dir, "b"), old, old); err != nil {
		t.Fatal(err)
	}
	if got := others(t, a); len(got) != 0 {
		t.Errorf("a sees one that died: %v", got)
	}
}
