package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"runnel/models"
	"runnel/server/client"
)

var kills = flag.Int("kills", 20, "how many times the node is killed at a random moment")

// TestKilledAtRandom kills the node at random moments between an upload's start
// and its release being final. Every acknowledged byte must be there, every
// release must become final after a restart and without a hand, nothing may be
// left lying about, and check must find nothing.
func TestKilledAtRandom(t *testing.T) {
	path := clip(t, 8, "640x360")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t)
	n.start()
	token := n.must("token", "create", "owner")
	token = strings.TrimSpace(token[strings.LastIndexByte(strings.TrimSpace(token), '\n')+1:])

	begun := time.Now()
	first := &upload{n: n, token: token, data: data}
	first.whole(t.Context())
	usual := time.Since(begun)
	t.Logf("%d bytes, final after %s when nothing happens", len(data), usual.Round(time.Millisecond))

	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for round := range *kills {
		after := time.Duration(random.Int64N(int64(usual)))
		u := &upload{n: n, token: token, data: data}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		done := make(chan error, 1)
		go func() { done <- u.whole(ctx) }()
		timer := time.NewTimer(after)
		<-timer.C
		n.kill()
		acked := u.acked.Load()
		n.start()
		err := <-done
		cancel()
		if err != nil {
			t.Fatalf("round %d, killed after %s with %d bytes acknowledged: %v", round, after, acked, err)
		}
	}
	n.must("check")
	n.until(20*time.Second, "tidy", func() bool {
		return len(n.files("jobs")) == 0 && len(n.files("blocks/tmp")) <= 1 && len(n.files("uploads")) == *kills+1
	})
	n.kill()
	n.must("check")
}

// files lists the files below a folder of the data folder. Of uploads one is
// left for each release, its source; of blocks/tmp the running process's lock.
func (n *node) files(dir string) (found []string) {
	_ = filepath.WalkDir(filepath.Join(n.data, dir), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return nil
	})
	return found
}

// upload sends data in small pieces, so that many moments lie between two
// acknowledgements, and holds the node to what it acknowledged.
type upload struct {
	n          *node
	token      string
	data       []byte
	url        string
	id         string
	acked      atomic.Int64
	pace       <-chan struct{} // until it is closed the upload takes its time; nil: it does not
	visibility string
}

// next is how many bytes the next PATCH carries.
func (u *upload) next(ctx context.Context) (int64, error) {
	if u.pace == nil {
		return piece, nil
	}
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-u.pace:
		return piece, nil
	case <-timer.C:
		return 512, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// piece is how many bytes one PATCH carries.
const piece = 128 << 10

// whole uploads and waits until the release is final, through any number of
// restarts of the node.
func (u *upload) whole(ctx context.Context) error {
	if err := u.again(ctx, u.create); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	return u.rest(ctx)
}

// rest sends what is missing and waits until the release is final.
func (u *upload) rest(ctx context.Context) error {
	if err := u.again(ctx, u.send); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	var release client.Release
	err := u.again(ctx, func(ctx context.Context) (err error) {
		release, err = client.New(u.n.url(), u.token).Follow(ctx, u.id, func(client.Release) {})
		return err
	})
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if release.State != string(models.StateFinal) {
		return fmt.Errorf("release %s ended as %s: %v", u.id, release.State, release.Failure)
	}
	return u.same(ctx, release)
}

// same compares the hash of what the node took with what was sent.
func (u *upload) same(ctx context.Context, release client.Release) error {
	res, err := u.do(ctx, http.MethodGet, strings.Replace(release.MasterURL, "master.m3u8", "manifest.json", 1), nil, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var manifest struct {
		Source struct {
			SHA256 string `json:"sha256"`
		} `json:"source"`
	}
	if err := json.NewDecoder(res.Body).Decode(&manifest); err != nil {
		return err
	}
	sum := sha256.Sum256(u.data)
	if manifest.Source.SHA256 != base64.StdEncoding.EncodeToString(sum[:]) && manifest.Source.SHA256 != fmt.Sprintf("%x", sum) {
		return fmt.Errorf("the node took other bytes than were sent: %s", manifest.Source.SHA256)
	}
	return nil
}

// again repeats do while the node is away.
func (u *upload) again(ctx context.Context, do func(context.Context) error) error {
	for {
		err := do(ctx)
		if err == nil || !errors.Is(err, models.ErrUnavailable) {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (u *upload) create(ctx context.Context) error {
	made, err := client.New(u.n.url(), u.token).Create(ctx, int64(len(u.data)), map[string]string{"filename": "clip.mp4", "visibility": cmp.Or(u.visibility, "public")})
	u.url, u.id = made.URL, made.Release
	return err
}

// send sends the rest, from where the node stands; it may never stand before
// what it acknowledged.
func (u *upload) send(ctx context.Context) error {
	release, err := client.New(u.n.url(), u.token).Release(ctx, u.id)
	if err != nil {
		return err
	}
	if release.State != string(models.StateUploading) {
		return nil // the last acknowledgement was lost, not the bytes
	}
	at, err := client.New(u.n.url(), u.token).Offset(ctx, client.Upload{URL: u.url})
	if err != nil {
		return err
	}
	if at < u.acked.Load() {
		return fmt.Errorf("the node lost bytes: %d acknowledged, now at %d", u.acked.Load(), at)
	}
	for at < int64(len(u.data)) {
		n, err := u.next(ctx)
		if err != nil {
			return err
		}
		next := min(at+n, int64(len(u.data)))
		res, err := u.do(ctx, http.MethodPatch, u.url, u.data[at:next], http.Header{
			"Tus-Resumable": {"1.0.0"}, "Content-Type": {"application/offset+octet-stream"}, "Upload-Offset": {strconv.FormatInt(at, 10)},
		})
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		if at, err = strconv.ParseInt(res.Header.Get("Upload-Offset"), 10, 64); err != nil {
			return err
		}
		u.acked.Store(at)
	}
	return nil
}

func (u *upload) do(ctx context.Context, method, url string, body []byte, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Authorization", "Bearer "+u.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, errors.Join(models.ErrUnavailable, err)
	}
	if res.StatusCode >= 300 {
		_ = res.Body.Close()
		err := fmt.Errorf("%s %s: %s", method, url, res.Status)
		switch res.StatusCode {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusConflict, http.StatusLocked:
			err = errors.Join(models.ErrUnavailable, err) // a proxy's server died, or its request is still being given up
		}
		return nil, err
	}
	return res, nil
}
