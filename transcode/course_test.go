package transcode

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// voyage is a course on simulated cores.
type voyage struct {
	plan   Plan
	cores  int
	slower float64 // how many times longer than predicted runs take

	order  []string
	alone  float64 // seconds of film of which a rung was made alone
	behind float64 // seconds that a viewer had to wait, at the worst
	end    float64
}

// sail works on cores until all is made, with the runs' times as predicted but
// for slower.
func (v *voyage) sail(t *testing.T, done Done) {
	t.Helper()
	c, p := newCourse(&v.plan, done, v.cores), &v.plan
	segment, _ := p.segment.Float64()
	free, now, made := make([]float64, v.cores), 0.0, 0.0
	ends := map[*task]float64{}
	began := -1.0 // the viewer
	first := p.starts(slices.IndexFunc(p.Parts, func(part Part) bool { return !done(p.Renditions[p.quick()].ID, part.Number) }))
	for {
		core := slices.Index(free, slices.Min(free))
		if now = max(now, free[core]); !c.opening() {
			if began < 0 {
				began = made
			}
			now = max(now, began)
			c.opens(began)
		}
		for _, r := range sorted(ends) {
			if ends[r] <= now {
				c.ended(r, ends[r])
				delete(ends, r)
			}
		}
		r := c.next(now)
		if r == nil {
			break
		}
		v.order = append(v.order, fmt.Sprintf("%d%v", r.part.Number, r.rungs))
		film, _ := frameSpan(r.part.Frames, p.rate).Float64()
		start, took := now+startCost*v.slower, film*p.cost(r.rungs)*v.slower
		free[core] = start + took
		ends[r], v.end = free[core], max(v.end, free[core])
		if !slices.Contains(r.rungs, p.quick()) {
			continue
		}
		if len(r.rungs) == 1 {
			v.alone += film
		}
		for at := 0.0; at < film; at += segment {
			made = max(made, start+took*min(at+segment, film)/film)
			if began < 0 && at == 0 {
				began = made
			}
			v.behind = max(v.behind, made-(began+p.starts(r.part.Number)+at-first))
		}
	}
}

func sorted(ends map[*task]float64) []*task {
	var all []*task
	for r := range ends {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *task) int { return int(math.Copysign(1, ends[a]-ends[b])) })
	return all
}

func nothing(string, int) bool { return false }

func TestOrderOfWork(t *testing.T) {
	for _, c := range []struct {
		name  string
		plan  Plan
		done  Done
		want  string
		ahead string
	}{
		{name: "all together", plan: plan(t, 854, 480, 3*time.Minute), done: nothing, want: "[0[0 1 2] 1[0 1 2] 2[0 1 2] 3[0 1 2] 4[0 1 2] 5[0 1 2] 6[0 1] 6[2]]"},
		{name: "short", plan: plan(t, 854, 480, 30*time.Second), done: nothing, want: "[0[0 1 2] 1[0 1 2]]"},
		{name: "the first segment soon", plan: plan(t, 1280, 720, 3*time.Minute), done: nothing, want: "[0[1] 0[0 2 3] 1[0 1 2 3] 2[0 1 2 3] 3[0 1 2 3] 4[0 1 2 3] 5[0 1 2 3] 6[0 1 2] 6[3]]"},
		{name: "one is kept ahead", plan: plan(t, 1920, 1080, 3*time.Minute), done: nothing, ahead: "v/360p24", want: "[0[1] 1[0 1 2 3 4] 2[0 1 2 3 4] 0[0 2 3 4] 3[1] 3[0 2 3 4] 4[0 1 2 3 4] 5[0 1 2 3 4] 6[0 1 2 3 4]]"},
		{
			name: "some is done", plan: plan(t, 854, 480, 3*time.Minute), want: "[1[2] 2[0 1 2] 3[0 1 2] 4[0 1 2] 5[0 1 2] 6[1] 6[2] 6[0]]",
			done: func(id string, part int) bool { return part == 0 || part == 1 && id != "v/480p24" },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.plan.Ahead != c.ahead {
				t.Errorf("%q goes ahead, want %q", c.plan.Ahead, c.ahead)
			}
			v := voyage{plan: c.plan, cores: 2, slower: 1}
			if v.sail(t, c.done); fmt.Sprint(v.order) != c.want {
				t.Errorf("got %v, want %v", v.order, c.want)
			}
		})
	}
}

// TestNoViewerIsOvertaken: whatever the film, the machine and its speed, one who
// watches from the first segment on never waits.
func TestNoViewerIsOvertaken(t *testing.T) {
	for _, length := range []time.Duration{20 * time.Second, 90 * time.Second, 10 * time.Minute} {
		for _, cores := range []int{1, 2, 4, 8} {
			for _, slower := range []float64{0.5, 0.8, 1, 1.5, 2.5} {
				v := voyage{plan: plan(t, 1920, 1080, length), cores: cores, slower: slower}
				if v.sail(t, nothing); v.behind > 0 {
					t.Errorf("%v on %d cores, %.1f times slower: the viewer waits %.1f s", length, cores, slower, v.behind)
				}
			}
		}
	}
}

// TestNoViewerIsOvertakenAfterAnInterruption: one who has watched all that an earlier attempt
// made does not wait longer than for a segment.
func TestNoViewerIsOvertakenAfterAnInterruption(t *testing.T) {
	for _, slower := range []float64{0.8, 1, 1.5} {
		v := voyage{plan: plan(t, 1920, 1080, 10*time.Minute), cores: 2, slower: slower}
		quick := v.plan.Renditions[v.plan.quick()].ID
		v.sail(t, func(id string, part int) bool { return part < 3 || part < 6 && id == quick })
		segment, _ := v.plan.segment.Float64()
		if first := (startCost + segment*v.plan.cost([]int{v.plan.quick()})) * slower; v.behind > first+1e-6 {
			t.Errorf("%.1f times slower: the viewer waits %.1f s", slower, v.behind)
		}
	}
}

// TestOneRungIsAloneNoLongerThanNeeded: what is decoded twice is little where
// the machine is fast enough, and cores do not wait for one another at the end.
func TestOneRungIsAloneNoLongerThanNeeded(t *testing.T) {
	for _, c := range []struct {
		length      time.Duration
		cores       int
		alone, over float64 // seconds; of all work on all cores
	}{
		{90 * time.Second, 2, 16, 1.09},
		{10 * time.Minute, 2, 60, 1.03},
		{10 * time.Minute, 4, 16, 1.06},
		{time.Hour, 2, 60, 1.01},
		{time.Hour, 8, 16, 1.03},
	} {
		v := voyage{plan: plan(t, 1920, 1080, c.length), cores: c.cores, slower: 1}
		v.sail(t, nothing)
		least := 0.0
		for _, part := range v.plan.Parts {
			least += v.plan.seconds(part, v.plan.all()) / float64(c.cores)
		}
		if v.alone > c.alone || v.end > least*c.over {
			t.Errorf("%v on %d cores: alone for %.0f s, %.3f times the least", c.length, c.cores, v.alone, v.end/least)
		}
	}
}
