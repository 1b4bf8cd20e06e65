package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog/pgtest"
	"runnel/server"
	"runnel/transcode/ffmpeg"
)

// ask sends one request as the node's owner and returns the answer.
func (n *Node) ask(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, n.URL()+path, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+n.token)
	if body != "" && body[0] == '{' {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Less(t, res.StatusCode, 300, "%s %s: %s", method, path, data)
	var out map[string]any
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

// told is what a node tells of a release and its revisions, but for what no block
// says: whose it is here, who may see it, and when that was decided.
func (n *Node) told(t *testing.T, id string) map[string]any {
	t.Helper()
	r := n.ask(t, http.MethodGet, "/api/v1/releases/"+id, "")
	for _, key := range []string{"visibility", "standing", "mine", "finalAt", "createdAt", "masterUrl", "posterUrl", "watchUrl"} {
		delete(r, key)
	}
	var revisions []any
	for _, item := range n.ask(t, http.MethodGet, "/api/v1/releases/"+id+"/revisions", "")["items"].([]any) {
		v := item.(map[string]any)
		revisions = append(revisions, map[string]any{"rev": v["rev"], "manifest": v["manifest"], "bytes": v["bytes"], "durationSeconds": v["durationSeconds"]})
	}
	r["revisions"] = revisions
	return r
}

// song makes a track that says what it is.
func song(t *testing.T) string {
	t.Helper()
	runner, err := ffmpeg.New(ffmpeg.Config{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, runner.Run(t.Context(), ffmpeg.Command{Tool: ffmpeg.FFmpeg, Dir: dir, Args: []string{
		"-f", "lavfi", "-i", "sine=f=330:r=44100:d=3", "-metadata", "artist=Élan", "-metadata", "album=Rivers", "-metadata", "track=3/9", "song.flac",
	}}))
	return filepath.Join(dir, "song.flac")
}

// TestRebuild publishes works of every kind and visibility, loses the database,
// and gets back from the blocks what was told of each before: to nobody but
// moderators, until one approves it.
func TestRebuild(t *testing.T) {
	t.Parallel()
	n := Cluster(t, 1)[0]
	film := Clip(t, 3)
	made := []Release{n.Publish(film, models.Public), n.Publish(song(t), models.Unlisted), n.Publish(film, models.Private), n.Publish(film, models.Public)}
	for _, text := range []string{"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "WEBVTT\n\n00:00.000 --> 00:02.000\nBonjour\n"} {
		n.ask(t, http.MethodPost, "/api/v1/releases/"+made[0].ID+"/captions?language=fr&label=F", text)
	}
	before := map[string]map[string]any{}
	for _, r := range made {
		before[r.ID] = n.told(t, r.ID)
	}
	require.NoError(t, n.Folder().Catalog.SetStanding(t.Context(), made[3].ID, models.StandingTakenDown, "a court said so", 0, -1))
	n.Kill()
	for _, name := range []string{"runnel.db", "runnel.db-wal", "runnel.db-shm", "secret"} {
		require.NoError(t, os.RemoveAll(filepath.Join(n.cfg.Data, name)))
	}

	at := n.cfg.Where()
	moved := at
	moved.Database = pgtest.New(t).Database(t, "rebuilt")
	for _, at := range []server.Where{at, moved} {
		sources := 0
		for _, want := range []int{len(made), 0} { // the second time there is nothing to do
			out := rebuild(t, at)
			sources += out.Sources
			require.Len(t, out.Put, want)
			require.Equal(t, len(made)-want, out.Here)
			require.Empty(t, out.Findings)
		}
		require.Equal(t, len(made), sources, "originals that lie in the folder")
	}

	n.token = ""
	n.Start()
	_, list, err := Get(t.Context(), n.URL()+"/api/v1/releases")
	require.NoError(t, err)
	equal := 0
	for _, r := range made {
		require.NotContains(t, string(list), r.ID)
		_, err := n.Visitor().Release(t.Context(), r.ID)
		require.ErrorIs(t, err, models.ErrNotFound)
		require.Error(t, Play(t.Context(), r, n.URL()), "it goes out, and nobody said so")
		require.Equal(t, before[r.ID], n.told(t, r.ID))
		equal++
	}
	t.Logf("%d of %d releases tell after the rebuild what they told before", equal, len(made))

	shown := made[0]
	n.ask(t, http.MethodPost, "/api/v1/moderation/decisions", `{"action":"restore","release":"`+shown.ID+`"}`)
	root, err := cid.Decode(before[shown.ID]["manifest"].(string))
	require.NoError(t, err)
	latest := Release{ID: shown.ID, Root: root, Files: n.files(root)}
	require.NoError(t, Play(t.Context(), latest, n.URL()))
	require.NoError(t, Play(t.Context(), shown, n.URL()), "an earlier revision goes out with its release")
	for _, r := range made[1:] {
		require.Error(t, Play(t.Context(), r, n.URL()))
	}
	found, err := n.Folder().Check(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, found.Findings)
	require.Equal(t, len(made)+2, found.Roots)
	swept, err := n.Folder().Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, swept.Blocks, "blocks of what came back are no garbage")
}

// rebuild is cut off halfway and then run to its end.
func rebuild(t *testing.T, at server.Where) server.Rebuilt {
	t.Helper()
	folder, err := server.MakeFolderForBlocks(t.Context(), at)
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	if named, err := folder.Catalog.NamedAny(t.Context()); err != nil || !named {
		_, err := folder.Collect(t.Context(), 0)
		require.ErrorIs(t, err, models.ErrUnavailable, "a collection would take everything")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, err := folder.Rebuild(ctx, false, func(what string, done, total int64) {
		if what == "Verifying" && done > total/2 {
			cancel()
		}
	})
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	out, err := folder.Rebuild(t.Context(), false, nil)
	require.NoError(t, err)
	require.GreaterOrEqual(t, out.Here, len(first.Put), "what was put back before the cut stayed")
	out.Put, out.Here, out.Sources = append(first.Put, out.Put...), out.Here-len(first.Put), out.Sources+first.Sources
	return out
}
