package keyvalue

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	dstest "github.com/ipfs/go-datastore/test"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// The suite that every datastore of this interface must pass.
func TestSuite(t *testing.T) { dstest.SubtestAll(t, open(t, filepath.Join(t.TempDir(), "rows"))) }

func TestStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder?#%", "rows") // none of it means anything to SQLite
	require.NoError(t, os.Mkdir(filepath.Dir(path), 0o700))
	s := open(t, path)
	require.NoError(t, s.Put(t.Context(), ds.NewKey("/a/b"), nil))
	require.NoError(t, s.Close())
	s = open(t, path)
	value, err := s.Get(t.Context(), ds.NewKey("/a/b"))
	require.NoError(t, err)
	require.Empty(t, value)
}

func TestPages(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "rows"))
	b, err := s.Batch(t.Context())
	require.NoError(t, err)
	const n = 2*page + 3
	for i := range n {
		require.NoError(t, b.Put(t.Context(), ds.NewKey(fmt.Sprintf("/in/%04d", i)), []byte{1}))
	}
	for _, beside := range []string{"/in", "/in.", "/in0/x", "/i/n"} {
		require.NoError(t, b.Put(t.Context(), ds.NewKey(beside), []byte{2}))
	}
	require.NoError(t, b.Commit(t.Context()))
	found, err := s.Query(t.Context(), query.Query{Prefix: "/in"})
	require.NoError(t, err)
	rows, err := found.Rest()
	require.NoError(t, err)
	require.Len(t, rows, n)
	for i, row := range rows {
		require.Equal(t, fmt.Sprintf("/in/%04d", i), row.Key)
	}
}

// A batch that was begun is not seen before it is committed.
func TestBatchIsWhole(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "rows"))
	b, err := s.Batch(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.Put(t.Context(), ds.NewKey("/a"), []byte("1")))
	has, err := s.Has(t.Context(), ds.NewKey("/a"))
	require.NoError(t, err)
	require.False(t, has)
	require.NoError(t, b.Commit(t.Context()))
	size, err := s.GetSize(t.Context(), ds.NewKey("/a"))
	require.NoError(t, err)
	require.Equal(t, 1, size)
}
