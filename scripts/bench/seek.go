package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// What a viewer waits for at most.
const (
	firstPicture = 1.0 // seconds
	afterSeek    = 0.7
)

// seek measures a final release's page in Chromium with an empty cache: the
// first picture, and the picture after a seek.
func seek(flags *flag.FlagSet) runner {
	film := flags.String("film", "", "publish this film instead of one that is made")
	opens, seeks := flags.Int("opens", 7, "times the page is opened"), flags.Int("seeks", 8, "seeks")
	return func(ctx context.Context, l *lab) error {
		n, page, err := l.published(ctx, *film)
		if err != nil {
			return err
		}
		defer n.stop()
		seen, err := l.look(ctx, n.url+page, *opens, *seeks, nil)
		if err == nil {
			l.judgePage("", seen)
		}
		return err
	}
}

// judgePage holds what was seen of a page against the targets.
func (l *lab) judgePage(where string, seen page) {
	for _, f := range []struct {
		what   string
		times  []time.Duration
		target float64
	}{
		{"first picture", seen.First.durations(), firstPicture}, {"after a seek", seen.Seeks.durations(), afterSeek},
	} {
		if len(f.times) > 0 {
			l.say(f.what+where, "%s", list(f.times))
			l.atMost(f.what+where+", median", percentile(f.times, 50).Seconds(), f.target, " s")
		}
	}
}

// published starts a node, publishes a film and returns the path of its page.
func (l *lab) published(ctx context.Context, film string) (*node, string, error) {
	if film == "" {
		made, err := l.encode(ctx, "film.mp4", clip{1920, 1080, 72 * time.Second, 6_000_000})
		if err != nil {
			return nil, "", err
		}
		film = made
	}
	n, err := l.serve(ctx, "node")
	if err != nil {
		return nil, "", err
	}
	said, err := output(ctx, l.runnel, "publish", film, "--data", n.data, "--json", "--wait-for-node", "30s")
	if err != nil {
		n.stop()
		return nil, "", err
	}
	var release struct{ ID string }
	if err := json.Unmarshal([]byte(said), &release); err != nil {
		n.stop()
		return nil, "", err
	}
	return n, "/watch/" + release.ID, nil
}

// page is what was seen of a watch page.
type page struct {
	First, Seeks millis
	Timing       []string
}

// millis are times in milliseconds.
type millis []float64

func (m millis) durations() []time.Duration {
	out := make([]time.Duration, len(m))
	for i, ms := range m {
		out[i] = time.Duration(ms * float64(time.Millisecond))
	}
	return out
}

// standing is how playback has gone since the page was opened.
type standing struct {
	Stalled   float64 // milliseconds
	Qualities [][2]int
}

// look measures a page in Chromium. During, if there is one, is called while it
// plays, with a function that waits for some seconds of playback.
func (l *lab) look(ctx context.Context, url string, opens, seeks int, during func(play func(seconds int) (standing, error)) error) (seen page, err error) {
	args := []string{"e2e/measure.js", strings.Replace(url, "127.0.0.1", "localhost", 1), "--opens", fmt.Sprint(opens), "--seeks", fmt.Sprint(seeks)}
	if during != nil {
		args = append(args, "--stay")
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.Dir = filepath.Join(filepath.Dir(filepath.Dir(l.runnel)), "player")
	var said strings.Builder
	cmd.Stderr = &said
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		return seen, err
	}
	answers := json.NewDecoder(bufio.NewReader(out))
	if during != nil {
		err = during(func(seconds int) (s standing, err error) {
			if _, err := fmt.Fprintln(in, seconds); err != nil {
				return s, err
			}
			return s, answers.Decode(&s)
		})
	}
	err = errors.Join(err, in.Close(), answers.Decode(&seen))
	_, _ = io.Copy(io.Discard, out)
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return seen, fmt.Errorf("%w: %s", err, said.String())
	}
	return seen, nil
}
