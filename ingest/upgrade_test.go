package ingest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/transcode"
	"runnel/transcode/ffmpeg"
)

// upgraded is an encoder that is replaced between two attempts. Attempts before
// whole are cut off, the last of them after one part and each before it after one
// more, so that it has parts done which the next one does not make again.
type upgraded struct {
	before, after Transcoder
	names         [2]string
	at, whole     int // attempts, from 1
	attempt       int
	attempts      int // how many it should take
}

func (u *upgraded) now() Transcoder {
	if u.attempt < u.at {
		return u.before
	}
	return u.after
}

func (u *upgraded) Inspect(ctx context.Context, source string) (transcode.Media, error) {
	u.attempt++
	return u.now().Inspect(ctx, source)
}

func (u *upgraded) Plan(m transcode.Media) (transcode.Plan, error) { return u.now().Plan(m) }

func (u *upgraded) Encoder(context.Context) (string, error) {
	if u.attempt < u.at {
		return u.names[0], nil
	}
	return u.names[1], nil
}

func (u *upgraded) Run(ctx context.Context, p transcode.Plan, source, dir string, done transcode.Done, sink transcode.Sink,
	progress func(float64)) (transcode.Result, error) {
	if u.attempt < u.whole {
		sink = &cutOff{Sink: sink, left: u.whole - u.attempt}
	}
	return u.now().Run(ctx, p, source, dir, done, sink, progress)
}

var errCut = errors.New("cut off")

// cutOff ends a run after some parts of the picture.
type cutOff struct {
	transcode.Sink
	left int
}

func (c *cutOff) PartDone(ctx context.Context, rendition string, part int) error {
	if err := c.Sink.PartDone(ctx, rendition, part); err != nil || rendition[0] != 'v' {
		return err
	}
	if c.left--; c.left > 0 {
		return nil
	}
	return errCut
}

// coder encodes by a small profile; another preset stands for another encoder.
func coder(t *testing.T, r *rig, preset string) Transcoder {
	t.Helper()
	runner, err := ffmpeg.New(ffmpeg.Config{}, r.log)
	require.NoError(t, err)
	p := transcode.Standard()
	p.Name, p.Preset, p.FirstPart, p.Part = "small", preset, 1, 1
	p.Rungs = []transcode.Rung{{Size: 180, CRF: "30", MaxRate: 150_000}}
	c, err := transcode.New(transcode.Config{Profile: p, Runner: runner, Workers: 1}, r.log)
	require.NoError(t, err)
	return c
}

// TestUpgradeInMidJob: parts of two encoders never meet in one release. A job
// whose encoder was replaced begins anew, whether or not the new one goes by
// another name.
func TestUpgradeInMidJob(t *testing.T) {
	r := newRig(t)
	before, after := coder(t, r, "ultrafast"), coder(t, r, "veryfast")
	path := clip(t, "clip.mp4", 13, "320x180")
	stop := r.start(t, func(_ *Config, d *Deps) { d.Transcoder = after })
	calm := r.await(t, r.mustUpload(t, path), ended)
	require.Equal(t, models.StateFinal, calm.State)
	want := r.media(t, calm.Manifest)
	stop()
	for name, u := range map[string]*upgraded{
		"between two attempts":    {at: 2, whole: 2, attempts: 2, names: [2]string{"ffmpeg 1", "ffmpeg 2"}},
		"and cut off once more":   {at: 2, whole: 3, attempts: 3, names: [2]string{"ffmpeg 1", "ffmpeg 2"}},
		"by one of the same name": {at: 2, whole: 2, attempts: 3, names: [2]string{"ffmpeg 1", "ffmpeg 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			u.before, u.after = before, after
			id := r.mustUpload(t, path)
			stop := r.start(t, func(_ *Config, d *Deps) { d.Transcoder = u })
			rel := r.await(t, id, ended)
			require.Equal(t, models.StateFinal, rel.State, "%+v", rel.Failure)
			stop()
			require.Equal(t, u.attempts, u.attempt)
			_, err := blockset.Verify(t.Context(), r.blocks, rel.Manifest, nil)
			require.NoError(t, err)
			require.Equal(t, want["v"], r.media(t, rel.Manifest)["v"])
			o, err := blockset.Open(t.Context(), r.blocks, rel.Manifest)
			require.NoError(t, err)
			require.Equal(t, u.names[1], o.Manifest().Encoding.Encoder)
		})
	}
}
