package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exit is a command's exit code.
func exit(err error) int {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return ended.ExitCode()
	}
	return -1
}

// TestRemote: get and verify trust no server. What a lying one sends is refused
// before anything is written under its name.
func TestRemote(t *testing.T) {
	n := newNode(t, "--gateway-http", "")
	n.start()
	var release struct{ Manifest string }
	require.NoError(t, json.Unmarshal([]byte(n.must("publish", clip(t, 2, "320x180"), "--json")), &release))
	dir := t.TempDir()
	good := filepath.Join(dir, "good.car")
	n.must("get", "--server", n.url(), release.Manifest, "-o", good)
	n.must("get", release.Manifest, "-o", filepath.Join(dir, "local.car"))
	car, err := os.ReadFile(good)
	require.NoError(t, err)
	local, err := os.ReadFile(filepath.Join(dir, "local.car"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(car, local), "the same release is the same file")
	n.must("get", "--server", n.url(), release.Manifest, "-o", filepath.Join(dir, "files"))
	require.FileExists(t, filepath.Join(dir, "files", "master.m3u8"))
	require.Contains(t, n.must("verify", "--server", n.url(), release.Manifest), "all as signed by k51")
	require.Contains(t, n.must("peers", "--server", n.url()), "bytes kept")

	flipped := bytes.Clone(car)
	flipped[len(flipped)/2] ^= 1
	for name, row := range map[string]struct {
		send func(http.ResponseWriter)
		code int
	}{
		"a wrong byte": {func(w http.ResponseWriter) { _, _ = w.Write(flipped) }, exitCorrupt},
		"the last one": {func(w http.ResponseWriter) { _, _ = w.Write(append(bytes.Clone(car[:len(car)-1]), car[len(car)-1]^1)) }, exitCorrupt},
		"too little":   {func(w http.ResponseWriter) { _, _ = w.Write(car[:len(car)/3]) }, exitCorrupt},
		"nothing":      {func(http.ResponseWriter) {}, exitCorrupt},
		"no archive":   {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, exitCorrupt},
		"a cut connection": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", strconv.Itoa(len(car)))
			_, _ = w.Write(car[:len(car)/2])
		}, exitFailure},
		"not found": {func(w http.ResponseWriter) { w.WriteHeader(404) }, exitNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/ipfs/"+release.Manifest) {
					row.send(w)
				}
			}))
			defer liar.Close()
			_, err := n.run("verify", "--server", liar.URL, release.Manifest)
			require.Equal(t, row.code, exit(err), "%v", err)
			out := filepath.Join(t.TempDir(), "x.car")
			_, err = n.run("get", "--server", liar.URL, release.Manifest, "-o", out)
			require.Equal(t, row.code, exit(err), "%v", err)
			left, err := os.ReadDir(filepath.Dir(out))
			require.NoError(t, err)
			require.Empty(t, left, "something was left")
		})
	}
	// Another release, whole and signed, is not what was asked for.
	other := strings.Replace(release.Manifest, release.Manifest[20:24], "aaaa", 1)
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(car) }))
	defer liar.Close()
	_, err = n.run("verify", "--server", liar.URL, other)
	require.Equal(t, exitCorrupt, exit(err), "%v", err)
}
