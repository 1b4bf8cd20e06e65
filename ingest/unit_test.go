package ingest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestPlayable(t *testing.T) {
	p := newPlayable([]models.Rendition{
		{ID: "v/360p24", Media: models.MediaVideo, Live: true}, {ID: "v/720p24", Media: models.MediaVideo},
		{ID: "a/aac-64-2/0-und", Media: models.MediaAudio, Live: true},
	})
	add := func(rendition string, number int, seconds float64) {
		p.add(models.Segment{Rendition: rendition, Number: number, Duration: time.Duration(seconds * float64(time.Second))})
	}
	steps := []struct {
		rendition string
		number    int
		length    float64
		want      float64
	}{
		{"v/360p24", models.InitNumber, 0, 0},
		{"v/360p24", 0, 4, 0},
		{"a/aac-64-2/0-und", models.InitNumber, 0, 0},
		{"a/aac-64-2/0-und", 0, 4.01, 4},
		{"a/aac-64-2/0-und", 1, 4.01, 4},
		{"v/360p24", 2, 4, 4}, // a gap
		{"v/720p24", 0, 4, 4}, // not watched live
		{"v/360p24", 1, 4, 8.02},
		{"v/360p24", 1, 4, 8.02}, // seen again after a crash
		{"a/aac-64-2/0-und", 2, 4, 12},
	}
	for i, s := range steps {
		add(s.rendition, s.number, s.length)
		require.InDelta(t, s.want, p.seconds().Seconds(), 1e-9, "step %d", i)
	}
	require.Zero(t, newPlayable(nil).seconds())
}

func TestJudge(t *testing.T) {
	file := models.NewFault(models.ErrInvalid, "no_media_streams", "This file has no audio or video stream.")
	disk := models.NewFault(models.ErrUnavailable, "insufficient_storage", "The disk is full.")
	with := func(cause error) context.Context {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(cause)
		return ctx
	}
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		end  outcome
		code string
	}{
		{"done", context.Background(), nil, succeeded, ""},
		{"the file", context.Background(), fmt.Errorf("x: %w", file), refused, "no_media_streams"},
		{"the disk", context.Background(), disk, broken, "insufficient_storage"},
		{"unknown", context.Background(), errors.New("open /data/x: permission denied"), broken, "internal"},
		{"stop", with(errShutdown), errors.New("signal: killed"), stopped, ""},
		{"stop wins over the file", with(errShutdown), file, stopped, ""},
		{"lost by the watch", with(errLeaseLost), context.Canceled, taken, ""},
		{"lost by a write", context.Background(), lost(models.ErrNotFound, "segments"), taken, ""},
		{"done before the stop", with(errShutdown), nil, succeeded, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end, failure := judge(tt.ctx, tt.err)
			require.Equal(t, tt.end, end)
			require.Equal(t, tt.code, failure.Code)
		})
	}
}

func TestBackoff(t *testing.T) {
	require.Equal(t, 2*time.Second, backoff(1))
	require.Equal(t, 10*time.Second, backoff(2))
	require.Equal(t, 50*time.Second, backoff(3))
	require.Equal(t, 10*time.Minute, backoff(99))
}

func TestCredits(t *testing.T) {
	c := credits(map[string]string{
		"artist": "Ann", "album_artist": "All", "composer": "Bob", "album": "A", "track": "3/12", "disc": "x", "tsrc": "us-rc1-76-07839", "date": "2019-05-04T00:00:00Z",
	})
	require.Equal(t, models.Credits{
		Artist: "Ann", AlbumArtist: "All", Composer: "Bob", Album: "A", Track: 3, ISRC: "USRC17607839", Date: "2019-05-04",
	}, c)
	require.Zero(t, credits(map[string]string{"isrc": "nonsense", "track": "-1", "date": "May"}))
	for tag, want := range map[string]string{
		"http://creativecommons.org/licenses/by-nc-sa/4.0/": "CC-BY-NC-SA-4.0", "see https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
		"CC-BY-4.0": "CC-BY-4.0", "© 2019 Somebody, all rights reserved": "", "https://creativecommons.org/publicdomain/mark/1.0/": "",
	} {
		require.Equal(t, want, licence(map[string]string{"license": tag}), tag)
	}
	require.Empty(t, licence(map[string]string{"copyright": "Somebody"}))
	for tag, want := range map[string]string{"eng": "en", "pt-br": "pt-BR", "und": "", "": "", "not a language": ""} {
		require.Equal(t, want, languageTag(tag), tag)
	}
}

func TestNewRefusesWhatIsMissing(t *testing.T) {
	_, err := New(Config{}, Deps{}, nil)
	require.ErrorIs(t, err, models.ErrInvalid)
	_, err = New(Config{Node: "n", Dir: t.TempDir()}, Deps{}, nil)
	require.ErrorIs(t, err, models.ErrInvalid)
}

func TestCrashFromEnvDoesNothingElse(t *testing.T) {
	for _, value := range []string{"", ":3", "nowhere", "after-commit:2"} {
		crash := CrashFromEnv(func(string) string { return value })
		crash(AfterCommit)
		crash(BeforeAnnounce)
	}
}
