package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/server/client"
)

// pacedBytes is a segment of 4 s at 2.5 Mbit/s.
const pacedBytes = 2_500_000 / 8 * 4

// loads are the flags of load.
type loads struct {
	viewers, films, segments, transcodes int
	time                                 time.Duration
}

// load has viewers watch at a player's pace, each from a place of its own in one
// of several releases, of which more lie on disk than in memory. With
// -transcodes it does so twice, the second time beside running transcodes.
func load(flags *flag.FlagSet) runner {
	var o loads
	flags.IntVar(&o.viewers, "viewers", 300, "viewers")
	flags.DurationVar(&o.time, "time", 10*time.Minute, "how long they watch")
	flags.IntVar(&o.films, "films", 4, "releases")
	flags.IntVar(&o.segments, "segments", 75, "segments of 4 s in each")
	flags.IntVar(&o.transcodes, "transcodes", 0, "watch again beside so many transcodes")
	return func(ctx context.Context, l *lab) error {
		f, roots, err := l.films(ctx, o)
		if err != nil {
			return err
		}
		n, err := l.serve(ctx, "data", "--jobs", fmt.Sprint(max(1, o.transcodes)))
		if err != nil {
			return err
		}
		defer n.stop()
		alone := crowd(ctx, n, f, roots, o)
		if err := l.tell("", n, alone, o); err != nil || o.transcodes == 0 {
			return err
		}
		check, err := l.transcode(ctx, n, o)
		if err != nil {
			return err
		}
		beside := crowd(ctx, n, f, roots, o)
		if err := check(ctx); err != nil {
			return err
		}
		if err := l.tell(fmt.Sprintf(", beside %d transcodes", o.transcodes), n, beside, o); err != nil {
			return err
		}
		l.atMost("p99 beside transcodes / without", ratio(percentile(beside.waits, 99), percentile(alone.waits, 99)), 2, "")
		return nil
	}
}

// films makes the releases in the folder "data".
func (l *lab) films(ctx context.Context, o loads) (f film, roots []cid.Cid, err error) {
	for i := range o.films {
		f = film{seed: uint64(10 + i), segments: o.segments, segmentBytes: pacedBytes}
		root, err := l.add(ctx, "data", f)
		if err != nil {
			return f, nil, err
		}
		roots = append(roots, root)
	}
	return f, roots, nil
}

// crowd lets the viewers come within one segment's time and watch to the end.
func crowd(ctx context.Context, n *node, f film, roots []cid.Cid, o loads) *audience {
	ctx, cancel := context.WithTimeout(ctx, o.time)
	defer cancel()
	a := &audience{}
	var all sync.WaitGroup
	for i := range o.viewers {
		all.Go(func() {
			if wait(ctx, segmentTime*time.Duration(i)/time.Duration(o.viewers)) == nil {
				v := viewer{base: n.url, root: roots[i%len(roots)], film: f, from: rand.IntN(f.segments), pace: segmentTime}
				v.watch(ctx, a, 1<<30)
			}
		})
	}
	all.Wait()
	return a
}

// tell reports what the audience met. A failure is printed with its cause.
func (l *lab) tell(how string, n *node, a *audience, o loads) error {
	now, peak, err := n.memory()
	if err != nil {
		return err
	}
	for _, failure := range a.failures[:min(3, len(a.failures))] {
		l.note(failure)
	}
	l.say("viewers"+how, "%d for %s: %d segments, %.0f MB/s", o.viewers, o.time, len(a.waits), float64(a.bytes)/1e6/o.time.Seconds())
	l.atMost("errors"+how, float64(len(a.failures)), 0, "")
	l.atMost("stalls"+how, a.stalls(), 0.5, " %")
	l.atMost("first byte, p50"+how, ms(percentile(a.waits, 50)), 20, " ms")
	l.atMost("first byte, p99"+how, ms(percentile(a.waits, 99)), 250, " ms")
	l.say("resident set"+how, "%.0f MiB", mib(now))
	l.atMost("peak of the resident set"+how, mib(peak), 512, " MiB")
	return nil
}

// transcode publishes films that take longer to transcode than the viewers
// watch, and returns once all are being worked on. check says whether they
// still are.
func (l *lab) transcode(ctx context.Context, n *node, o loads) (check func(context.Context) error, err error) {
	token, err := l.token(ctx, n)
	if err != nil {
		return nil, err
	}
	c := client.New(n.url, token)
	var ids []string
	for i := range o.transcodes {
		path := l.path(fmt.Sprintf("source-%d.mp4", i))
		if err := makeSource(ctx, path, i, 3*o.time+time.Minute); err != nil {
			return nil, err
		}
		id, err := publish(ctx, c, path)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	running := func(ctx context.Context) error {
		for _, id := range ids {
			r, err := c.Release(ctx, id)
			if err == nil && r.State != string(models.StateTranscoding) {
				err = fmt.Errorf("release %s is %s, not being transcoded", id, r.State)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for running(limit) != nil {
		if wait(limit, 200*time.Millisecond) != nil {
			return nil, running(ctx)
		}
	}
	return running, nil
}

// makeSource makes a film of 1080p by repeating a few seconds without encoding
// them again.
func makeSource(ctx context.Context, path string, number int, length time.Duration) error {
	part := path + ".part.mp4"
	_, err := output(ctx, "ffmpeg", "-nostdin", "-v", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=24:duration=10", "-f", "lavfi", "-i", fmt.Sprintf("sine=%d:duration=10:sample_rate=48000", 300+100*number),
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", part)
	if err != nil {
		return err
	}
	_, err = output(ctx, "ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", fmt.Sprint(int(length.Seconds())/10), "-i", part, "-c", "copy", path)
	return err
}

// publish uploads a file and returns its release's id.
func publish(ctx context.Context, c *client.Client, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	u, err := c.Create(ctx, info.Size(), map[string]string{"filename": "source.mp4"})
	if err != nil {
		return "", err
	}
	return u.Release, c.Send(ctx, u, file, info.Size(), func(int64) {})
}
