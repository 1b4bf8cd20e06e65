package spool

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog"
)

const databaseFile = "runnel.db"

// recordsAt opens the catalogue of a data folder.
func recordsAt(dir string, change ...func(*catalog.Config)) (*catalog.Catalog, error) {
	cfg := catalog.Config{URL: "sqlite:" + filepath.Join(dir, databaseFile), Secret: [32]byte{1}}
	for _, c := range change {
		c(&cfg)
	}
	return catalog.Open(context.Background(), cfg, slog.New(slog.DiscardHandler))
}

// newRecords makes a catalogue with two creators, accounts 1 and 2.
func newRecords(t testing.TB, dir string, change ...func(*catalog.Config)) *catalog.Catalog {
	t.Helper()
	rec, err := recordsAt(dir, change...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = rec.Close() })
	for i, name := range []string{"ann", "bob"} {
		a, _, _, err := rec.CreateAccount(t.Context(), name, models.RoleCreator, "")
		require.NoError(t, err)
		require.EqualValues(t, i+1, a.ID)
	}
	return rec
}
