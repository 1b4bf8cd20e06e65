package blocks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ipfs/go-cid"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// Report is what Check found.
type Report struct {
	Blocks   int       // sound ones
	Bytes    int64     // of the sound ones
	Bad      []cid.Cid // files whose bytes are not the block's; CIDv1 raw
	Misnamed []string  // block names in a folder where no read looks for them
	Foreign  []string  // files that are not the store's, by path inside it
}

// Clean reports whether nothing is wrong.
func (r Report) Clean() bool {
	return len(r.Bad) == 0 && len(r.Misnamed) == 0 && len(r.Foreign) == 0
}

// Check hashes every block and lists what does not belong. It changes nothing:
// Put of the right bytes heals a bad block, Delete drops it. What is missing it
// cannot know; whoever knows the roots asks Has. progress, which may be nil,
// hears now and then how many files of how many were hashed, never from two
// goroutines at once. After an error the Report holds what was found until then.
func (s *Store) Check(ctx context.Context, progress func(done, total int)) (Report, error) {
	c := checker{store: s, progress: progress}
	err := c.list(ctx)
	if err == nil {
		err = c.hash(ctx)
	}
	slices.SortFunc(c.report.Bad, func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) })
	if err != nil {
		return c.report, fmt.Errorf("blocks: check: %w", err)
	}
	return c.report, nil
}

type checker struct {
	store    *Store
	progress func(done, total int)
	keys     []key

	mu     sync.Mutex
	done   int
	report Report
}

// list walks the folders and sorts their entries into blocks and others.
func (c *checker) list(ctx context.Context) error {
	top, err := os.ReadDir(c.store.dir)
	if err != nil {
		return err
	}
	for _, e := range top {
		n, ok := parseShard(e.Name())
		switch {
		case ok && e.IsDir():
			err = c.listShard(ctx, n)
		case e.Name() != tempDir:
			c.report.Foreign = append(c.report.Foreign, e.Name())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) listShard(ctx context.Context, n int) error {
	entries, err := os.ReadDir(c.store.shardDir(n))
	if err != nil {
		return err
	}
	for _, e := range entries {
		k, ok := parseName(e.Name())
		at := path.Join(shardName(n), e.Name())
		switch {
		case !ok:
			c.report.Foreign = append(c.report.Foreign, at)
		case k.shard() != n:
			c.report.Misnamed = append(c.report.Misnamed, at)
		default:
			c.keys = append(c.keys, k)
		}
	}
	return ctx.Err()
}

func (c *checker) hash(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, k := range c.keys {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			data, err := c.store.read(k)
			return c.note(k, len(data), err)
		})
	}
	return g.Wait()
}

// note records one file's result. A block deleted meanwhile is none.
func (c *checker) note(k key, size int, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	switch {
	case err == nil:
		c.report.Blocks++
		c.report.Bytes += int64(size)
	case errors.Is(err, models.ErrCorrupt):
		c.report.Bad = append(c.report.Bad, k.cid())
	case !errors.Is(err, models.ErrNotFound):
		return err
	}
	if c.progress != nil && (c.done%64 == 0 || c.done == len(c.keys)) {
		c.progress(c.done, len(c.keys))
	}
	return nil
}

func parseShard(name string) (int, bool) {
	if len(name) != shardChars || strings.Trim(name, alphabet) != "" {
		return 0, false
	}
	return digit(name[0])<<5 | digit(name[1]), true
}
