package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog"
	"runnel/models/catalog/pgtest"
	"runnel/server/backup"
)

// furnished is a data folder with an account, a published release, its source,
// and an upload on its way.
type furnished struct {
	folder     *Folder
	channel    string
	root       cid.Cid
	blocks     []cid.Cid
	unfinished models.Upload
}

const acknowledged = "the bytes that were acknowledged"

func uploadID(n int) string { return fmt.Sprintf("%032x", n) }

func rawBlock(t *testing.T, text string) models.Block {
	t.Helper()
	mh, err := multihash.Sum([]byte(text), multihash.SHA2_256, -1)
	require.NoError(t, err)
	return models.Block{CID: cid.NewCidV1(cid.Raw, mh), Data: []byte(text)}
}

func furnish(t *testing.T, dir, database string) furnished {
	t.Helper()
	ctx := t.Context()
	folder, err := MakeFolder(ctx, Where{Data: dir, Database: database})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })
	require.NoError(t, writeSynced(filepath.Join(dir, nodeKeyName), []byte("a key")))
	made, err := folder.AddAccount(ctx, "anna", models.RoleCreator, "sesame sesame")
	require.NoError(t, err)
	f := furnished{folder: folder, channel: made.Channel.ID}
	uploads := filepath.Join(dir, uploadsName)
	require.NoError(t, os.MkdirAll(uploads, 0o700))

	for i := range 70 { // more than one batch
		block := rawBlock(t, fmt.Sprint("block ", i))
		f.blocks = append(f.blocks, block.CID)
		require.NoError(t, folder.Blocks.Put(ctx, block))
	}
	f.root = cid.NewCidV1(cid.DagProtobuf, f.blocks[0].Hash())
	whole, err := folder.Catalog.CreateUpload(ctx, models.Upload{ID: uploadID(1), AccountID: made.Account.ID, Length: 5}, models.Release{Title: "Über das Meer"})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(uploads, whole.ID), []byte("whole"), 0o600))
	require.NoError(t, folder.Catalog.SetSource(ctx, whole.ReleaseID, uploadsName+"/"+whole.ID, sha256.Sum256([]byte("whole")), 5))
	require.NoError(t, folder.Catalog.AdvanceUpload(ctx, whole.ID, 5))
	require.NoError(t, folder.Catalog.CompleteUpload(ctx, whole.ID))
	job, err := folder.Catalog.ClaimJob(ctx, "node", whole.ReleaseID, time.Minute, time.Now())
	require.NoError(t, err)
	require.NoError(t, folder.Catalog.Publish(ctx, job, catalog.Publication{Root: f.root, Blocks: f.blocks, Bytes: 1, Duration: time.Second}))

	f.unfinished, err = folder.Catalog.CreateUpload(ctx, models.Upload{ID: uploadID(2), AccountID: made.Account.ID, Length: 1 << 20}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, folder.Catalog.AdvanceUpload(ctx, f.unfinished.ID, int64(len(acknowledged))))
	require.NoError(t, os.WriteFile(filepath.Join(uploads, f.unfinished.ID), []byte(acknowledged+" and some that were not"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(uploads, f.unfinished.ID+".lock"), nil, 0o600))
	return f
}

// same shows that a restored folder is the node that was backed up.
func (f furnished) same(t *testing.T, dir, database string, media bool) {
	t.Helper()
	ctx := t.Context()
	folder, err := OpenFolder(ctx, Where{Data: dir, Database: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, folder.Close()) }()
	require.Equal(t, f.folder.Secret, folder.Secret)
	want, err := f.folder.Catalog.AccountByName(ctx, "anna")
	require.NoError(t, err)
	got, err := folder.Catalog.AccountByName(ctx, "anna")
	require.NoError(t, err)
	require.Equal(t, want, got)
	key, err := f.folder.Catalog.SigningKey(ctx, f.channel)
	require.NoError(t, err)
	again, err := folder.Catalog.SigningKey(ctx, f.channel)
	require.NoError(t, err)
	require.True(t, key.Equals(again))
	found, _, err := folder.Catalog.Releases(ctx, catalog.Filter{Query: "meer"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	dangling, err := folder.Catalog.Dangling(ctx)
	require.NoError(t, err)
	require.Empty(t, dangling)

	pin, err := folder.Catalog.Pin(ctx, f.root)
	require.NoError(t, err)
	servable, _, err := folder.Catalog.RootServable(ctx, f.root)
	require.NoError(t, err)
	require.Equal(t, media, servable)
	if !media {
		require.Equal(t, models.PinQueued, pin.State)
		return
	}
	require.Equal(t, models.PinHeld, pin.State)
	for _, c := range f.blocks {
		_, err := folder.Blocks.Get(ctx, c)
		require.NoError(t, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, uploadsName, f.unfinished.ID))
	require.NoError(t, err)
	if dir != f.folder.Dir {
		require.Equal(t, acknowledged, string(text))
	}
	text, err = os.ReadFile(filepath.Join(dir, uploadsName, uploadID(1)))
	require.NoError(t, err)
	require.Equal(t, "whole", string(text))
}

func TestBackupRestore(t *testing.T) {
	at := pgtest.New(t)
	for n, test := range []struct {
		name        string
		from, to    string // "" is a database of PostgreSQL
		media, here bool
	}{
		{name: "SQLite", from: "sqlite", to: "sqlite", media: true},
		{name: "to PostgreSQL", from: "sqlite", media: true},
		{name: "from PostgreSQL", to: "sqlite", media: true},
		{name: "without media", from: "sqlite"},
		{name: "to PostgreSQL in the same folder", from: "sqlite", here: true},
		{name: "to SQLite in the same folder", to: "sqlite", here: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.from == "" {
				test.from = at.Database(t, fmt.Sprint("from", n))
			}
			if test.to == "" {
				test.to = at.Database(t, fmt.Sprint("to", n))
			}
			dir := t.TempDir()
			from, to, file := filepath.Join(dir, "from"), filepath.Join(dir, "to", "deep"), filepath.Join(dir, "b")
			if test.here {
				to = from
			}
			f := furnish(t, from, test.from)
			done, err := f.folder.Backup(t.Context(), file, "test", test.media, nil)
			require.NoError(t, err)
			require.Equal(t, map[bool]int{true: 70, false: 0}[test.media], done.Blocks)
			info, err := os.Stat(file)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

			back, err := Restore(t.Context(), file, Where{Data: to, Database: test.to}, nil)
			require.NoError(t, err)
			require.Equal(t, int64(2), back.Releases)
			require.Equal(t, done.Blocks, back.Blocks)
			require.Equal(t, map[bool]int{true: 0, false: 1}[test.media || test.here], back.Missing)
			f.same(t, to, test.to, test.media || test.here)

			_, err = Restore(t.Context(), file, Where{Data: to, Database: test.to}, nil)
			var fault *models.Fault
			require.ErrorAs(t, err, &fault)
			require.Equal(t, "database_not_empty", fault.Code)
			f.same(t, to, test.to, test.media || test.here)
		})
	}
}

// TestRestoreRefuses leaves nothing behind, in the folder and in the database.
func TestRestoreRefuses(t *testing.T) {
	at, dir := pgtest.New(t), t.TempDir()
	f := furnish(t, filepath.Join(dir, "from"), "sqlite")
	good := filepath.Join(dir, "good")
	_, err := f.folder.Backup(t.Context(), good, "test", true, nil)
	require.NoError(t, err)
	whole, err := os.ReadFile(good)
	require.NoError(t, err)
	forge := func(name string, entries ...any) string {
		path := filepath.Join(dir, name)
		w, err := backup.Create(path, backup.Head{})
		require.NoError(t, err)
		for i := 0; i < len(entries); i += 2 {
			e, text := entries[i].(backup.Entry), entries[i+1].(string)
			e.Size = int64(len(text))
			require.NoError(t, w.Add(e, strings.NewReader(text)))
		}
		_, err = w.Commit()
		require.NoError(t, err)
		return path
	}
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	secret, sealed := backup.Entry{Kind: backup.Secret}, strings.Repeat("s", 32)
	var text bytes.Buffer
	require.NoError(t, f.folder.Catalog.Export(t.Context(), &text))
	for n, path := range []string{
		write("foreign", []byte("PK not ours")), write("cut", whole[:len(whole)/3*2]), write("flipped", flipped), write("nothing", nil),
		forge("no secret"), forge("a short secret", secret, "short"), forge("no catalogue", secret, sealed),
		forge("junk", secret, sealed, backup.Entry{Kind: backup.Catalogue, ID: "000001"}, "junk\n"),
		forge("half a catalogue", secret, sealed, backup.Entry{Kind: backup.Catalogue, ID: "000001"}, text.String()[:text.Len()/2]),
		forge("another block", secret, sealed, backup.Entry{Kind: backup.Catalogue, ID: "000001"}, text.String(), backup.Entry{Kind: backup.Block, ID: f.blocks[0].String()}, "other bytes"),
		forge("no block", secret, sealed, backup.Entry{Kind: backup.Catalogue, ID: "000001"}, text.String(), backup.Entry{Kind: backup.Block, ID: "zz"}, "x"),
		forge("no upload", secret, sealed, backup.Entry{Kind: backup.Catalogue, ID: "000001"}, text.String(), backup.Entry{Kind: backup.Upload, ID: "authorizedkeys"}, "x"),
	} {
		for _, database := range []string{"sqlite", at.Database(t, fmt.Sprint("refused", n))} {
			to := filepath.Join(dir, "not", "there")
			_, err := Restore(t.Context(), path, Where{Data: to, Database: database}, nil)
			var fault *models.Fault
			require.ErrorAs(t, err, &fault, path)
			require.NotContains(t, fault.Text, dir)
			_, err = os.Stat(filepath.Dir(to))
			require.ErrorIs(t, err, os.ErrNotExist, path)
			if database != "sqlite" {
				c, err := catalog.Open(t.Context(), catalog.Config{URL: database, Secret: [32]byte{1}}, slog.New(slog.DiscardHandler))
				require.NoError(t, err)
				require.NoError(t, c.CheckEmpty(t.Context()))
				require.NoError(t, c.Close())
			}
		}
	}
	other := filepath.Join(dir, "other")
	furnish(t, other, "sqlite")
	before := listing(t, other)
	_, err = Restore(t.Context(), good, Where{Data: other, Database: at.Database(t, "other")}, nil)
	require.ErrorIs(t, err, models.ErrExists, "another node's folder")
	require.Equal(t, before, listing(t, other))
	empty := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Restore(ctx, good, Where{Data: empty, Database: "sqlite"}, func(done, total int64) {
		if done == total {
			cancel() // after the file was found whole
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, listing(t, empty), "an empty folder is left empty")
}

func listing(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir && !strings.HasPrefix(filepath.Base(path), "runnel.db-") {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func TestBackupFails(t *testing.T) {
	dir := t.TempDir()
	f := furnish(t, filepath.Join(dir, "from"), "sqlite")
	_, err := f.folder.Backup(t.Context(), filepath.Join(dir, "no", "folder"), "test", false, nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = f.folder.Backup(ctx, filepath.Join(dir, "b"), "test", true, func(int, int) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, listing(t, dir), len(listing(t, filepath.Join(dir, "from")))+1, "nothing is left")

	bad, err := filepath.Glob(filepath.Join(dir, "from", blocksName, "*", "*"))
	require.NoError(t, err)
	require.NoError(t, os.Chmod(bad[0], 0o600))
	require.NoError(t, os.WriteFile(bad[0], []byte("rot"), 0o600))
	done, err := f.folder.Backup(t.Context(), filepath.Join(dir, "b"), "test", true, nil)
	require.NoError(t, err)
	require.Equal(t, 1, done.Damaged)
	require.Equal(t, 69, done.Blocks)
	back, err := Restore(t.Context(), filepath.Join(dir, "b"), Where{Data: filepath.Join(dir, "to"), Database: "sqlite"}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, back.Missing, "its release is fetched")
	_, err = io.Copy(io.Discard, readerOf(ctx, strings.NewReader("x")))
	require.True(t, errors.Is(err, context.Canceled))
}
