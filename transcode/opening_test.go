package transcode

import (
	"context"
	"errors"
	"testing"
	"time"

	"runnel/models"
)

// isOpen reports whether everything else may begin.
func (o *opening) isOpen() bool {
	select {
	case <-o.there:
		return true
	default:
		return false
	}
}

// TestOpening: what is awaited are the first segments of the renditions that
// keep ahead of a viewer, without those of an earlier attempt.
func TestOpening(t *testing.T) {
	none := func(string, int) bool { return false }
	film := plan(t, 1920, 1080, 3*time.Minute) // 360 lines go ahead
	film.Renditions = append(film.Renditions, models.Rendition{ID: "a/aac-64-2/0-und", Media: models.MediaAudio, Live: true})
	for _, c := range []struct {
		name      string
		plan      Plan
		done      Done
		delivered []string
		open      bool
	}{
		{"nothing is there", film, none, nil, false},
		{"one that is not live", film, none, []string{"v/1080p24", "v/240p24"}, false},
		{"the picture alone", film, none, []string{"v/360p24"}, false},
		{"all", film, none, []string{"a/aac-64-2/0-und", "v/360p24", "v/360p24"}, true},
		{"an earlier attempt's", film, func(_ string, part int) bool { return part == 0 }, nil, true},
		{"all rungs live", plan(t, 854, 480, time.Minute), none, []string{"v/360p24"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOpening(&c.plan, c.done)
			for _, id := range c.delivered {
				o.delivered(id)
			}
			if o.isOpen() != c.open {
				t.Errorf("open %v, want %v", o.isOpen(), c.open)
			}
		})
	}
}

// TestTheOpeningGoesFirst: of the runs in their order, only those that make the
// opening begin before it is there.
func TestTheOpeningGoesFirst(t *testing.T) {
	none := func(string, int) bool { return false }
	for _, c := range []struct {
		plan Plan
		want int
	}{
		{plan(t, 1920, 1080, 3*time.Minute), 1}, // one rung alone
		{plan(t, 1280, 720, 3*time.Minute), 2},  // one, then the others
		{plan(t, 854, 480, 3*time.Minute), 1},   // all rungs together
	} {
		j := &job{plan: &c.plan, opens: newOpening(&c.plan, none)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for i, task := range c.plan.tasks(none, 2) {
			err := j.turn(ctx, task, make(chan struct{}, 1))
			if i >= c.want && !errors.Is(err, context.Canceled) {
				t.Errorf("%d lines: run %d of part %d did not wait", c.plan.Media.Video.Height, i, task.part.Number)
			}
			if i < c.want && !c.plan.begins(task) {
				t.Errorf("%d lines: run %d of part %d has to wait", c.plan.Media.Video.Height, i, task.part.Number)
			}
		}
	}
}
