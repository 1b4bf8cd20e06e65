package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"runnel/models"
)

// nodeFile is where a running node says how programs on the same machine reach
// it.
const nodeFile = "node.json"

type announcement struct {
	URL string `json:"url"`
	PID int    `json:"pid"`
}

func announce(dir, url string) error {
	data, err := json.Marshal(announcement{URL: url, PID: os.Getpid()})
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(dir, nodeFile), data)
}

// Address returns the URL of the node that runs on a data folder, or ran there
// last; models.ErrNotFound when none did or the last one stopped in order.
func Address(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, nodeFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("server: no node on %s: %w", dir, models.ErrNotFound)
	}
	var said announcement
	if err == nil {
		err = json.Unmarshal(data, &said)
	}
	if err != nil {
		return "", fmt.Errorf("server: %s: %w", nodeFile, err)
	}
	return said.URL, nil
}

// withdraw is best effort: a command that finds a stale address gets no answer
// there.
func withdraw(dir string) { _ = os.Remove(filepath.Join(dir, nodeFile)) }
