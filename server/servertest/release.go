package servertest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server/client"
	"runnel/transcode/ffmpeg"
)

// Release is what was published, as its publisher holds it.
type Release struct {
	ID    string
	Root  cid.Cid
	Files map[string][sha256.Size]byte // by path
}

// Clip makes a film of a moving picture and a tone; the test is skipped where
// ffmpeg is not installed.
func Clip(t testing.TB, seconds int) string {
	t.Helper()
	runner, err := ffmpeg.New(ffmpeg.Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Skip("this test needs ffmpeg: ", err)
	}
	dir := t.TempDir()
	err = runner.Run(t.Context(), ffmpeg.Command{Tool: ffmpeg.FFmpeg, Dir: dir, Args: []string{
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=320x180:r=24:d=%d", seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=f=440:r=48000:d=%d", seconds),
		"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest", "clip.mp4",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "clip.mp4")
}

// Publish uploads a file and waits until its release is final.
func (n *Node) Publish(path string, visibility models.Visibility) Release {
	n.t.Helper()
	data, err := os.Open(path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = data.Close() }()
	info, err := data.Stat()
	if err != nil {
		n.t.Fatal(err)
	}
	owner, ctx := n.Owner(), n.t.Context()
	upload, err := owner.Create(ctx, info.Size(), map[string]string{"title": "A " + string(visibility) + " clip", "visibility": string(visibility)})
	if err == nil {
		err = owner.Send(ctx, upload, data, info.Size(), func(int64) {})
	}
	var r client.Release
	if err == nil {
		r, err = owner.Follow(ctx, upload.Release, func(client.Release) {})
	}
	if err != nil || r.State != string(models.StateFinal) {
		n.t.Fatalf("publish: %v: %+v", err, r)
	}
	root, err := cid.Decode(r.Manifest)
	if err != nil {
		n.t.Fatal(err)
	}
	return Release{ID: r.ID, Root: root, Files: n.files(root)}
}

// files hashes what the node's own blocks make of a release.
func (n *Node) files(root cid.Cid) map[string][sha256.Size]byte {
	n.t.Helper()
	dir := filepath.Join(n.t.TempDir(), "files")
	if err := blockset.ExportDir(n.t.Context(), n.Folder().Blocks, root, dir); err != nil {
		n.t.Fatal(err)
	}
	out := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir+"/")] = sha256.Sum256(data)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// Pin asks the node to keep a release and returns the pin when it is held or has
// failed.
func (n *Node) Pin(root cid.Cid) client.Pin {
	n.t.Helper()
	owner := n.Owner()
	pin, err := owner.Pin(n.t.Context(), root.String())
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for err == nil && pin.State != string(models.PinHeld) && pin.State != string(models.PinFailed) {
		<-tick.C
		pin, err = owner.PinState(n.t.Context(), root.String())
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return pin
}

// Play fetches every file of a release below base, where a player would, and
// compares it with what was published.
func Play(ctx context.Context, r Release, base string) error {
	for path, want := range r.Files {
		status, data, err := Get(ctx, base+"/ipfs/"+r.Root.String()+"/"+path)
		if err != nil {
			return err
		}
		if status != http.StatusOK || sha256.Sum256(data) != want {
			return fmt.Errorf("%s: status %d, %d bytes", path, status, len(data))
		}
	}
	return nil
}

// Get fetches an address as a stranger would.
func Get(ctx context.Context, url string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}
