package transcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"runnel/models"
)

// facts is what was learnt of a rendition while it was made. It is kept in the
// job's folder, so that an attempt after an interruption need not make parts
// again only to know it.
type facts struct {
	Init     initFacts        `json:"init"`
	Samples  int64            `json:"samples,omitempty"` // audible ones, without priming and padding
	Padding  int              `json:"padding,omitempty"`
	Loudness *models.Loudness `json:"loudness,omitempty"`
}

func factsPath(dir, rendition string) string {
	return filepath.Join(dir, "facts", flat(rendition)+".json")
}

// flat makes one file name of a path inside the release.
func flat(path string) string { return strings.ReplaceAll(path, "/", "-") }

// loadFacts returns false when there are none that can be used.
func loadFacts(dir, rendition string) (facts, bool) {
	raw, err := os.ReadFile(factsPath(dir, rendition))
	if err != nil {
		return facts{}, false
	}
	var f facts
	if json.Unmarshal(raw, &f) != nil || f.Init.SHA256 == "" {
		return facts{}, false
	}
	return f, true
}

// saveFacts replaces the file as a whole. A crash may lose it; then the part is
// made again.
func saveFacts(dir, rendition string, f facts) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	path := factsPath(dir, rendition)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// ErrMixed is why a run ends whose parts do not belong together: an earlier
// attempt made some with another encoder, of whatever name. They are of no use.
var ErrMixed = errors.New("two parts have different init segments")

// learn keeps an init segment's facts. All parts of a rendition must have the
// same one: players load it once.
func (f *facts) learn(init initFacts) error {
	if f.Init.SHA256 != "" && f.Init.SHA256 != init.SHA256 {
		return fmt.Errorf("%w: %w", models.ErrCorrupt, ErrMixed)
	}
	f.Init = init
	return nil
}
