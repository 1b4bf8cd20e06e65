package server

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"runnel/models"
)

func TestWhere(t *testing.T) {
	for name, test := range map[string]struct {
		at, want Where
		fault    bool
	}{
		"alone":          {at: Where{Data: "/d", Database: "sqlite"}, want: Where{"/d", "/d", "/d/blocks", "sqlite:/d/runnel.db"}},
		"with itself":    {at: Where{Data: "/d", Shared: "/d/", Database: "sqlite"}, want: Where{"/d", "/d", "/d/blocks", "sqlite:/d/runnel.db"}},
		"together":       {at: Where{Data: "/d", Shared: "/s", Database: "postgres://h/n"}, want: Where{"/d", "/s", "/s/blocks", "postgres://h/n"}},
		"own blocks":     {at: Where{Data: "/d", Shared: "/s", Blocks: "/b", Database: "postgres://h/n"}, want: Where{"/d", "/s", "/b", "postgres://h/n"}},
		"two catalogues": {at: Where{Data: "/d", Shared: "/s", Database: "sqlite"}, fault: true},
	} {
		got, err := test.at.resolved()
		if test.fault != errors.Is(err, models.ErrInvalid) || !test.fault && got != test.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestOneSecret has many servers start at once on a new folder.
func TestOneSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), secretName)
	var got [32][32]byte
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], err = loadSecret(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range got {
		if got[i] != got[0] || got[i] == [32]byte{} {
			t.Fatalf("server %d has another secret", i)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".new-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}
