package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"os"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server/blocks"
	"runnel/transcode/hls"
)

// film is the shape of a release to be made: pictures that cannot be seen, in
// segments that nothing can tell from real ones on their way to a player.
type film struct {
	seed         uint64
	segments     int
	segmentBytes int
}

// segmentTime is how long a segment plays, as in every release.
const segmentTime = 4 * time.Second

// rendition is the one that a film has.
const rendition = "v/720p25"

// segmentData is the content of one segment: the same for the same film.
func (f film) segmentData(n int) []byte {
	var key [32]byte
	copy(key[:], fmt.Sprintf("film %d segment %d", f.seed, n))
	data := make([]byte, f.segmentBytes)
	_, _ = mathrand.NewChaCha8(key).Read(data)
	return data
}

// add makes the film, anew each time, and has the data folder keep it, as 'runnel
// import' does, while no node runs on it. It returns the manifest CID.
func (l *lab) add(ctx context.Context, data string, f film) (cid.Cid, error) {
	car := l.path(fmt.Sprintf("film-%d.car", f.seed))
	root, err := l.makeCAR(ctx, car, f)
	if err == nil {
		_, err = output(ctx, l.runnel, "import", car, "--data", l.path(data))
	}
	return root, err
}

// makeCAR writes the film's block set to a file.
func (l *lab) makeCAR(ctx context.Context, path string, f film) (root cid.Cid, err error) {
	store, err := blocks.Open(l.path(fmt.Sprintf("film-%d", f.seed)), slog.New(slog.DiscardHandler))
	if err != nil {
		return cid.Undef, err
	}
	defer store.Close()
	set, err := f.write(ctx, store)
	if err != nil {
		return cid.Undef, err
	}
	out, err := os.Create(path)
	if err != nil {
		return cid.Undef, err
	}
	defer out.Close()
	return set.Root, blockset.ExportCAR(ctx, store, set.Root, out)
}

// write makes the release's block set, signed by a key of this moment.
func (f film) write(ctx context.Context, to blockset.Putter) (blockset.Set, error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return blockset.Set{}, err
	}
	made := models.Rendition{
		ID: rendition, Media: models.MediaVideo, Codec: "avc1.64001f", Width: 1280, Height: 720, FrameRate: big.NewRat(25, 1),
		Bandwidth: f.segmentBytes * 8 / 4, AverageBandwidth: f.segmentBytes * 8 / 4, Duration: f.duration(),
	}
	release := blockset.Release{
		Release: models.Release{
			ID: models.NewTID(time.Now()), ChannelName: "bench", Kind: models.KindVideo, Title: fmt.Sprintf("Film %d", f.seed),
			Rev: 1, Duration: f.duration(), CreatedAt: time.Now(),
		},
		Encoder: "none", Profile: "bench", Renditions: []models.Rendition{made},
	}
	add := func(path string, data []byte) error {
		file, err := blockset.AddFile(ctx, to, path, bytes.NewReader(data))
		release.Files = append(release.Files, file)
		return err
	}
	master := hls.MasterFor(release.Renditions, hls.MasterOptions{})
	playlist := hls.MediaFor(f.list(), hls.MediaOptions{Type: hls.VOD, End: true})
	iframes := hls.IFrameFor(f.list())
	for path, data := range map[string][]byte{
		hls.MasterPath: master.Encode(), hls.PlaylistPath(rendition): playlist.Encode(), hls.IFramePath(rendition): iframes.Encode(),
		hls.InitPath(rendition): f.segmentData(-1)[:min(700, f.segmentBytes)],
	} {
		if err := add(path, data); err != nil {
			return blockset.Set{}, err
		}
	}
	for n := range f.segments {
		if err := add(hls.SegmentPath(rendition, n), f.segmentData(n)); err != nil {
			return blockset.Set{}, err
		}
	}
	return blockset.Write(ctx, to, key, release)
}

func (f film) duration() time.Duration { return time.Duration(f.segments) * segmentTime }

// list is the film's segments as a playlist needs them.
func (f film) list() []models.Segment {
	out := make([]models.Segment, f.segments)
	for n := range out {
		out[n] = models.Segment{Rendition: rendition, Number: n, Duration: segmentTime, KeyBytes: int64(min(20_000, f.segmentBytes))}
	}
	return out
}

// address is where a node's HTTP face has a file of a release.
func address(base string, root cid.Cid, path string) string {
	return base + "/ipfs/" + root.String() + "/" + path
}

func segmentURL(base string, root cid.Cid, n int) string {
	return address(base, root, hls.SegmentPath(rendition, n))
}
