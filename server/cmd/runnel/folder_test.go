package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrderOfAFolder(t *testing.T) {
	want := []track{
		{name: "z.flac", number: 1}, {name: "a.flac", number: 2, disc: 1}, {name: "2 x.flac"}, {name: "10 x.flac"}, {name: "10 x.flac.bak"},
		{name: "02/b.flac", disc: 2, number: 1},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, before)
	require.Equal(t, want, got)
	for text, n := range map[string]int{"3": 3, " 3/12": 3, "": 0, "x": 0, "-1": 0, "99999": 0} {
		require.Equal(t, n, ordinal(text), text)
	}
}

// note makes a short tagged track.
func note(t *testing.T, path string, tags ...string) {
	t.Helper()
	args := []string{"-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=330:sample_rate=44100:duration=1"}
	for _, tag := range tags {
		args = append(args, "-metadata", tag)
	}
	out, err := exec.Command("ffmpeg", append(args, path)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// TestPublishFolder: a folder becomes an album in the order of its tags; what an
// earlier run has published is not published again, and what is no media is left
// out.
func TestPublishFolder(t *testing.T) {
	n := newNode(t, "--gateway-http", "")
	n.start()
	dir := filepath.Join(t.TempDir(), "A folder")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "more"), 0o755))
	note(t, filepath.Join(dir, "a.flac"), "title=Second", "album=Two notes", "artist=Ada", "track=2/2")
	note(t, filepath.Join(dir, "more", "b.flac"), "title=First", "album=Two notes", "artist=Ada", "track=1")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("not media"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".hidden.flac"), []byte("x"), 0o600))
	stopped := exec.Command(binary, "publish", dir, "--json", "--data", n.data)
	stopped.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(filepath.Dir(n.data), "state"))
	pipe, err := stopped.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, stopped.Start())
	line, err := bufio.NewReader(pipe).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, `"title":"First"`)
	require.NoError(t, stopped.Process.Kill())
	_ = stopped.Wait()

	var titles []string
	var album struct {
		ID, Title, Kind string
		Items           int
	}
	for line := range strings.Lines(n.must("publish", dir, "--json")) {
		require.NoError(t, json.Unmarshal([]byte(line), &album))
		titles = append(titles, album.Title)
	}
	require.Equal(t, []string{"Second", "Two notes"}, titles)
	require.Equal(t, []any{"Two notes", "album", 2}, []any{album.Title, album.Kind, album.Items})
	got, err := n.owner().Collection(t.Context(), album.ID)
	require.NoError(t, err)
	require.Equal(t, []any{2, "public"}, []any{got.Items, got.Visibility})
	_, err = n.run("publish", filepath.Join(dir, "nowhere"))
	require.Equal(t, exitUsage, exit(err))
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.Mkdir(empty, 0o755))
	_, err = n.run("publish", empty)
	require.Equal(t, exitFailure, exit(err))
}
