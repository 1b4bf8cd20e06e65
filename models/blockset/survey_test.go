package blockset

import (
	"errors"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// TestRootsAreTold: of all blocks of a set one is its root, and the look at the
// first bytes loses it neither.
func TestRootsAreTold(t *testing.T) {
	s, set := written(t)
	folders := 0
	for c, data := range s.blocks {
		root, ok := IsRoot(data)
		if ok != c.Equals(set.Root) || ok && !root.Equals(set.Root) {
			t.Errorf("%s: %v %s", c, ok, root)
		}
		if MayBeRoot(data[:min(len(data), HeadBytes)], int64(len(data))) {
			folders++
		} else if ok {
			t.Error("the root cannot be one by its first bytes")
		}
	}
	if folders == 0 || folders > len(s.blocks)/2 {
		t.Errorf("%d of %d blocks may be roots", folders, len(s.blocks))
	}
	if MayBeRoot(nil, 0) || MayBeRoot(s.blocks[set.Root][:HeadBytes], maxManifest+1) {
		t.Error("neither an empty nor a long block can be a root")
	}
}

// TestSurvey: what is missing or damaged is told, and all else is visited.
func TestSurvey(t *testing.T) {
	s, set := written(t)
	missing, damaged := fileOf(t, set, "v/360p24/init.mp4").CID, fileOf(t, set, "master.m3u8").CID
	delete(s.blocks, missing)
	s.blocks[damaged] = []byte("other bytes")
	seen, lost := map[cid.Cid]int{}, map[cid.Cid]int{}
	visit := func(c cid.Cid, _ int) error { seen[c]++; return nil }
	miss := func(c cid.Cid) { lost[c]++ }
	if err := Survey(t.Context(), s, set.Root, visit, miss); err != nil {
		t.Fatal(err)
	}
	if len(lost) != 2 || lost[missing] != 1 || lost[damaged] != 1 {
		t.Errorf("lost %v", lost)
	}
	for _, c := range set.Blocks {
		if seen[c]+lost[c] != 1 {
			t.Errorf("%s: visited %d times, lost %d", c, seen[c], lost[c])
		}
	}
	if err := Walk(t.Context(), s, set.Root, visit); !errors.Is(err, models.ErrCorrupt) && !errors.Is(err, ErrMissingBlock) {
		t.Errorf("walk: %v", err)
	}
	stop := errors.New("stop")
	if err := Survey(t.Context(), s, set.Root, func(cid.Cid, int) error { return stop }, miss); !errors.Is(err, stop) {
		t.Errorf("a visitor's error: %v", err)
	}
	if err := Survey(t.Context(), s, cid.Undef, visit, miss); !errors.Is(err, ErrShape) {
		t.Errorf("no root: %v", err)
	}
}
