package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/ingest"
	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/server/delivery"
	"runnel/server/web"
	"runnel/transcode"
	"runnel/transcode/captions"
	"runnel/transcode/ffmpeg"
	"runnel/transcode/hls"
)

// beside changes what stands beside the media of a release.
type beside struct {
	rows     *catalog.Catalog
	spool    *spool.Store
	delivery *delivery.Delivery
	edit     *ingest.Editor
	runner   func() (*ffmpeg.Runner, error)
	dir      string        // working folders of pictures
	pictures chan struct{} // being made
}

// picturesAtOnce bounds the memory that pictures take.
const picturesAtOnce = 2

func (s *Server) openBeside(context.Context) error {
	edit, err := ingest.NewEditor(ingest.EditorConfig{
		Catalog: s.folder.Catalog, Blocks: s.folder.Blocks, Announcer: offerer{s}, Crash: s.crash,
		Source: func(root cid.Cid) blockset.Getter { return s.delivery.Getter(root) },
	}, s.log)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	s.beside = &beside{rows: s.folder.Catalog, spool: s.spool, delivery: s.delivery, edit: edit, runner: s.pictureRunner,
		dir: s.path("pictures"), pictures: make(chan struct{}, picturesAtOnce)}
	_ = os.RemoveAll(s.beside.dir) // left by a process that was killed
	if err := os.MkdirAll(s.beside.dir, 0o700); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// pictureRunner is the ffmpeg for pictures: also a server that runs no jobs has
// one where it is installed.
func (s *Server) pictureRunner() (*ffmpeg.Runner, error) {
	if s.runner != nil {
		return s.runner, nil
	}
	r, err := ffmpeg.New(ffmpeg.Config{RequireSandbox: s.cfg.RequireSandbox}, s.log)
	if err != nil {
		return nil, errors.Join(models.NewFault(models.ErrUnavailable, "no_pictures",
			"This server cannot prepare pictures; ask its operator to install ffmpeg on it."), err)
	}
	return r, nil
}

// SetCover makes a JPEG of a picture and puts it into the release.
func (b *beside) SetCover(ctx context.Context, id string, picture io.Reader) error {
	data, err := b.jpeg(ctx, picture)
	if err != nil {
		return err
	}
	_, err = b.edit.Amend(ctx, id, ingest.Change{Put: map[string][]byte{transcode.CoverPath: data}, Poster: transcode.CoverPath})
	return err
}

func (b *beside) jpeg(ctx context.Context, picture io.Reader) ([]byte, error) {
	runner, err := b.runner()
	if err != nil {
		return nil, err
	}
	select {
	case b.pictures <- struct{}{}:
		defer func() { <-b.pictures }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	dir, err := os.MkdirTemp(b.dir, "cover")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	in, work := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := errors.Join(writeAll(in, picture), os.Mkdir(work, 0o700)); err != nil {
		return nil, err
	}
	return transcode.Cover(ctx, runner, in, work)
}

func writeAll(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}

// DropCover takes the cover away; a film is shown by a picture of its own again.
func (b *beside) DropCover(ctx context.Context, id string) error {
	r, err := b.rows.Release(ctx, id)
	if err != nil {
		return err
	}
	ch := ingest.Change{Drop: []string{transcode.CoverPath}}
	if r.Kind == models.KindVideo {
		ch.Poster = transcode.PosterPath
	}
	_, err = b.edit.Amend(ctx, id, ch)
	return err
}

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

// Original opens the upload that a release was made of.
func (b *beside) Original(ctx context.Context, id string) (*web.Original, error) {
	kept, err := b.rows.Source(ctx, id)
	if err != nil {
		return nil, err
	}
	found, err := b.spool.Source(kept.Path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(found.Path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	name, err := b.rows.UploadName(ctx, id)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &web.Original{Body: f, Name: name, Changed: st.ModTime()}, nil
}
