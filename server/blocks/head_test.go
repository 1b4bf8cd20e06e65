package blocks

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"runnel/models"
)

func TestHead(t *testing.T) {
	s := open(t, t.TempDir())
	b := someBlocks(1, 300)[0]
	if _, _, err := s.Head(t.Context(), b.CID, 8); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("of none: %v", err)
	}
	mustPut(t, s, b)
	for _, n := range []int{0, 8, 300, 500} {
		head, size, err := s.Head(t.Context(), b.CID, n)
		if err != nil || size != 300 || !bytes.Equal(head, b.Data[:min(n, 300)]) {
			t.Errorf("%d: %d of %d bytes, %v", n, len(head), size, err)
		}
	}
}

// What is damaged goes, what is sound or was healed meanwhile stays.
func TestDiscard(t *testing.T) {
	s := open(t, t.TempDir())
	b := someBlocks(1, 300)[0]
	for _, want := range []bool{false, true, false} {
		mustPut(t, s, b)
		if want {
			rewrite(t, s.pathOf(t, b.CID), func(data []byte) []byte { return data[:5] })
		}
		gone, err := s.Discard(t.Context(), b.CID)
		_, missing := os.Stat(s.pathOf(t, b.CID))
		if err != nil || gone != want || (missing != nil) != want {
			t.Errorf("removed %v, want %v: %v", gone, want, err)
		}
	}
	if err := os.Remove(s.pathOf(t, b.CID)); err != nil {
		t.Fatal(err)
	}
	if gone, err := s.Discard(t.Context(), b.CID); gone || err != nil {
		t.Errorf("of none: %v %v", gone, err)
	}
}
