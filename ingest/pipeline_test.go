package ingest

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"
	tusd "github.com/tus/tusd/v2/pkg/handler"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/transcode"
)

// count returns how many blocks are stored.
func (r *rig) count(t *testing.T) int {
	t.Helper()
	n := 0
	for _, err := range r.blocks.Keys(t.Context()) {
		require.NoError(t, err)
		n++
	}
	return n
}

// media returns the CIDs of what a release has at its root: everything that was
// made of the source.
func (r *rig) media(t *testing.T, root cid.Cid) map[string]string {
	t.Helper()
	o, err := blockset.Open(t.Context(), r.blocks, root)
	require.NoError(t, err)
	out := map[string]string{}
	m := o.Manifest()
	for name, c := range m.Tree {
		if strings.Contains(" v a x s t master.m3u8 ", " "+name+" ") {
			out[name] = c
		}
	}
	return out
}

// sameMedia: two releases of one source hold the same files.
func (r *rig) sameMedia(t *testing.T, a, b models.Release) {
	t.Helper()
	sa, err := r.catalog.Segments(t.Context(), a.ID, "")
	require.NoError(t, err)
	sb, err := r.catalog.Segments(t.Context(), b.ID, "")
	require.NoError(t, err)
	require.Equal(t, len(sa), len(sb))
	for i := range sa {
		require.Equal(t, sa[i].File.Path, sb[i].File.Path)
		if sa[i].File.CID != sb[i].File.CID {
			t.Errorf("%s: %s (%d bytes) and %s (%d bytes)", sa[i].File.Path, sa[i].File.CID, sa[i].File.Size, sb[i].File.CID, sb[i].File.Size)
		}
	}
	require.Equal(t, r.media(t, a.Manifest), r.media(t, b.Manifest))
}

// awaitNoFolder: a job's folder goes a moment after its release is final.
func (r *rig) awaitNoFolder(t *testing.T, release string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(r.dir, "jobs", release))
		return os.IsNotExist(err)
	}, 5*time.Second, 5*time.Millisecond)
}

func TestPipeline(t *testing.T) {
	r := newRig(t)
	r.start(t, nil)
	path := clip(t, "My Clip.mp4", 6, "640x360")
	rel := r.await(t, r.mustUpload(t, path), ended)
	require.Equal(t, models.StateFinal, rel.State, "%+v", rel.Failure)
	require.Equal(t, "My Clip", rel.Title)
	require.Equal(t, models.KindVideo, rel.Kind)
	require.InDelta(t, 6, rel.Duration.Seconds(), 0.1)
	require.Equal(t, 360, rel.Height)
	require.EqualValues(t, 1, rel.Fraction)
	require.NotNil(t, rel.Loudness)
	require.Equal(t, transcode.PosterPath, rel.Poster)

	report, err := blockset.Verify(t.Context(), r.blocks, rel.Manifest, nil)
	require.NoError(t, err)
	require.NotZero(t, report)
	r.awaitNoFolder(t, rel.ID)
	require.Eventually(t, func() bool { return len(r.heard.all()) == 1 }, 5*time.Second, 5*time.Millisecond)
	require.Equal(t, rel.Manifest, r.heard.all()[0])
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	src, err := r.catalog.Source(t.Context(), rel.ID)
	require.NoError(t, err)
	require.Equal(t, sha256.Sum256(data), src.SHA256)
	kept, err := r.spool.Source(src.Path)
	require.NoError(t, err)
	require.EqualValues(t, len(data), kept.Size)
	servable, known, err := r.catalog.RootServable(t.Context(), rel.Manifest)
	require.NoError(t, err)
	require.True(t, servable && known)
	renditions, err := r.catalog.Renditions(t.Context(), rel.ID)
	require.NoError(t, err)
	for _, rd := range renditions {
		require.NotZero(t, rd.Bandwidth, rd.ID)
		require.NotZero(t, rd.Segments, rd.ID)
		require.NotEmpty(t, rd.Codec, rd.ID)
		require.NotEmpty(t, rd.Hashes, rd.ID)
	}

	// The same file again: only what names the release is new.
	before := r.count(t)
	again := r.await(t, r.mustUpload(t, path), ended)
	require.Equal(t, models.StateFinal, again.State)
	require.NotEqual(t, rel.Manifest, again.Manifest)
	r.sameMedia(t, rel, again)
	require.LessOrEqual(t, r.count(t)-before, 3, "manifest, signature and root")
}

func TestPrivateIsNotAnnounced(t *testing.T) {
	r := newRig(t)
	r.start(t, nil)
	path := clip(t, "a.mp4", 2, "320x180")
	for _, v := range []models.Visibility{models.Private, models.Unlisted} {
		id, err := r.upload(t.Context(), path, tusd.MetaData{"visibility": string(v), "title": "T"})
		require.NoError(t, err)
		rel := r.await(t, id, ended)
		require.Equal(t, models.StateFinal, rel.State)
		servable, _, err := r.catalog.RootServable(t.Context(), rel.Manifest)
		require.NoError(t, err)
		require.Equal(t, v == models.Unlisted, servable)
	}
	require.Empty(t, r.heard.all())
}

// TestRefusedFiles: the file's own fault ends a job at once, with its code.
func TestRefusedFiles(t *testing.T) {
	r := newRig(t)
	r.start(t, nil)
	secret := filepath.Join(t.TempDir(), "other.ts")
	require.NoError(t, os.WriteFile(secret, []byte("another tenant's file"), 0o600))
	tests := []struct{ name, content, code string }{
		{"empty.mp4", "", "empty_file"},
		{"page.mp4", "<!doctype html><title>hello</title><script>alert(1)</script>", ""},
		{"playlist.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://" + secret + "\n#EXT-X-ENDLIST\n", "playlist_input"},
		{"concat.mp4", "ffconcat version 1.0\nfile other.ts\n", "playlist_input"},
		{"text.mp4", strings.Repeat("just some text\n", 100), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), tt.name)
			require.NoError(t, os.WriteFile(path, []byte(tt.content), 0o600))
			rel := r.await(t, r.mustUpload(t, path), ended)
			require.Equal(t, models.StateFailed, rel.State)
			require.NotNil(t, rel.Failure)
			if tt.code != "" {
				require.Equal(t, tt.code, rel.Failure.Code)
			}
			require.NotEqual(t, internal.Code, rel.Failure.Code)
			require.NotContains(t, rel.Failure.Text, r.dir)
			job, err := r.catalog.Job(t.Context(), rel.ID)
			require.NoError(t, err)
			require.Equal(t, 1, job.Attempt, "not tried again")
			r.awaitNoFolder(t, rel.ID)
		})
	}
	require.Zero(t, r.count(t))
}
