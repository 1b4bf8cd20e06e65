package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
	"time"

	"runnel/server/client"
)

// first measures the time from the last byte of an upload until the first
// segment of its picture can be played: for a film of ten minutes and for one of
// two hours, which must not take longer.
func first(flags *flag.FlagSet) runner {
	long := flags.Duration("long", 2*time.Hour, "length of the long film, which takes 1.4 GB an hour, twice; 0 leaves it out")
	rounds := flags.Int("rounds", 3, "uploads of each film")
	return func(ctx context.Context, l *lab) error {
		minute, err := l.encode(ctx, "minute.mp4", clip{1920, 1080, time.Minute, 3_000_000})
		if err != nil {
			return err
		}
		n, err := l.serve(ctx, "node")
		if err != nil {
			return err
		}
		defer n.stop()
		// It listens before its owner has an account, and answers afterwards.
		if err := n.answers(ctx); err != nil {
			return err
		}
		token, err := l.token(ctx, n)
		if err != nil {
			return err
		}
		for _, length := range []time.Duration{10 * time.Minute, *long} {
			if length == 0 {
				continue
			}
			if err := l.firstOf(ctx, newPerson(n, token), minute, length, *rounds); err != nil {
				return err
			}
		}
		return nil
	}
}

// firstOf uploads a film of that length several times.
func (l *lab) firstOf(ctx context.Context, p person, minute string, length time.Duration, rounds int) error {
	film, err := l.repeat(ctx, minute, "film.mp4", int(length/time.Minute))
	if err != nil {
		return err
	}
	defer os.Remove(film)
	var ends, starts []time.Duration
	for range rounds {
		acknowledged, playable, err := p.untilPlayable(ctx, film)
		if err != nil {
			return err
		}
		ends, starts = append(ends, acknowledged), append(starts, playable)
	}
	l.say(fmt.Sprintf("%s, last byte → upload acknowledged", length), "%s", list(ends))
	l.say(fmt.Sprintf("%s, last byte → first segment", length), "%s", list(starts))
	l.atMost(fmt.Sprintf("%s, last byte → first segment, median", length), percentile(starts, 50).Seconds(), 3, " s")
	return nil
}

// answers waits until the node answers a request.
func (n *node) answers(ctx context.Context) error {
	for !client.New(n.url, "").Healthy(ctx) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.ended:
			return n.err
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// person is who uploads to a node.
type person struct {
	node   *node
	token  string
	client *client.Client
}

func newPerson(n *node, token string) person { return person{n, token, client.New(n.url, token)} }

// untilPlayable uploads a file and reads the first segment as soon as it is
// there; then it deletes the release.
func (p person) untilPlayable(ctx context.Context, film string) (acknowledged, playable time.Duration, err error) {
	upload, sent, err := p.upload(ctx, film)
	if err != nil {
		return 0, 0, err
	}
	acknowledged = time.Since(sent)
	for {
		if err = p.firstSegment(ctx, upload.Release); err == nil {
			break
		}
		if r, gone := p.client.Release(ctx, upload.Release); gone != nil || r.Ended() {
			return 0, 0, errors.Join(fmt.Errorf("release %s ended as %s", upload.Release, r.State), gone)
		}
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	playable = time.Since(sent)
	_, err = p.ask(ctx, http.MethodDelete, p.node.url+"/api/v1/releases/"+upload.Release)
	return acknowledged, playable, err
}

// upload sends a file as runnel publish does; sent is when its last byte was
// given to the connection.
func (p person) upload(ctx context.Context, film string) (upload client.Upload, sent time.Time, err error) {
	file, err := os.Open(film)
	if err != nil {
		return upload, sent, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return upload, sent, err
	}
	if upload, err = p.client.Create(ctx, info.Size(), map[string]string{"filename": path.Base(film)}); err != nil {
		return upload, sent, err
	}
	err = p.client.Send(ctx, upload, file, info.Size(), func(at int64) {
		if at == info.Size() && sent.IsZero() {
			sent = time.Now()
		}
	})
	return upload, sent, err
}

// named is a line of a playlist that names a file.
func named() *regexp.Regexp { return regexp.MustCompile(`(?m)^[^#\s].*$`) }

// firstSegment plays as a player does: master, playlist, segment.
func (p person) firstSegment(ctx context.Context, release string) error {
	at := p.node.url + "/api/v1/releases/" + release + "/live/master.m3u8"
	for {
		res, err := p.ask(ctx, http.MethodGet, at)
		if err != nil || path.Ext(res.url.Path) == ".m4s" {
			return err
		}
		next, err := res.url.Parse(named().FindString(res.body))
		if err != nil {
			return err
		}
		if next.String() == res.url.String() {
			return fmt.Errorf("%s names nothing", at)
		}
		at = next.String()
	}
}
