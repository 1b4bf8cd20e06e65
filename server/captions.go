package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/ingest"
	"runnel/models"
	"runnel/models/blockset"
	"runnel/server/web"
	"runnel/transcode/captions"
	"runnel/transcode/hls"
)

// Captions lists what the master playlist names.
func (b *beside) Captions(ctx context.Context, id string) ([]web.Captions, error) {
	r, err := b.rows.Release(ctx, id)
	if err != nil {
		return nil, err
	}
	file, err := b.delivery.Open(ctx, r.Manifest, hls.MasterPath)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	m, err := hls.ParseMaster(file)
	if err != nil {
		return nil, err
	}
	var out []web.Captions
	for _, s := range m.Subtitles {
		name := strings.TrimSuffix(strings.TrimPrefix(s.URI, "t/"), "/index.m3u8")
		out = append(out, web.Captions{ID: name, Language: s.Language, Label: s.Name, Hearing: s.Hearing})
	}
	return out, nil
}

// AddCaptions cleans captions and puts them into the release.
func (b *beside) AddCaptions(ctx context.Context, id string, text []byte, about web.Captions) error {
	r, err := b.rows.Release(ctx, id)
	if err != nil {
		return err
	}
	ch := ingest.Change{Put: map[string][]byte{}}
	ch.Master = func(old []byte) ([]byte, error) {
		_, files, err := captions.Add(old, captions.Upload{Data: text, Language: about.Language, Label: about.Label, Hearing: about.Hearing}, r.Duration)
		if err != nil {
			return nil, captionsFault(err)
		}
		clear(ch.Put) // of a try that another change was faster than
		master := files[hls.MasterPath]
		for path, data := range files {
			if path != hls.MasterPath {
				ch.Put[path] = data
			}
		}
		return master, nil
	}
	_, err = b.edit.Amend(ctx, id, ch)
	return err
}

// captionsFault tells a person what was wrong with a file.
func captionsFault(err error) error {
	text := err.Error()
	for _, prefix := range []string{"captions: ", models.ErrInvalid.Error() + ": ", models.ErrTooLarge.Error() + ": "} {
		text = strings.TrimPrefix(text, prefix)
	}
	for _, kind := range []error{models.ErrInvalid, models.ErrTooLarge} {
		if errors.Is(err, kind) {
			return models.NewFault(kind, "bad_captions", "These captions cannot be used ("+text+"); choose an SRT or WebVTT file.")
		}
	}
	return err
}

// DropCaptions takes captions away.
func (b *beside) DropCaptions(ctx context.Context, id, name string) error {
	folder := "t/" + name
	r, err := b.rows.Release(ctx, id)
	if err != nil {
		return err
	}
	files, err := b.below(ctx, r.Manifest, folder+"/")
	if err != nil {
		return err
	}
	_, err = b.edit.Amend(ctx, id, ingest.Change{Drop: files, Master: func(old []byte) ([]byte, error) { return captions.Remove(old, folder) }})
	return err
}

// below lists the files of a root whose paths begin alike.
func (b *beside) below(ctx context.Context, root cid.Cid, prefix string) ([]string, error) {
	opened, err := blockset.Open(ctx, b.delivery.Getter(root), root)
	if err != nil {
		return nil, err
	}
	var out []string
	for path := range opened.Manifest().Files {
		if strings.HasPrefix(path, prefix) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out, nil
}
