package blockset

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"runnel/models"
)

// A set is written again from what its own root tells, without its media.
func TestFilesOfASet(t *testing.T) {
	s := newStore()
	rel := sample(t, s)
	set, err := Write(t.Context(), s, testKey(t, 1), rel)
	if err != nil {
		t.Fatal(err)
	}
	bare := s.clone()
	for _, f := range rel.Files {
		if isMedia(f.Path) && !strings.HasSuffix(f.Path, ".m3u8") && len(f.Blocks) == 1 {
			delete(bare.blocks, f.CID)
		}
	}
	o, err := Open(t.Context(), bare, set.Root)
	if err != nil {
		t.Fatal(err)
	}
	files, err := o.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rel.Files, func(a, b models.File) int { return strings.Compare(a.Path, b.Path) })
	for i := range rel.Files {
		if !reflect.DeepEqual(rel.Files[i], files[i]) {
			t.Fatalf("%+v\nnot %+v", files[i], rel.Files[i])
		}
	}
	if len(files) != len(rel.Files) {
		t.Errorf("%d files, not %d", len(files), len(rel.Files))
	}

	next := o.Amended()
	next.Rev++
	next.Files = append(without(files, "x/poster.jpg"), addBytes(t, s, "x/poster.jpg", []byte("a better one")))
	put := &counted{store: s}
	again, err := Write(t.Context(), put, testKey(t, 1), next)
	if err != nil {
		t.Fatal(err)
	}
	if len(put.fresh) != 4 { // manifest and signature, the folder x, the root
		t.Errorf("%d blocks were new: %v", len(put.fresh), put.fresh)
	}
	if again.Manifest.Supersedes != set.Root.String() || again.Manifest.Rev != 3 || again.Manifest.Tree["v"] != set.Manifest.Tree["v"] {
		t.Errorf("%+v", again.Manifest)
	}
	if _, err := Verify(t.Context(), s, again.Root, nil); err != nil {
		t.Error(err)
	}
}

func without(files []models.File, path string) []models.File {
	return slices.DeleteFunc(slices.Clone(files), func(f models.File) bool { return f.Path == path })
}
