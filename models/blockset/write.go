package blockset

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"

	"runnel/models"
)

const masterName = "master.m3u8"

// Release is what Write makes a set of. Of the embedded models.Release it uses
// ID, ChannelName, Kind, Title, Description, Tags, Language, License, Rev,
// Credits, Duration, Poster, Loudness and CreatedAt, and ChannelID, if set, must be the
// key's. Files are all files but the hash lists and the two of the manifest,
// each as AddFile returned it. Of the renditions everything is used but what
// Write counts itself: Segments, Bytes and the hash list.
type Release struct {
	models.Release
	Credits      // further ones, beside those of the embedded release
	SourceSHA256 [32]byte
	SourceBytes  int64
	Encoder      string  // the program and its version
	Profile      string  // the encoding profile and its version
	Supersedes   cid.Cid // root of the revision before; Undef for none
	Renditions   []models.Rendition
	Files        []models.File
}

// Set is a written block set.
type Set struct {
	Root     cid.Cid
	Manifest Manifest
	Files    []models.File // all, in order of paths
	Blocks   []cid.Cid     // every block once: of the files in their order, then folders, the root last
	Bytes    int64         // content bytes of Files
}

// Write makes the block set of a release: hash lists, manifest, signature and
// folders. It reads no media and writes none; what is durable already is only
// linked. The same release and key give the same root. All blocks are durable
// when it returns; nothing is visible to anyone before somebody names the root.
// A release that has not the shape of one is models.ErrInvalid.
func Write(ctx context.Context, p Putter, key crypto.PrivKey, rel Release) (Set, error) {
	s, err := write(ctx, p, key, rel)
	if err != nil {
		return Set{}, fmt.Errorf("blockset: write %s: %w", rel.ID, err)
	}
	return s, nil
}

func write(ctx context.Context, p Putter, key crypto.PrivKey, rel Release) (Set, error) {
	w := &writer{batch: newBatch(p), files: map[string]models.File{}}
	defer w.batch.wait()
	for _, f := range rel.Files {
		if err := w.take(f); err != nil {
			return Set{}, err
		}
	}
	m, err := newManifest(key.GetPublic(), rel)
	if err != nil {
		return Set{}, err
	}
	if m.Renditions, err = w.renditions(ctx, rel.Renditions); err != nil {
		return Set{}, err
	}
	if m.Files, err = w.digests(); err != nil {
		return Set{}, err
	}
	if m.Tree, err = w.tree(ctx); err != nil {
		return Set{}, err
	}
	if err := w.seal(ctx, key, m); err != nil {
		return Set{}, err
	}
	return w.set(ctx, m)
}

func newManifest(pub crypto.PubKey, rel Release) (*Manifest, error) {
	channel, err := ChannelID(pub)
	if err != nil {
		return nil, err
	}
	if rel.ChannelID != "" && rel.ChannelID != channel {
		return nil, invalid("the key is not that of channel %s", rel.ChannelID)
	}
	m := &Manifest{
		Type: manifestType, V: manifestVersion, Channel: channel, ID: rel.ID, Address: address(channel, rel.ID),
		Rev: max(rel.Rev, 1), Kind: rel.Kind, Title: text(rel.Title), Description: text(rel.Description),
		Tags: textList(rel.Tags), Language: text(rel.Language), License: text(rel.License),
		ChannelName: text(rel.ChannelName), Created: formatCreated(rel.CreatedAt), DurationMs: rel.Duration.Milliseconds(),
		Profile: unixfsProfile, Encoding: Encoding{Profile: text(rel.Profile), Encoder: text(rel.Encoder)},
		Source:   Source{SHA256: rel.SourceSHA256, Bytes: rel.SourceBytes},
		Loudness: loudness(rel.Loudness), Poster: rel.Poster,
	}
	m.Credits, m.Ext = rel.Credits.with(rel.Release.Credits)
	if rel.Supersedes.Defined() {
		m.Supersedes = rel.Supersedes.String()
	}
	return m, nil
}

// writer gathers the files of one set.
type writer struct {
	batch   *batch
	files   map[string]models.File // by path
	folders []cid.Cid
}

// take accepts a file that AddFile made.
func (w *writer) take(f models.File) error {
	if err := checkPath(f.Path); err != nil {
		return invalid("%v", err)
	}
	if f.Path == manifestName || f.Path == signatureName || strings.HasPrefix(f.Path, "h/") {
		return invalid("%s is made by Write", f.Path)
	}
	if err := checkCID(f.CID); err != nil {
		return invalid("%s: %v", f.Path, err)
	}
	if isRaw(f.CID) && !bytes.Equal(f.SHA256[:], digestOf(f.CID)) {
		return invalid("%s: digest and CID differ", f.Path)
	}
	if isRaw(f.CID) && len(f.Blocks) == 0 {
		f.Blocks = []cid.Cid{f.CID}
	}
	if !slices.Contains(f.Blocks, f.CID) {
		return invalid("%s: its blocks are not known", f.Path)
	}
	if _, twice := w.files[f.Path]; twice {
		return invalid("%s twice", f.Path)
	}
	w.files[f.Path] = f
	return nil
}

// add makes a file of bytes.
func (w *writer) add(ctx context.Context, path string, data []byte) (models.File, error) {
	f, err := addFile(ctx, w.batch, path, bytes.NewReader(data))
	if err == nil {
		w.files[path] = f
	}
	return f, err
}

// digests lists what the hash lists do not cover.
func (w *writer) digests() (map[string]Digest, error) {
	out := map[string]Digest{}
	for path, f := range w.files {
		if !isMedia(path) {
			out[path] = f.SHA256
		}
	}
	if _, ok := out[masterName]; !ok {
		return nil, invalid("no %s", masterName)
	}
	return out, nil
}

// seal adds manifest and signature.
func (w *writer) seal(ctx context.Context, key crypto.PrivKey, m *Manifest) error {
	b, err := m.Encode()
	if err != nil {
		return err
	}
	sig, err := signManifest(key, b)
	if err != nil {
		return err
	}
	if _, err := w.add(ctx, manifestName, b); err != nil {
		return err
	}
	_, err = w.add(ctx, signatureName, sig)
	return err
}

// set makes the root and lists what is below it.
func (w *writer) set(ctx context.Context, m *Manifest) (Set, error) {
	root, err := w.root(ctx)
	if err != nil {
		return Set{}, err
	}
	if err := w.batch.flush(ctx); err != nil {
		return Set{}, err
	}
	s := Set{Root: root, Manifest: *m}
	seen := map[cid.Cid]bool{}
	for _, path := range sortedKeys(w.files) {
		f := w.files[path]
		s.Files = append(s.Files, f)
		s.Bytes += f.Size
		for _, c := range f.Blocks {
			s.Blocks = appendNew(s.Blocks, seen, c)
		}
	}
	for _, c := range w.folders {
		s.Blocks = appendNew(s.Blocks, seen, c)
	}
	return s, nil
}
