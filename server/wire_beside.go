package server

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/ipfs/go-cid"

	"runnel/ingest"
	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
	"runnel/server/delivery"
	"runnel/server/web"
	"runnel/transcode/ffmpeg"
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
