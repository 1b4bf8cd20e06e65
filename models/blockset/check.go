package blockset

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

const (
	maxRenditions = 64
	maxSegments   = 100_000
	maxText       = 16 << 10 // bytes of any one text
	maxList       = 256      // tags, creators, warnings
	maxCount      = 1 << 53  // what every reader of JSON keeps exact
	maxSmall      = 1<<31 - 1
	maxMillis     = 1 << 40 // about 35 years; in nanoseconds it still fits 64 bits
)

// check holds a manifest against everything that can be said without the files.
func (m *Manifest) check() error {
	return errors.Join(m.checkHeader(), m.checkTexts(), m.checkTree(), m.checkFiles(), m.checkRenditions())
}

func (m *Manifest) checkHeader() error {
	switch {
	case m.Type != manifestType || m.V != manifestVersion:
		return fmt.Errorf("type %q version %d", clip(m.Type), m.V)
	case m.Profile != unixfsProfile:
		return fmt.Errorf("profile %q", clip(m.Profile))
	case !strings.HasPrefix(m.Channel, "k51") || len(m.Channel) > 80:
		return fmt.Errorf("channel %q", clip(m.Channel))
	case !models.ValidTID(m.ID):
		return fmt.Errorf("id %q", clip(m.ID))
	case m.Address != address(m.Channel, m.ID):
		return fmt.Errorf("address %q", clip(m.Address))
	case m.Rev < 1 || !m.Kind.Valid():
		return fmt.Errorf("rev %d kind %q", m.Rev, clip(string(m.Kind)))
	case m.DurationMs < 0 || m.Source.Bytes < 0 || m.Disc < 0 || m.Track < 0:
		return errors.New("negative number")
	case m.Rev > maxSmall || m.DurationMs > maxMillis || m.Source.Bytes > maxCount || m.Disc > maxSmall || m.Track > maxSmall:
		return errors.New("number out of range")
	}
	created, err := time.Parse(createdLayout, m.Created)
	if err != nil || formatCreated(created) != m.Created {
		return fmt.Errorf("created %q", clip(m.Created))
	}
	if m.Supersedes != "" {
		return checkCIDText(m.Supersedes)
	}
	return nil
}

func address(channel, id string) string { return "runnel://" + channel + "/release/" + id }

func (m *Manifest) checkTexts() error {
	texts := []string{m.Title, m.Description, m.Language, m.License, m.ChannelName,
		m.Encoding.Profile, m.Encoding.Encoder, m.Album, m.ISRC}
	if len(m.Tags) > maxList || len(m.Creators) > maxList || len(m.Warnings) > maxList {
		return errors.New("list too long")
	}
	texts = append(append(texts, m.Tags...), m.Warnings...)
	for _, c := range m.Creators {
		texts = append(texts, c.Name, c.Role, c.ID)
	}
	for _, t := range texts {
		if err := checkText(t); err != nil {
			return err
		}
	}
	if m.Ext != nil && !bytes.HasPrefix(bytes.TrimSpace(m.Ext), []byte("{")) {
		return errors.New("ext is not an object")
	}
	return nil
}

func checkText(t string) error {
	if len(t) > maxText {
		return fmt.Errorf("text of %d bytes", len(t))
	}
	if !utf8.ValidString(t) {
		return errors.New("text is not UTF-8")
	}
	return nil
}

func (m *Manifest) checkTree() error {
	if len(m.Tree) == 0 || len(m.Tree) > maxFolder {
		return fmt.Errorf("tree of %d entries", len(m.Tree))
	}
	for name, c := range m.Tree {
		if err := checkName(name); err != nil {
			return err
		}
		if name == manifestName || name == signatureName {
			return fmt.Errorf("tree names %s", name)
		}
		if err := checkCIDText(c); err != nil {
			return err
		}
	}
	return nil
}

func checkCIDText(s string) error {
	if len(s) > maxName {
		return fmt.Errorf("CID of %d characters", len(s))
	}
	c, err := cid.Decode(s)
	if err != nil {
		return err
	}
	if c.String() != s {
		return fmt.Errorf("CID %q", s)
	}
	return checkCID(c)
}

func (m *Manifest) checkFiles() error {
	for path := range m.Files {
		if err := checkPath(path); err != nil {
			return err
		}
		if isMedia(path) || path == manifestName || path == signatureName {
			return fmt.Errorf("files names %s", path)
		}
	}
	if m.Poster != "" {
		if _, ok := m.Files[m.Poster]; !ok {
			return fmt.Errorf("poster %q is no file", clip(m.Poster))
		}
	}
	if _, ok := m.Files[masterName]; !ok {
		return errors.New("no " + masterName)
	}
	return nil
}

func (m *Manifest) checkRenditions() error {
	if len(m.Renditions) == 0 || len(m.Renditions) > maxRenditions {
		return fmt.Errorf("%d renditions", len(m.Renditions))
	}
	seen := map[string]bool{}
	for i := range m.Renditions {
		r := &m.Renditions[i]
		if seen[r.Hashes] {
			return fmt.Errorf("rendition %s twice", clip(r.ID))
		}
		seen[r.Hashes] = true
		if err := r.check(); err != nil {
			return fmt.Errorf("rendition %q: %w", clip(r.ID), err)
		}
		if sum, ok := m.Files[r.Hashes]; !ok || sum != r.HashesSHA256 {
			return fmt.Errorf("rendition %q: hash list is not among files", clip(r.ID))
		}
	}
	return nil
}

func (r *Rendition) check() error {
	if err := checkRenditionID(r.ID, r.Type); err != nil {
		return err
	}
	if r.Hashes != hashListPath(r.ID) {
		return fmt.Errorf("hash list %q", clip(r.Hashes))
	}
	if r.Segments < 1 || r.Segments > maxSegments {
		return fmt.Errorf("%d segments", r.Segments)
	}
	small := []int64{int64(r.W), int64(r.H), int64(r.Channels), int64(r.SampleRate), int64(r.Priming), int64(r.Padding)}
	numbers := append([]int64{int64(r.Bps), int64(r.AvgBps), int64(r.Cap), r.Bytes, r.Samples}, small...)
	for i, n := range numbers {
		if n < 0 || n > maxCount || i >= len(numbers)-len(small) && n > maxSmall {
			return fmt.Errorf("number %d", n)
		}
	}
	if r.DurationMs < 0 || r.DurationMs > maxMillis {
		return fmt.Errorf("duration %d", r.DurationMs)
	}
	if r.FPS != "" {
		if f, err := parseFPS(r.FPS); err != nil || f.RatString() != r.FPS {
			return fmt.Errorf("fps %q", clip(r.FPS))
		}
	}
	for _, t := range []string{r.Codec, r.Language, r.Name, r.Group} {
		if err := checkText(t); err != nil {
			return err
		}
	}
	return nil
}

func checkRenditionID(id string, medium models.Media) error {
	// Two names are left for the folder and the file of a segment.
	if err := checkPath(id + "/00/00000.m4s"); err != nil {
		return err
	}
	prefix := map[models.Media]string{models.MediaVideo: "v/", models.MediaAudio: "a/"}[medium]
	if prefix == "" || !strings.HasPrefix(id, prefix) {
		return fmt.Errorf("medium %q", clip(string(medium)))
	}
	return nil
}

// parseFPS bounds the text first: big.Rat would take "1e999999999".
func parseFPS(s string) (*big.Rat, error) {
	if len(s) > 24 || strings.Trim(s, "0123456789/") != "" {
		return nil, fmt.Errorf("frame rate %q", clip(s))
	}
	f, ok := new(big.Rat).SetString(s)
	if !ok || f.Sign() <= 0 {
		return nil, fmt.Errorf("frame rate %q", clip(s))
	}
	return f, nil
}
