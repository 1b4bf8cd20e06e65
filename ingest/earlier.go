package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/transcode"
	"runnel/transcode/captions"
	"runnel/transcode/hls"
)

// earlier is the revision that new media take the place of.
type earlier struct {
	root   cid.Cid
	source func(cid.Cid) blockset.Getter
}

func (e earlier) there() bool { return e.source != nil && e.root.Defined() }

func (e earlier) read(ctx context.Context, name string) ([]byte, error) {
	from := e.source(e.root)
	opened, err := blockset.Open(ctx, from, e.root)
	if err != nil {
		return nil, err
	}
	c, _, err := opened.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	return blockset.ReadFile(ctx, from, c)
}

// keepsCover reports whether a release that gets new media keeps the picture
// that stands for it: where its creator chose one for a film, and where the new
// media have none.
func keepsCover(before models.Release, poster string) bool {
	return before.Poster == transcode.CoverPath && (before.Kind == models.KindVideo || poster == "")
}

func (e earlier) cover(ctx context.Context, a *adder) {
	data, err := e.read(ctx, transcode.CoverPath)
	if err != nil {
		a.err = fmt.Errorf("ingest: cover: %w", err)
		return
	}
	a.files = slices.DeleteFunc(a.files, func(f models.File) bool { return f.Path == transcode.CoverPath })
	a.bytes(ctx, transcode.CoverPath, data)
}

// captions carries over the captions of languages in which the new media have
// none, and returns the master playlist that names them too. Those that begin
// after the new end are left behind.
func (e earlier) captions(ctx context.Context, a *adder, master []byte, duration time.Duration) []byte {
	kept, err := e.lacking(ctx, master)
	for _, s := range kept {
		var data []byte
		if data, err = e.read(ctx, path.Join(path.Dir(s.URI), hls.SubtitleFile)); err != nil {
			break
		}
		_, files, bad := captions.Add(master, captions.Upload{Data: data, Language: s.Language, Label: s.Name, Hearing: s.Hearing}, duration)
		if errors.Is(bad, models.ErrInvalid) || errors.Is(bad, models.ErrTooLarge) {
			continue
		}
		if err = bad; err != nil {
			break
		}
		master = files[hls.MasterPath]
		delete(files, hls.MasterPath)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			a.bytes(ctx, name, files[name])
		}
	}
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("ingest: captions: %w", err)
	}
	return master
}

// lacking lists the captions whose language a master playlist has not.
func (e earlier) lacking(ctx context.Context, master []byte) ([]hls.Subtitle, error) {
	text, err := e.read(ctx, hls.MasterPath)
	if err != nil {
		return nil, err
	}
	before, err := hls.ParseMaster(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	now, err := hls.ParseMaster(bytes.NewReader(master))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(before.Subtitles), func(old hls.Subtitle) bool {
		return slices.ContainsFunc(now.Subtitles, func(s hls.Subtitle) bool { return s.Language == old.Language })
	}), nil
}
