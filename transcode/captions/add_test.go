package captions

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/transcode/hls"
)

func master() []byte {
	m := hls.MasterFor([]models.Rendition{
		{ID: "v/360p24", Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360, FrameRate: big.NewRat(24, 1), Bandwidth: 1},
	}, hls.MasterOptions{})
	return m.Encode()
}

func TestAddAndRemove(t *testing.T) {
	const srt = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:10:00,000 --> 00:10:01,000\nafter the end\n"
	before := master()
	id, files, err := Add(before, Upload{Data: []byte(srt), Language: "eng"}, 3*time.Second)
	require.NoError(t, err)
	require.Equal(t, "t/0-en", id)
	require.Len(t, files, 3)
	require.Equal(t, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:01.000 --> 00:00:02.000\nHello\n", string(files["t/0-en/0.vtt"]))
	playlist, err := hls.ParseMedia(bytes.NewReader(files["t/0-en/index.m3u8"]))
	require.NoError(t, err)
	require.Equal(t, "0.vtt", playlist.Segments[0].URI)
	require.Equal(t, 3*time.Second, playlist.Segments[0].Duration)

	second, more, err := Add(files[hls.MasterPath], Upload{Data: []byte(srt), Language: "pt-BR", Label: " \"Com\tsom\"\n", Hearing: true}, 0)
	require.NoError(t, err)
	require.Equal(t, "t/1-pt-BR", second)
	m, err := hls.ParseMaster(bytes.NewReader(more[hls.MasterPath]))
	require.NoError(t, err)
	require.Equal(t, []hls.Subtitle{
		{Name: "English", Language: "en", URI: "t/0-en/index.m3u8"},
		{Name: "'Com som'", Language: "pt-BR", Hearing: true, URI: "t/1-pt-BR/index.m3u8"},
	}, m.Subtitles)

	left, err := Remove(more[hls.MasterPath], "t/0-en")
	require.NoError(t, err)
	again, _, err := Add(left, Upload{Data: []byte(srt), Language: "../../x"}, 0)
	require.NoError(t, err)
	require.Equal(t, "t/0-und", again)
	left, err = Remove(left, second)
	require.NoError(t, err)
	require.Equal(t, string(before), string(left))
	_, err = Remove(left, second)
	require.ErrorIs(t, err, models.ErrNotFound)
}

func TestAddRefuses(t *testing.T) {
	cue := []byte("00:01.000 --> 00:02.000\na\n")
	_, _, err := Add([]byte("no playlist"), Upload{Data: cue}, 0)
	require.ErrorIs(t, err, models.ErrInvalid)
	_, _, err = Add(master(), Upload{Data: []byte("no captions")}, 0)
	require.ErrorIs(t, err, models.ErrInvalid)
	_, _, err = Add(master(), Upload{Data: cue}, time.Second)
	require.ErrorIs(t, err, models.ErrInvalid)
	all := master()
	for range Max {
		_, files, err := Add(all, Upload{Data: cue, Label: strings.Repeat("long", 100)}, 0)
		require.NoError(t, err)
		all = files[hls.MasterPath]
	}
	_, _, err = Add(all, Upload{Data: cue}, 0)
	require.ErrorIs(t, err, models.ErrTooLarge)
}
