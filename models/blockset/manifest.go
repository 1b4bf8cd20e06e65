package blockset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"runnel/models"
)

// What every manifest of this version says of itself.
const (
	manifestType    = "tv.runnel.manifest"
	manifestVersion = 1
	unixfsProfile   = "unixfs-v1-2025"
)

// Manifest is manifest.json: what a channel signs of a release. Tree names
// every other entry of the root by its CID; with Files and the hash lists of
// the renditions, no file escapes a SHA-256 that a browser can check. Its bytes
// are canonical (RFC 8785): there is one encoding of a manifest.
type Manifest struct {
	Type        string            `json:"$type"`
	V           int               `json:"v"`
	Channel     string            `json:"channel"` // k51…
	ID          string            `json:"id"`      // TID
	Address     string            `json:"address"` // runnel://<channel>/release/<id>
	Rev         int               `json:"rev"`
	Kind        models.Kind       `json:"kind"`
	Title       string            `json:"title"`
	Description string            `json:"description,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Language    string            `json:"language,omitempty"` // BCP 47
	License     string            `json:"license,omitempty"`  // SPDX
	ChannelName string            `json:"channelName"`
	Created     string            `json:"created"` // RFC 3339, UTC, whole seconds
	DurationMs  int64             `json:"durationMs"`
	Profile     string            `json:"profile"`
	Encoding    Encoding          `json:"encoding"`
	Tree        map[string]string `json:"tree"`
	Renditions  []Rendition       `json:"renditions"`
	Files       map[string]Digest `json:"files"` // everything outside v/ and a/ but the two manifest files
	Source      Source            `json:"source"`
	Loudness    *models.Loudness  `json:"loudness,omitempty"`
	Poster      string            `json:"poster,omitempty"`     // path
	Supersedes  string            `json:"supersedes,omitempty"` // root CID of the revision before
	Credits
	Ext json.RawMessage `json:"ext,omitempty"` // an object; ignored by who does not know what is in it
}

// Encoding says how the media was made, so that it can be made again.
type Encoding struct {
	Profile string `json:"profile"`
	Encoder string `json:"encoder"`
}

// Source is the file the media was made from.
type Source struct {
	SHA256 Digest `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Credits is what else a publisher may say of a work.
type Credits struct {
	Creators []Creator `json:"creators,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	Album    string    `json:"album,omitempty"`
	Disc     int       `json:"disc,omitempty"`
	Track    int       `json:"track,omitempty"`
	ISRC     string    `json:"isrc,omitempty"`
}

// Creator is one who made the work.
type Creator struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
	ID   string `json:"id,omitempty"` // e.g. an ORCID or ISNI URI
}

// Rendition is a rendition in the manifest. Bps is the peak and AvgBps the
// average, measured from the segments; Cap is what the profile allows. Bytes
// and Segments count the init segment in bytes only.
type Rendition struct {
	ID             string       `json:"id"`
	Type           models.Media `json:"type"`
	Codec          string       `json:"codec"` // RFC 6381
	W              int          `json:"w,omitempty"`
	H              int          `json:"h,omitempty"`
	FPS            string       `json:"fps,omitempty"` // "24", "30000/1001"
	Channels       int          `json:"channels,omitempty"`
	Language       string       `json:"language,omitempty"`
	Name           string       `json:"name,omitempty"`
	Group          string       `json:"group,omitempty"`
	Bps            int          `json:"bps"`
	AvgBps         int          `json:"avgBps"`
	Cap            int          `json:"cap,omitempty"`
	Segments       int          `json:"segments"`
	DurationMs     int64        `json:"durationMs"`
	Bytes          int64        `json:"bytes"`
	Hashes         string       `json:"hashes"` // path
	HashesSHA256   Digest       `json:"hashesSha256"`
	PlaylistSHA256 Digest       `json:"playlistSha256"`
	IFramesSHA256  *Digest      `json:"iframesSha256,omitempty"`
	SampleRate     int          `json:"sampleRate,omitempty"`
	Priming        int          `json:"priming,omitempty"`
	Padding        int          `json:"padding,omitempty"`
	Samples        int64        `json:"samples,omitempty"`
}

// Encode returns the canonical bytes of a valid manifest; else the error wraps
// models.ErrInvalid or, above 64 KiB, models.ErrTooLarge.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, invalid("manifest: %v", err)
	}
	b, err := canonical(m)
	if err != nil {
		return nil, invalid("manifest: %v", err)
	}
	if len(b) > maxManifest {
		return nil, fmt.Errorf("%w: manifest of %d bytes", models.ErrTooLarge, len(b))
	}
	return b, nil
}

// ParseManifest reads a manifest and refuses, with ErrManifest, all bytes that
// Encode would not write: unknown fields and versions, another order, another
// spelling of a number, values out of range.
func ParseManifest(b []byte) (*Manifest, error) {
	if len(b) > maxManifest {
		return nil, fmt.Errorf("%w: %d bytes", ErrManifest, len(b))
	}
	m := new(Manifest)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrManifest, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrManifest, err)
	}
	again, err := canonical(m)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrManifest, err)
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("%w: not canonical, or with unknown fields", ErrManifest)
	}
	return m, nil
}

// createdLayout has no fractions: what a database rounds must not change a CID.
const createdLayout = "2006-01-02T15:04:05Z"

func formatCreated(t time.Time) string { return t.UTC().Format(createdLayout) }
