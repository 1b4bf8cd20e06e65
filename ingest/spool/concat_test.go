package spool

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"runnel/models"
)

// part sends one part and returns its path.
func (n *node) part(data []byte, headers ...string) string {
	n.t.Helper()
	a := n.do("POST", base, bytes.NewReader(data), append([]string{"Upload-Concat: partial", "Upload-Length: " + strconv.Itoa(len(data)),
		"Content-Type: " + offsetType}, headers...)...)
	require.Equal(n.t, 201, a.status, a.body)
	require.Empty(n.t, a.header.Get(ReleaseHeader), "a part is no release")
	return a.header.Get("Location")
}

func (n *node) join(parts ...string) answer {
	n.t.Helper()
	return n.do("POST", base, nil, "Upload-Concat: final;"+strings.Join(parts, " "), "Upload-Metadata: filename "+b64("Film.mp4"))
}

// TestConcatenation: parts that were sent at once make one file, in the order
// that is asked for.
func TestConcatenation(t *testing.T) {
	n := start(t, nil)
	data := noise(1 << 20)
	cuts := []int{0, 1, 300_000, 700_000, len(data)}
	parts := make([]string, len(cuts)-1)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { parts[i] = n.part(data[cuts[i]:cuts[i+1]]) })
	}
	wg.Wait()
	require.Equal(t, "partial", n.do("HEAD", parts[0], nil).header.Get("Upload-Concat"))
	a := n.join(parts[0], n.srv.URL+parts[1], parts[2], parts[3]+"/")
	require.Equal(t, 201, a.status, a.body)
	loc := a.header.Get("Location")
	require.Equal(t, data, n.file(loc))
	u, err := n.rec.Upload(t.Context(), loc[len(base)+1:])
	require.NoError(t, err)
	require.True(t, u.Complete)
	r, err := n.rec.Release(t.Context(), a.header.Get(ReleaseHeader))
	require.NoError(t, err)
	require.Equal(t, []any{models.StateQueued, "Film"}, []any{r.State, r.Title})
	h := n.do("HEAD", loc, nil).header
	require.Equal(t, "final;"+strings.Join(parts, " "), h.Get("Upload-Concat"))
	require.Equal(t, strconv.Itoa(len(data)), h.Get("Upload-Length"))
	require.Equal(t, strconv.Itoa(len(data)), h.Get("Upload-Offset"))
	files, err := os.ReadDir(filepath.Join(n.dir, "uploads"))
	require.NoError(t, err)
	require.Len(t, files, 1, "the parts are gone")
}

// TestConcatRefusals is the table of what parts may not do.
func TestConcatRefusals(t *testing.T) {
	n := start(t, nil)
	one, two, three := n.part([]byte("one")), n.part([]byte("two")), n.part([]byte("three"))
	foreign := n.part([]byte("hers"), "X-Account: 2")
	half := n.do("POST", base, nil, "Upload-Concat: partial", "Upload-Length: 9").header.Get("Location")
	deferred := n.do("POST", base, nil, "Upload-Concat: partial", "Upload-Defer-Length: 1").header.Get("Location")
	plain := n.create(3)
	require.Equal(t, 204, n.patch(plain, 0, []byte("abc")).status)
	final := n.join(one, two).header.Get("Location")
	unknown := base + "/" + strings.Repeat("0", 32)
	for _, tt := range []struct {
		name, concat string
		status       int
		code         string
	}{
		{"nothing", "final;", 400, "invalid_concat"},
		{"blanks", "final;   ", 400, "invalid_concat"},
		{"a word", "finally;" + three, 400, "invalid_concat"},
		{"parts of another", "final;" + foreign, 404, "upload_not_found"},
		{"one of another among mine", "final;" + three + " " + foreign, 404, "upload_not_found"},
		{"unknown", "final;" + unknown, 404, "upload_not_found"},
		{"outside", "final;/etc/passwd", 404, "upload_not_found"},
		{"another path", "final;" + base + "/../../x", 404, "upload_not_found"},
		{"not whole", "final;" + half, 400, "upload_not_finished"},
		{"of no known length", "final;" + deferred, 400, "upload_not_finished"},
		{"twice in one", "final;" + three + " " + three, 400, "part_twice"},
		{"used up", "final;" + one, 404, "upload_not_found"},
		{"a final one", "final;" + final, 400, "not_a_part"},
		{"an upload of its own", "final;" + plain, 400, "not_a_part"},
		{"10,000 parts", "final;" + strings.Repeat(three+" ", 10_000), 400, "too_many_parts"},
		{"too large", "final;" + n.part(make([]byte, 3<<20)) + " " + n.part(make([]byte, 2<<20)), 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := n.do("POST", base, nil, "Upload-Concat: "+tt.concat)
			require.Equal(t, tt.status, a.status, a.body)
			if code := a.code(t); tt.code != "" {
				require.Equal(t, tt.code, code)
			}
		})
	}
	a := n.do("POST", base, strings.NewReader("x"), "Upload-Concat: final;"+three, "Content-Type: "+offsetType)
	require.Equal(t, 403, a.status)
	require.Equal(t, 403, n.patch(final, 6, nil).status, "nothing is added to a final one")
	require.Equal(t, 409, n.patch(final, 6, []byte("x")).status)
	require.Equal(t, 404, n.do("HEAD", one, nil).status)
	require.Equal(t, 404, n.do("DELETE", one, nil).status, "a part under a final one")
	require.Equal(t, []byte("onetwo"), n.file(final))
	require.Equal(t, 201, n.join(three).status, "no refusal has taken it")
	require.Equal(t, 204, n.do("DELETE", half, nil).status)
}

// TestPartTwice: of two files that want one part, one gets it.
func TestPartTwice(t *testing.T) {
	n := start(t, nil)
	shared := n.part(noise(1 << 20))
	status := make([]int, 6)
	var wg sync.WaitGroup
	for i := range status {
		own := n.part([]byte{byte(i)})
		wg.Go(func() { status[i] = n.join(own, shared).status })
	}
	wg.Wait()
	made := 0
	for _, s := range status {
		if s == 201 {
			made++
		} else {
			require.Contains(t, []int{404, 409}, s)
		}
	}
	require.Equal(t, 1, made, "%v", status)
}

// TestPartsAreBounded: 10,000 parts of one account are not taken, and what is
// left of them goes with its time.
func TestPartsAreBounded(t *testing.T) {
	now := time.Now()
	n := start(t, func(c *Config, _ *HandlerConfig) { c.MaxOpen, c.Now = 20, func() time.Time { return now } })
	parts := make([]string, 20)
	for i := range parts {
		parts[i] = n.part([]byte{byte(i)})
	}
	a := n.do("POST", base, nil, "Upload-Concat: partial", "Upload-Length: 1")
	require.Equal(t, 429, a.status)
	require.Equal(t, 201, n.join(parts[:10]...).status, "all of them can still be put together")
	now = now.Add(48 * time.Hour)
	swept, err := n.store.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, Swept{Expired: 10}, swept)
	files, err := os.ReadDir(filepath.Join(n.dir, "uploads"))
	require.NoError(t, err)
	require.Len(t, files, 1)
}

// TestKillWhileJoining: kill -9 while parts are put together costs nothing; the
// next start goes on. The second part hangs: its file is a pipe that nobody
// writes to.
func TestKillWhileJoining(t *testing.T) {
	dir := t.TempDir()
	rec := newRecords(t, dir)
	data := noise(900_000)
	kill, n := child(t, dir)
	var parts []string
	for i := range 3 {
		parts = append(parts, n.part(data[i*300_000:(i+1)*300_000]))
	}
	second := filepath.Join(dir, "uploads", parts[1][len(base)+1:])
	require.NoError(t, os.Rename(second, second+".kept"))
	require.NoError(t, unix.Mkfifo(second, 0o600))
	go func() {
		_, _ = http.DefaultClient.Do(n.request("POST", base, nil, "Upload-Concat: final;"+strings.Join(parts, " ")))
	}() // it is cut off
	var open []models.Upload
	require.Eventually(t, func() bool {
		var err error
		open, err = rec.UploadsOf(t.Context(), 1)
		return err == nil && len(open) == 1 && open[0].Offset == 300_000
	}, 20*time.Second, 5*time.Millisecond)
	kill()
	require.NoError(t, os.Rename(second+".kept", second))
	_, n = child(t, dir)
	loc := base + "/" + open[0].ID
	require.Equal(t, len(data), n.offset(loc))
	got, err := os.ReadFile(filepath.Join(dir, "uploads", open[0].ID))
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got), "the bytes differ")
	r, err := rec.Release(t.Context(), open[0].ReleaseID)
	require.NoError(t, err)
	require.Equal(t, models.StateQueued, r.State)
}

// TestKillBeforeTheChecksum: a kill after the bytes came and before their sum was
// compared acknowledges none of them.
func TestKillBeforeTheChecksum(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, newRecords(t, dir).Close())
	data := noise(400_000)
	kill, n := child(t, dir)
	loc := n.create(len(data))
	path := filepath.Join(dir, "uploads", loc[len(base)+1:])
	c := n.raw(loc, 0, len(data), data[:300_000], "Upload-Checksum: sha1 "+b64(strings.Repeat("x", 20)))
	require.Eventually(t, func() bool {
		st, err := os.Stat(path)
		return err == nil && st.Size() == 300_000
	}, 20*time.Second, 5*time.Millisecond)
	kill()
	_ = c.Close()
	_, n = child(t, dir)
	require.Equal(t, 0, n.offset(loc))
	for name, sum := range map[string][]byte{"sha256": sha256sum(data[:100]), "crc32": binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data[:100]))} {
		bad := bytes.Clone(sum)
		bad[0] ^= 1
		require.Equal(t, 460, n.patch(loc, 0, data[:100], "Upload-Checksum: "+name+" "+b64(string(bad))).status)
		require.Equal(t, 0, n.offset(loc), "a wrong sum acknowledges nothing")
	}
	require.Equal(t, 204, n.patch(loc, 0, data[:100], "Upload-Checksum: crc32 "+b64(string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(data[:100]))))).status)
	require.Equal(t, 204, n.patch(loc, 100, data[100:], "Upload-Checksum: sha256 "+b64(string(sha256sum(data[100:])))).status)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))
}

func sha256sum(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}
