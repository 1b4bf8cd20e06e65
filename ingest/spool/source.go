package spool

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"runnel/models"
)

// sourcePrefix makes the recorded name of a source a path inside the data
// folder, which may be moved as a whole.
const sourcePrefix = "uploads/"

// SourceName is what a release's source is recorded as whose upload had that id.
func SourceName(id string) string { return sourcePrefix + id }

// IsUpload reports whether a file of the spool's folder has the name of an upload.
func IsUpload(name string) bool { return validID(name) }

// Source is a whole upload as the pipeline reads it.
type Source struct {
	Path string // on this machine
	Size int64  // bytes
}

// Source finds the data file by the name that is recorded as a release's
// source; models.ErrNotFound when it is gone.
func (s *Store) Source(name string) (Source, error) {
	id, ok := strings.CutPrefix(name, sourcePrefix)
	if !ok || !validID(id) {
		return Source{}, fmt.Errorf("spool: source %q: %w", name, models.ErrNotFound)
	}
	st, err := os.Stat(s.path(id))
	if errors.Is(err, os.ErrNotExist) {
		return Source{}, fmt.Errorf("spool: source %q: %w", name, models.ErrNotFound)
	}
	if err != nil {
		return Source{}, fmt.Errorf("spool: source %q: %w", name, err)
	}
	return Source{Path: s.path(id), Size: st.Size()}, nil
}

// RemoveSource removes a source by its recorded name, when its release is
// deleted. A name that is empty or gone is no error.
func (s *Store) RemoveSource(name string) error {
	id, ok := strings.CutPrefix(name, sourcePrefix)
	if !ok || !validID(id) {
		return nil
	}
	if err := removeFile(s.path(id)); err != nil {
		return fmt.Errorf("spool: remove source %q: %w", name, err)
	}
	return nil
}
