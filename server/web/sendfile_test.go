package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/ipfs/go-cid"

	"runnel/models"
)

// filed is a delivery that sends one large file of the disk, whatever is asked
// for.
type filed struct {
	delivery
	path string
}

func (d filed) Open(_ context.Context, root cid.Cid, _ string) (*Content, error) {
	f, err := os.Open(d.path)
	return &Content{Body: fileBody{f}, Closer: f, CID: root, Source: "local"}, err
}

type fileBody struct{ *os.File }

func (f fileBody) SendTo(w io.Writer, n int64) (int64, error) {
	return io.Copy(w, &io.LimitedReader{R: f.File, N: n})
}

// A file goes out by the kernel, in every way a player asks for it, and the log
// and the metrics have its bytes.
func TestSendFile(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // 1 MiB: several slices
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, want, 0o444))
	n := newNode(t, func(_ *Config, d *Deps) { d.Delivery = filed{d.Delivery.(delivery), path} })
	r := n.final(n.join("ada", models.RoleCreator), models.Public)
	at := "/ipfs/" + r.Manifest.String() + "/v/360p24/00/00001.m4s"
	var sizes []string
	for _, c := range []struct {
		method, byteRange string
		status            int
		body              []byte
	}{
		{"GET", "", 200, want}, {"HEAD", "", 200, nil}, {"GET", "bytes=100-200099", 206, want[100:200100]},
		{"GET", "bytes=-7", 206, want[len(want)-7:]}, {"GET", "bytes=0-0,5-9", 200, want}, {"GET", "bytes=9999999-", 416, nil},
	} {
		res := n.do(request{method: c.method, path: at, header: http.Header{"Range": {c.byteRange}}})
		got := text(t, res)
		if res.StatusCode != c.status || c.body != nil && got != string(c.body) {
			t.Errorf("%s %q: %d, %d bytes of %d", c.method, c.byteRange, res.StatusCode, len(got), len(c.body))
		}
		if c.body != nil {
			sizes = append(sizes, fmt.Sprintf(`"bytes":%d,`, len(c.body)))
		}
	}
	n.http.Close() // returns once every request has been logged
	for _, size := range sizes {
		if !strings.Contains(n.log.String(), size) {
			t.Errorf("the log lacks a request of %s", size)
		}
	}
}

// ReadFrom hands a file to the connection itself, not to the writers between.
func TestSendFilePastTheWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, make([]byte, 700_000), 0o444))
	direct := make(chan int64, 1)
	n := newNode(t)
	n.web.engine.GET("/probe", func(c *gin.Context) {
		f, err := os.Open(path)
		must(t, err)
		defer f.Close()
		w := newMovingWriter(c.Writer)
		w.Header().Set("Content-Length", "700000")
		_, err = io.Copy(w, &io.LimitedReader{R: f, N: 700_000})
		must(t, err)
		direct <- w.direct
	})
	got := text(t, n.get("/probe", nil))
	if past := <-direct; len(got) != 700_000 || past != 700_000 {
		t.Errorf("%d bytes, %d of them past gin's writer", len(got), past)
	}
}
