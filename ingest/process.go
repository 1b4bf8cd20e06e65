package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
	"runnel/transcode"
)

// source is the upload that a job works on.
type source struct {
	spool.Source
	name string // as recorded
	sum  [32]byte
}

// process turns the source of a release into its final root.
func (w *Worker) process(ctx context.Context, job models.Job) error {
	src, err := w.findSource(ctx, job.ReleaseID)
	if err != nil {
		return err
	}
	media, err := w.deps.Transcoder.Inspect(ctx, src.Path)
	if err != nil {
		return fmt.Errorf("ingest: inspect: %w", err)
	}
	plan, err := w.deps.Transcoder.Plan(media)
	if err != nil {
		return fmt.Errorf("ingest: plan: %w", err)
	}
	if plan.Encoder, err = w.deps.Transcoder.Encoder(ctx); err != nil {
		return fmt.Errorf("ingest: plan: %w", err)
	}
	if err := w.begin(ctx, job, plan); err != nil {
		return err
	}
	sink, result, err := w.transcode(ctx, job, plan, &src)
	if err != nil {
		return err
	}
	done, err := w.publish(ctx, job, work{plan: plan, result: result, source: src, segments: sink.segments})
	if err != nil {
		return err
	}
	w.announce(ctx, done)
	return nil
}

func (w *Worker) findSource(ctx context.Context, release string) (source, error) {
	recorded, err := w.deps.Catalog.Source(ctx, release)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return source{}, fmt.Errorf("ingest: source: %w", err)
	}
	found, err := w.deps.Sources.Source(recorded.Path)
	if errors.Is(err, models.ErrNotFound) {
		return source{}, models.NewFault(models.ErrInvalid, "source_gone", "The uploaded file is no longer on this server; upload it again.")
	}
	if err != nil {
		return source{}, fmt.Errorf("ingest: source: %w", err)
	}
	return source{Source: found, name: recorded.Path, sum: recorded.SHA256}, nil
}

// begin shows what will be made.
func (w *Worker) begin(ctx context.Context, job models.Job, p transcode.Plan) error {
	width, height := 0, 0
	for _, r := range p.Renditions {
		if r.Height > height {
			width, height = r.Width, r.Height
		}
	}
	err := w.deps.Catalog.BeginTranscode(ctx, job, p.Kind, p.Duration, width, height, p.Renditions)
	if err == nil {
		err = w.deps.Catalog.Describe(ctx, job, words(p))
	}
	return lost(err, "begin")
}

// transcode makes the renditions, keeps their segments and hashes the source
// beside it.
func (w *Worker) transcode(ctx context.Context, job models.Job, p transcode.Plan, src *source) (*sink, transcode.Result, error) {
	dir, reuse, err := w.openFolder(ctx, job, p)
	if err != nil {
		return nil, transcode.Result{}, err
	}
	s, done, err := w.resume(ctx, job.ReleaseID, p, reuse)
	if err != nil {
		return nil, transcode.Result{}, err
	}
	var result transcode.Result
	finished := make(chan struct{})
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		// Hashing a large source would take a core from the first segment.
		select {
		case <-s.begun:
		case <-finished:
		case <-gctx.Done():
			return context.Cause(gctx)
		}
		return src.digest(gctx)
	})
	g.Go(func() error { return s.tick(gctx, finished) })
	g.Go(func() (err error) {
		defer close(finished)
		result, err = w.deps.Transcoder.Run(gctx, p, src.Path, dir, done, s, s.progress)
		return err
	})
	err = g.Wait()
	if err == nil {
		err = w.sameEncoder(ctx, p)
	}
	if errors.Is(err, transcode.ErrMixed) {
		err = errors.Join(err, spoil(dir))
	}
	if err != nil {
		return nil, result, fmt.Errorf("ingest: transcode: %w", err)
	}
	return s, result, s.flush(ctx)
}

// sameEncoder makes sure that what the manifest will say made the parts has made
// all of them.
func (w *Worker) sameEncoder(ctx context.Context, p transcode.Plan) error {
	now, err := w.deps.Transcoder.Encoder(ctx)
	if err == nil && now != p.Encoder {
		err = fmt.Errorf("%w: %s became %s meanwhile", transcode.ErrMixed, p.Encoder, now)
	}
	return err
}

// resume loads what an earlier attempt made and may be kept.
func (w *Worker) resume(ctx context.Context, release string, p transcode.Plan, reuse bool) (*sink, transcode.Done, error) {
	s := newSink(w, release, p.Renditions)
	none := func(string, int) bool { return false }
	if !reuse {
		return s, none, nil
	}
	parts, err := w.deps.Catalog.PartsDone(ctx, release)
	if err != nil {
		return nil, nil, fmt.Errorf("ingest: resume: %w", err)
	}
	known, err := w.deps.Catalog.Segments(ctx, release, "")
	if err != nil {
		return nil, nil, fmt.Errorf("ingest: resume: %w", err)
	}
	before, err := w.deps.Catalog.Release(ctx, release)
	if err != nil {
		return nil, nil, lost(err, "resume")
	}
	s.fraction = before.Fraction
	for _, seg := range known {
		if parts[catalog.PartKey{Rendition: seg.Rendition, Part: seg.Part}] {
			s.keep(seg)
		}
	}
	return s, func(rendition string, part int) bool {
		return parts[catalog.PartKey{Rendition: rendition, Part: part}]
	}, nil
}

// digest computes the source's SHA-256, unless an earlier attempt did.
func (s *source) digest(ctx context.Context) error {
	if s.sum != [32]byte{} {
		return nil
	}
	f, err := os.Open(s.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, &patient{ctx: ctx, r: f}, make([]byte, 256<<10)); err != nil {
		return fmt.Errorf("hash source: %w", err)
	}
	h.Sum(s.sum[:0])
	return nil
}

// patient reads until its context ends. It lives only as long as one copy.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := context.Cause(p.ctx); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// lost reads the catalogue's "not found" of a running job as the loss of it.
func lost(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, models.ErrNotFound):
		return fmt.Errorf("ingest: %s: %w: %w", what, errLeaseLost, err)
	}
	return fmt.Errorf("ingest: %s: %w", what, err)
}
