package server

import (
	"fmt"
	"path/filepath"

	"runnel/models"
)

// Where says where a node's data lies. A node alone has all of it in one data
// folder. Servers that act as one have a data folder each, for what is their own
// (identity, working folders of jobs), and name the same shared folder and the
// same database.
type Where struct {
	Data     string // this server's own
	Shared   string // the secret, uploads and, if not elsewhere, blocks; empty: Data
	Blocks   string // block files; empty: blocks in Shared
	Database string // "sqlite": in Data; or postgres://…
}

func (w Where) shared() string {
	if w.Shared == "" {
		return w.Data
	}
	return w.Shared
}

// fault refuses a shared folder whose catalogue is not shared: what one server
// needs would be garbage to another.
func (w Where) fault() error {
	if w.Database == "sqlite" && filepath.Clean(w.shared()) != filepath.Clean(w.Data) {
		return models.NewFault(models.ErrInvalid, "shared_database", "Servers that share a folder share a database too: give --database postgres://… along with --shared.")
	}
	return nil
}

// resolved fills in what is empty and makes every path absolute.
func (w Where) resolved() (Where, error) {
	if err := w.fault(); err != nil {
		return w, err
	}
	w.Shared = w.shared()
	if w.Blocks == "" {
		w.Blocks = filepath.Join(w.Shared, blocksName)
	}
	for _, dir := range []*string{&w.Data, &w.Shared, &w.Blocks} {
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return w, fmt.Errorf("server: data folder: %w", err)
		}
		*dir = abs
	}
	if w.Database == "sqlite" {
		w.Database = "sqlite:" + filepath.Join(w.Data, databaseName)
	}
	return w, nil
}
