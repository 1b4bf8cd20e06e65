package blocks_test

import (
	"log/slog"
	"testing"

	"runnel/server/blocks"
	"runnel/server/blocks/blockstest"
)

func TestConformance(t *testing.T) {
	blockstest.Run(t, func(t *testing.T) blockstest.Store { return openStore(t, t.TempDir()) })
}

func openStore(t *testing.T, dir string) *blocks.Store {
	t.Helper()
	s, err := blocks.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
