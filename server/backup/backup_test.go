package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

var made = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample is a backup with something of every kind, and a catalogue of parts.
func sample(t *testing.T, path string) (catalogue string) {
	t.Helper()
	w, err := Create(path, Head{Runnel: "test", Made: made, Media: true})
	require.NoError(t, err)
	defer w.Abort()
	require.NoError(t, w.Add(Entry{Kind: Secret, Size: 3}, strings.NewReader("abc")))
	require.NoError(t, w.Add(Entry{Kind: NodeKey, Size: 3}, strings.NewReader("key")))
	catalogue = strings.Repeat("0123456789abcde\n", catalogueBytes/16*2+7)
	to := w.Catalogue()
	_, err = io.Copy(to, iotest.HalfReader(strings.NewReader(catalogue)))
	require.NoError(t, err)
	require.NoError(t, to.Close())
	require.NoError(t, w.Add(Entry{Kind: Block, ID: "bafkx", Size: 5}, strings.NewReader("block")))
	require.NoError(t, w.Add(Entry{Kind: Upload, ID: "00ff", Size: 0}, strings.NewReader("")))
	size, err := w.Commit()
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, info.Size(), size)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	return catalogue
}

func open(t *testing.T, path string) (*Reader, error) {
	t.Helper()
	r, err := Open(t.Context(), path, nil)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, r.Close()) })
	}
	return r, err
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	catalogue := sample(t, path)
	r, err := open(t, path)
	require.NoError(t, err)
	require.Equal(t, Head{Format: version, Runnel: "test", Made: made, Media: true}, r.Head)
	var found []string
	require.NoError(t, r.Each(func(e Entry, content io.Reader) error {
		if e.Kind == Catalogue {
			return nil // passed over
		}
		text, err := io.ReadAll(content)
		require.Len(t, text, int(e.Size))
		found = append(found, e.name()+"="+string(text))
		return err
	}))
	require.Equal(t, []string{"secret=abc", "node.key=key", "blocks/bafkx=block", "uploads/00ff="}, found)
	require.NoError(t, r.Catalogue(func(text io.Reader) error {
		all, err := io.ReadAll(text)
		require.Equal(t, catalogue, string(all))
		return err
	}))
	broken := errors.New("enough")
	require.ErrorIs(t, r.Catalogue(func(io.Reader) error { return broken }), broken)
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	var names []string
	for plain := tar.NewReader(file); ; {
		h, err := plain.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		names = append(names, h.Name)
	}
	require.Equal(t, []string{"runnel-backup", "secret", "node.key", "catalogue/000001", "catalogue/000002", "catalogue/000003", "blocks/bafkx", "uploads/00ff", "sha256"}, names, "any tar lists it")
}

// TestDamage changes one byte in many places, and cuts the file at others.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	path, bad := filepath.Join(dir, "b"), filepath.Join(dir, "bad")
	w, err := Create(path, Head{Made: made})
	require.NoError(t, err)
	require.NoError(t, w.Add(Entry{Kind: Secret, Size: 700}, strings.NewReader(strings.Repeat("s", 700))))
	_, err = w.Commit()
	require.NoError(t, err)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	refused := func(text []byte, what string, at int) {
		require.NoError(t, os.WriteFile(bad, text, 0o600))
		_, err := open(t, bad)
		var fault *models.Fault
		require.ErrorAs(t, err, &fault, "%s at %d", what, at)
	}
	for at := range whole {
		changed := bytes.Clone(whole)
		changed[at] ^= 4
		refused(changed, "changed", at)
	}
	for at := 0; at < len(whole); at += 61 {
		refused(whole[:at], "cut", at)
	}
	refused(append(bytes.Clone(whole), 0), "longer", 0)
	refused(append(bytes.Clone(whole), make([]byte, 512)...), "longer", 0)
	_, err = open(t, filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// forged is an archive of our own shape with any entries and the right hash.
func forged(t *testing.T, entries ...*tar.Header) string {
	t.Helper()
	var body bytes.Buffer
	w := tar.NewWriter(&body)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := io.CopyN(w, zeros{}, h.Size)
		require.NoError(t, err)
	}
	require.NoError(t, w.Flush())
	sum := sha256.Sum256(body.Bytes())
	path := filepath.Join(t.TempDir(), "forged")
	require.NoError(t, os.WriteFile(path, append(body.Bytes(), tail(sum[:])...), 0o600))
	return path
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestForged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	w, err := Create(path, Head{})
	require.NoError(t, err)
	w.Abort()
	_, err = os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "given up, nothing is left")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, left)

	for name, h := range map[string]*tar.Header{
		"above": {Name: "uploads/../../etc/passwd"}, "absolute": {Name: "/etc/passwd"}, "dots": {Name: "blocks/.."}, "hidden": {Name: "uploads/.ssh"},
		"unknown": {Name: "authorized_keys"}, "an id of one": {Name: "secret/a"}, "deep": {Name: "blocks/a/b"},
		"long": {Name: "blocks/" + strings.Repeat("a", 101)}, "a link": {Name: "uploads/aa", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		"a hard link": {Name: "uploads/aa", Typeflag: tar.TypeLink, Linkname: "secret"}, "a folder": {Name: "uploads/aa", Typeflag: tar.TypeDir},
		"a device": {Name: "uploads/aa", Typeflag: tar.TypeChar}, "records": {Name: "uploads/aa", PAXRecords: map[string]string{"SCHILY.xattr.user.x": "y"}, Format: tar.FormatPAX},
	} {
		file, err := os.Open(forged(t, h))
		require.NoError(t, err)
		info, err := file.Stat()
		require.NoError(t, err)
		r := &Reader{file: file, size: info.Size() - tailBytes}
		require.ErrorIs(t, r.Each(func(Entry, io.Reader) error { return nil }), models.ErrCorrupt, name)
		require.NoError(t, r.Close())
	}
	_, _, err = parseName("blocks/")
	require.ErrorIs(t, err, models.ErrCorrupt)
	_, err = open(t, forged(t, &tar.Header{Name: "secret", Size: 32}))
	require.ErrorIs(t, err, models.ErrInvalid, "no head")
	_, err = open(t, forged(t, &tar.Header{Name: string(about), Size: 12}))
	require.ErrorIs(t, err, models.ErrCorrupt, "a head of zeros")
}

func TestOrder(t *testing.T) {
	for name, list := range map[string][]Entry{
		"twice": {{Kind: Secret}, {Kind: Secret}}, "backwards": {{Kind: Block, ID: "a"}, {Kind: Secret}}, "a second head": {{Kind: about}},
		"a part left out": {{Kind: Catalogue, ID: partID(1)}, {Kind: Catalogue, ID: partID(3)}},
	} {
		path := filepath.Join(t.TempDir(), "b")
		w, err := Create(path, Head{})
		require.NoError(t, err)
		for _, e := range list {
			require.NoError(t, w.Add(e, strings.NewReader("")))
		}
		_, err = w.Commit()
		require.NoError(t, err)
		r, err := open(t, path)
		require.NoError(t, err, name)
		err = errors.Join(r.Each(func(Entry, io.Reader) error { return nil }), r.Catalogue(func(text io.Reader) error {
			_, err := io.Copy(io.Discard, text)
			return err
		}))
		require.ErrorIs(t, err, models.ErrCorrupt, name)
	}
}

func TestNewerFormat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	sample(t, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	newer := bytes.Replace(text, []byte(`{"format":1`), []byte(`{"format":7`), 1)
	sum := sha256.Sum256(newer[:len(newer)-tailBytes])
	require.NoError(t, os.WriteFile(path, append(newer[:len(newer)-tailBytes], tail(sum[:])...), 0o600))
	_, err = open(t, path)
	var fault *models.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "backup_too_new", fault.Code)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sample(t, path)
	_, err = Open(ctx, path, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// TestShort is told fewer bytes than an entry says.
func TestShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
	w, err := Create(path, Head{})
	require.NoError(t, err)
	require.Error(t, w.Add(Entry{Kind: Secret, Size: 32}, strings.NewReader("short")))
	w.Abort()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "before", string(text), "what was there stays")
}
