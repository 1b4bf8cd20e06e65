package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

func run(t *testing.T, d *Delivery) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func (v *viewer) shelved(c cid.Cid) bool {
	_, ok := v.upcoming.get(c)
	return ok
}

func play(t *testing.T, v *viewer, n int) Source {
	t.Helper()
	c, err := v.Open(t.Context(), v.set.Root, segment{rendition, n}.path())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(discard{}); err != nil {
		t.Fatal(err)
	}
	return c.Source()
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// After one segment from a peer the next four are fetched, each once, all leaves
// of them, and so on while they are played from memory, up to the end.
func TestFetchesAheadOfAPlayback(t *testing.T) {
	v := newViewer(t, Config{})
	run(t, v.Delivery)
	if from := play(t, v, 0); from != SourcePeer {
		t.Fatalf("the first came from %s", from)
	}
	ahead := func(to int) func() bool {
		return func() bool {
			for n := 1; n <= to; n++ {
				for _, c := range fileOf(t, v.set, segment{rendition, n}.path()).Blocks {
					if c.Prefix().Codec == cid.Raw && !v.shelved(c) {
						return false
					}
				}
			}
			return true
		}
	}
	until(t, "segments 1 to 4", ahead(4))
	if v.holder.count(v.segment(5)) != 0 {
		t.Error("segment 5 was fetched too early")
	}
	for n := 1; n < 12; n++ {
		until(t, fmt.Sprint("segments up to ", n), ahead(min(n, 11)))
		if from := play(t, v, n); from != SourceMemory {
			t.Errorf("segment %d came from %s", n, from)
		}
	}
	for _, f := range v.set.Files {
		if n := v.holder.count(f.CID); n > 1 {
			t.Errorf("%s was fetched %d times", f.Path, n)
		}
	}
}

func TestWhatIsHereIsNotFetchedAhead(t *testing.T) {
	v := newViewer(t, Config{})
	v.holder.store.copyTo(t, v.local)
	run(t, v.Delivery)
	if from := play(t, v, 0); from != SourceLocal {
		t.Fatalf("from %s", from)
	}
	if len(v.ahead.jobs) != 0 {
		t.Error("fetches ahead of a local playback")
	}
	v.Prefetch(v.set.Root, segment{rendition, 0}.path())
	until(t, "the queue", func() bool { return len(v.ahead.jobs) == 0 })
	if v.shelved(v.segment(1)) || len(v.holder.roots) != 0 {
		t.Error("fetched what is here")
	}
}

// The cache declines what nobody has asked for yet; the shelf keeps it.
func TestFetchedAheadThoughTheCacheIsOff(t *testing.T) {
	v := newViewer(t, Config{})
	*v.mem = *newCacheOff()
	run(t, v.Delivery)
	play(t, v, 3)
	until(t, "segment 4", func() bool { return v.shelved(v.segment(4)) })
	if from := play(t, v, 4); from != SourceMemory {
		t.Errorf("from %s", from)
	}
}

func TestNoRunNoHarm(t *testing.T) {
	v := newViewer(t, Config{})
	for range 3 * waitingJobs {
		v.Prefetch(v.set.Root, segment{rendition, 0}.path())
		v.ahead.add(job{root: v.set.Root, block: v.segment(0)})
	}
	v.Prefetch(v.set.Root, "master.m3u8")
	if play(t, v, 0) != SourcePeer {
		t.Error("a full queue stands in the way")
	}
	v.do(t.Context(), job{root: v.set.Root, path: segment{rendition, 99}.path()})
	if err := v.bring(t.Context(), job{root: v.set.Root, path: segment{rendition, 99}.path()}); !errors.Is(err, models.ErrNotFound) {
		t.Error(err)
	}
}

func TestNext(t *testing.T) {
	a := newAhead(4)
	root := cid.MustParse("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy")
	for i, c := range []struct {
		number    int
		fromPeers bool
		want      []int
	}{
		{0, false, nil}, // all local: nothing is remembered
		{-1, true, []int{0, 1, 2, 3}},
		{0, true, []int{4}},
		{1, false, []int{5}}, // fetched ahead, now in memory
		{1, false, nil},      // again
		{3, false, []int{6, 7}},
		{100, true, []int{101, 102, 103, 104}}, // a jump
		{10, false, []int{11, 12, 13, 14}},     // and back
		{11, false, []int{15}},
	} {
		var got []int
		for _, s := range a.next(&playback{segment{rendition, c.number}, root.KeyString()}, c.fromPeers) {
			got = append(got, s.number)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("step %d: %v, want %v", i, got, c.want)
		}
	}
}

func TestSegmentNames(t *testing.T) {
	for path, want := range map[string]segment{
		"v/360p24/init.mp4":                       {"v/360p24", -1},
		"v/360p24/00/00000.m4s":                   {"v/360p24", 0},
		"a/aac-128-2/0-und/00/00255.m4s":          {"a/aac-128-2/0-und", 255},
		"a/aac-128-2/0-und/01/00256.m4s":          {"a/aac-128-2/0-und", 256},
		"v/2160p60/390/100000.m4s":                {"v/2160p60", 100000},
		"v/360p24/index.m3u8":                     {},
		"v/360p24/00/00256.m4s":                   {},
		"v/360p24/0/00000.m4s":                    {},
		"00/00000.m4s":                            {},
		"/00/00000.m4s":                           {},
		"00000.m4s":                               {},
		"v/360p24/00/-0001.m4s":                   {},
		"v/360p24/00/0000000000000000000000.m4s":  {},
		"v/360p24/00/+0001.m4s":                   {},
		"":                                        {},
		"v/360p24/00/00000.m4s/v/360p24/00/.m4s":  {},
		"v/360p24/00/99999999999999999999999.m4s": {},
	} {
		got, ok := parseSegment(path)
		if got != want && ok || ok != (want != segment{}) {
			t.Errorf("%q: %+v %v", path, got, ok)
		}
	}
}

func FuzzSegmentNames(f *testing.F) {
	f.Add("v/360p24/00/00000.m4s")
	f.Add("v/360p24/init.mp4")
	f.Fuzz(func(t *testing.T, path string) {
		if s, ok := parseSegment(path); ok && s.path() != path {
			t.Errorf("%q became %q", path, s.path())
		}
	})
}
