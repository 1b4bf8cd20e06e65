package ingest

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"
	tusd "github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/transcode"
	"runnel/transcode/captions"
	"runnel/transcode/hls"
)

// freshOnes notes the blocks that were not there.
type freshOnes struct {
	*rig
	mu    sync.Mutex
	fresh map[cid.Cid]int
}

func (f *freshOnes) Put(ctx context.Context, bs ...models.Block) error {
	for _, b := range bs {
		if has, err := f.blocks.Has(ctx, b.CID); err == nil && !has {
			f.mu.Lock()
			f.fresh[b.CID] = len(b.Data)
			f.mu.Unlock()
		}
	}
	return f.blocks.Put(ctx, bs...)
}

func (r *rig) editor(t testing.TB, blocks blockset.Putter) *Editor {
	t.Helper()
	e, err := NewEditor(EditorConfig{Catalog: r.catalog, Blocks: blocks, Announcer: r.heard,
		Source: func(cid.Cid) blockset.Getter { return r.blocks }, Crash: CrashFromEnv(os.Getenv)}, r.log)
	require.NoError(t, err)
	return e
}

func (r *rig) verified(t *testing.T, rel models.Release) blockset.Manifest {
	t.Helper()
	report, err := blockset.Verify(t.Context(), r.blocks, rel.Manifest, nil)
	require.NoError(t, err)
	require.Equal(t, []any{rel.ID, rel.Rev}, []any{report.Manifest.ID, report.Manifest.Rev})
	findings, err := r.catalog.Dangling(t.Context())
	require.NoError(t, err)
	require.Empty(t, findings)
	return report.Manifest
}

func cover(text string) Change {
	return Change{Put: map[string][]byte{transcode.CoverPath: []byte(text)}, Poster: transcode.CoverPath}
}

// TestAmendAndReplace: files beside the media change under the same address, then
// the media do.
func TestAmendAndReplace(t *testing.T) {
	r, ctx := newRig(t), t.Context()
	stop := r.start(t, func(_ *Config, d *Deps) { d.Source = func(cid.Cid) blockset.Getter { return r.blocks } })
	first := r.await(t, r.mustUpload(t, clip(t, "clip.mp4", 3, "320x180")), ended)
	require.Equal(t, models.StateFinal, first.State)

	fresh := &freshOnes{rig: r, fresh: map[cid.Cid]int{}}
	edit := r.editor(t, fresh)
	title := "Another title"
	_, err := r.catalog.UpdateRelease(ctx, first.ID, catalog.Patch{Title: &title})
	require.NoError(t, err)
	second, err := edit.Amend(ctx, first.ID, cover("a cover"))
	require.NoError(t, err)
	m := r.verified(t, second)
	require.Equal(t, []any{2, first.Manifest.String(), title, transcode.CoverPath}, []any{m.Rev, m.Supersedes, m.Title, m.Poster})
	for _, folder := range []string{"v", "a"} {
		require.Equal(t, r.media(t, first.Manifest)[folder], r.media(t, second.Manifest)[folder])
	}
	require.Len(t, fresh.fresh, 5, "cover, folder x, manifest, signature, root: %v", fresh.fresh)
	require.Equal(t, []cid.Cid{first.Manifest, first.Manifest, second.Manifest}, r.heard.all(), "the first is told of no more")
	same, err := edit.Amend(ctx, first.ID, cover("a cover"))
	require.NoError(t, err)
	require.Equal(t, second.Manifest, same.Manifest, "what changes nothing makes no revision")
	for _, bad := range []string{"v/360p24/init.mp4", "manifest.json", "h/x.bin", "../x", "x/../v"} {
		_, err = edit.Amend(ctx, first.ID, Change{Put: map[string][]byte{bad: nil}})
		require.ErrorIs(t, err, models.ErrInvalid, bad)
	}
	var g errgroup.Group
	for _, name := range []string{"x/a.json", "x/b.json", "x/c.json"} {
		g.Go(func() error {
			_, err := edit.Amend(ctx, first.ID, Change{Put: map[string][]byte{name: []byte("{}")}})
			return err
		})
	}
	require.NoError(t, g.Wait())
	rel, err := r.catalog.Release(ctx, first.ID)
	require.NoError(t, err)
	m = r.verified(t, rel)
	require.Equal(t, 5, rel.Rev, "changes at once all stand")
	require.Contains(t, m.Files, "x/a.json")
	require.Contains(t, m.Files, "x/c.json")
	rel, err = edit.Amend(ctx, first.ID, Change{Drop: []string{"x/a.json", "x/gone"}, Master: func(old []byte) ([]byte, error) {
		return append(old, "# seen\n"...), nil
	}})
	require.NoError(t, err)
	require.NotContains(t, r.verified(t, rel).Files, "x/a.json")

	words := Change{Put: map[string][]byte{}}
	words.Master = func(old []byte) ([]byte, error) {
		_, files, err := captions.Add(old, captions.Upload{Data: []byte("1\n00:00:01,000 --> 00:00:01,500\nA word\n"), Language: "en"}, first.Duration)
		maps.Copy(words.Put, files)
		delete(words.Put, hls.MasterPath)
		return files[hls.MasterPath], err
	}
	rel, err = edit.Amend(ctx, first.ID, words)
	require.NoError(t, err)

	draft, err := r.upload(ctx, clip(t, "new.mp4", 2, "320x180"), tusd.MetaData{"replaces": first.ID})
	require.NoError(t, err)
	last := r.await(t, first.ID, func(rel models.Release) bool { return rel.Rev == 8 })
	require.Contains(t, r.verified(t, last).Files, "t/0-en/0.vtt", "captions stay")
	m = r.verified(t, last)
	require.Equal(t, []any{rel.Manifest.String(), title, transcode.CoverPath}, []any{m.Supersedes, m.Title, m.Poster}, "it keeps its title and its cover")
	require.Less(t, last.Duration, first.Duration)
	_, err = r.catalog.Release(ctx, draft)
	require.ErrorIs(t, err, models.ErrNotFound)
	list, err := r.catalog.Revisions(ctx, first.ID)
	require.NoError(t, err)
	require.Len(t, list, 8)
	for _, old := range list {
		_, err := blockset.Verify(ctx, r.blocks, old.Root, nil)
		require.NoError(t, err)
		ok, _, err := r.catalog.RootServable(ctx, old.Root)
		require.NoError(t, err)
		require.True(t, ok)
	}
	stop()
}

// TestAmendCrashPoints: killed at each point, a release is the one revision or
// the next, and the change can be made again.
func TestAmendCrashPoints(t *testing.T) {
	path := clip(t, "clip.mp4", 2, "320x180")
	r := newRig(t)
	stop := r.start(t, nil)
	rel := r.await(t, r.mustUpload(t, path), ended)
	stop()
	for i, point := range []string{BeforeManifest, BeforeCommit, AfterCommit} {
		text := strings.Repeat("x", i+1)
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childEnv+"="+r.dir, amendEnv+"="+rel.ID+" "+text, "RUNNEL_CRASH_AT="+point)
		out, err := cmd.CombinedOutput()
		require.ErrorContains(t, err, "signal: killed", "%s: %s", point, out)
		now, err := r.catalog.Release(t.Context(), rel.ID)
		require.NoError(t, err)
		want := rel.Rev
		if point == AfterCommit {
			want++
		}
		require.Equal(t, want, now.Rev, point)
		r.verified(t, now)
		rel, err = r.editor(t, r.blocks).Amend(t.Context(), rel.ID, cover(text))
		require.NoError(t, err)
		r.verified(t, rel)
		require.Equal(t, want, now.Rev)
	}
}

// TestReplaceCrashPoints: killed at each point, the release plays its old media
// until the new ones are final, which they become without a hand.
func TestReplaceCrashPoints(t *testing.T) {
	path := clip(t, "clip.mp4", 2, "320x180")
	r := newRig(t)
	stop := r.start(t, nil)
	rel := r.await(t, r.mustUpload(t, path), ended)
	stop()
	for _, point := range []string{BeforeCommit, AfterCommit} {
		draft, err := r.upload(t.Context(), path, tusd.MetaData{"filename": filepath.Base(path), "replaces": rel.ID})
		require.NoError(t, err)
		require.ErrorContains(t, r.worker(t, point).Wait(), "signal: killed")
		now, err := r.catalog.Release(t.Context(), rel.ID)
		require.NoError(t, err)
		r.verified(t, now)
		if point == BeforeCommit {
			require.Equal(t, rel.Manifest, now.Manifest, point)
		}
		stop := r.start(t, nil)
		rel = r.await(t, rel.ID, func(next models.Release) bool { return next.Rev == rel.Rev+1 })
		r.awaitNoFolder(t, draft)
		stop()
		r.verified(t, rel)
	}
}
