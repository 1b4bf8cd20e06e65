package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"runnel/models"
)

// strayAge is how old a data file without a row must be before it counts as
// left behind: a file is made before its row.
const strayAge = 10 * time.Minute

// Swept counts what a sweep did.
type Swept struct {
	Expired   int // uploads past their expiry, removed
	Completed int // whole uploads whose completion was lost, completed
	Strays    int // data files that no row names, removed
	Lost      int // rows whose data file is gone, removed
}

// Sweep puts rows and files back in step. Run it at start and every few
// minutes; it may run beside requests.
func (s *Store) Sweep(ctx context.Context) (Swept, error) {
	var out Swept
	err := errors.Join(s.sweepRows(ctx, &out), s.sweepFiles(ctx, &out))
	if err != nil {
		err = fmt.Errorf("spool: sweep: %w", err)
	}
	return out, err
}

// sweepRows looks at every upload that is not complete.
func (s *Store) sweepRows(ctx context.Context, out *Swept) error {
	// Everything ends before then: these are all of them, or, where there are
	// very many, those that end first.
	open, err := s.records.ExpiredUploads(ctx, s.cfg.Now().AddDate(100, 0, 0))
	if err != nil {
		return err
	}
	for _, u := range open {
		if u.Complete && !s.leftPart(u) {
			continue
		}
		if err := s.sweepRow(ctx, u, out); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) sweepRow(ctx context.Context, u models.Upload, out *Swept) error {
	_, missing := os.Stat(s.path(u.ID))
	switch {
	case errors.Is(missing, os.ErrNotExist):
		out.Lost++
	case u.Concat == models.ConcatFinal:
		_, busy, err := s.join(ctx, u.ID)
		switch {
		case err == nil && !busy:
			out.Completed++
			return nil
		case errors.Is(err, models.ErrNotFound):
			out.Expired++ // its release was cancelled
		case errors.Is(err, os.ErrNotExist):
			out.Lost++ // a part's file is gone
		default:
			return err
		}
	case u.Complete:
		out.Expired++
	case u.Length >= 0 && u.Offset == u.Length:
		err := s.complete(ctx, u)
		if !errors.Is(err, models.ErrNotFound) {
			out.Completed++
			return err
		}
		out.Expired++ // its release was cancelled
	case s.cfg.Now().After(s.expiry(u)):
		out.Expired++
	default:
		return nil
	}
	return s.drop(ctx, u.ID)
}

// drop removes a row, then its file: a crash between leaves a stray, which the
// next sweep finds. An upload that somebody is writing to, or that was
// completed meanwhile, is left alone.
func (s *Store) drop(ctx context.Context, id string) error {
	mine, _, err := s.locks.take(id, func() {})
	if mine == nil {
		return err
	}
	defer s.locks.release(id, mine)
	u, err := s.records.Upload(ctx, id)
	if err != nil || u.Complete && !s.leftPart(u) {
		if errors.Is(err, models.ErrNotFound) {
			err = nil // the file, if any, is a stray now
		}
		return err
	}
	if err = s.remove(ctx, u); errors.Is(err, models.ErrExists) {
		return nil // a part that a file has taken goes with that
	}
	return err
}

// leftPart reports whether a whole part has been left: its time is over. One that
// belongs to a file is deleted with that only, as the catalogue says.
func (s *Store) leftPart(u models.Upload) bool {
	return u.Concat == models.ConcatPartial && s.cfg.Now().After(s.expiry(u))
}

func (s *Store) sweepFiles(ctx context.Context, out *Swept) error {
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, left := strings.CutSuffix(e.Name(), stopSuffix)
		info, err := e.Info()
		if err != nil || !validID(id) || !s.forgotten(info.ModTime()) {
			continue // gone meanwhile, not ours, or perhaps about to get its row
		}
		if left {
			err = removeFile(s.path(id) + stopSuffix) // its holder ended first
		} else {
			err = s.sweepFile(ctx, id, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepFile removes a data file that nothing names. Whoever creates an upload
// holds its file until the row is there.
func (s *Store) sweepFile(ctx context.Context, id string, out *Swept) error {
	if wanted, err := s.wanted(ctx, id); wanted || err != nil {
		return err
	}
	mine, _, err := s.locks.take(id, func() {})
	if mine == nil {
		return err
	}
	defer s.locks.release(id, mine)
	if wanted, err := s.wanted(ctx, id); wanted || err != nil {
		return err
	}
	out.Strays++
	return removeFile(s.path(id))
}

// wanted reports whether a data file belongs to an upload or is a source.
func (s *Store) wanted(ctx context.Context, id string) (bool, error) {
	_, err := s.records.Upload(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return s.records.SourceHeld(ctx, SourceName(id))
	}
	return true, err
}

// forgotten reports whether a file of this age is worth a question: it was last
// written before this process began, or too long ago.
func (s *Store) forgotten(made time.Time) bool {
	return made.Before(s.started) || s.cfg.Now().Sub(made) > strayAge
}
