package transcode

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
		want []string
	}{
		{plan(t, 1920, 1080, 3*time.Minute), []string{"0[1]"}},
		{plan(t, 1280, 720, 3*time.Minute), []string{"0[1]", "0[0 2 3]"}},
		{plan(t, 854, 480, 3*time.Minute), []string{"0[0 1 2]"}},
	} {
		j := &job{plan: &c.plan, opens: newOpening(&c.plan, none)}
		course := newCourse(&c.plan, none, 2)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var got []string
		for range c.want {
			if err := j.turn(ctx, course, func() float64 { return 0 }, make(chan struct{}, 1)); err != nil {
				t.Fatal(err)
			}
			task := course.next(0)
			got = append(got, fmt.Sprintf("%d%v", task.part.Number, task.rungs))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d lines: the opening is %v, want %v", c.plan.Media.Video.Height, got, c.want)
		}
		cancel()
		if err := j.turn(ctx, course, func() float64 { return 0 }, make(chan struct{})); !errors.Is(err, context.Canceled) {
			t.Errorf("%d lines: what is not of the opening did not wait", c.plan.Media.Video.Height)
		}
	}
}
