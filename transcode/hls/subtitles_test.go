package hls

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSubtitles(t *testing.T) {
	m := MasterFor(film(), MasterOptions{Subtitles: []Subtitle{
		{Name: "English", Language: "en", URI: "t/0-en/index.m3u8"},
		{Name: "English", Language: "en", Hearing: true, URI: "t/1-en/index.m3u8"},
		{Name: "\"\n", URI: "t/2-und/index.m3u8"},
	}})
	text := m.Encode()
	golden(t, "captions-master.m3u8", text)
	again, err := ParseMaster(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	again.version = 0
	if !reflect.DeepEqual(&m, again) {
		t.Fatalf("read again: %+v", again)
	}
	media := SubtitlesFor(90*time.Minute + 400*time.Millisecond)
	golden(t, "captions.m3u8", media.Encode())
	if _, err := ParseMedia(bytes.NewReader(media.Encode())); err != nil {
		t.Fatal(err)
	}
	m.SetSubtitles(nil)
	if plain := MasterFor(film(), MasterOptions{}); !bytes.Equal(m.Encode(), plain.Encode()) {
		t.Fatal("captions that were taken out left something behind")
	}
	for name, bad := range map[string]string{
		"a group that is not there": strings.Replace(string(text), `TYPE=SUBTITLES,GROUP-ID="captions"`, `TYPE=SUBTITLES,GROUP-ID="c"`, 1),
		"shown at once":             strings.Replace(string(text), `LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO`, `LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO`, 1),
		"no captions":               strings.ReplaceAll(string(plainLines(text)), "TYPE=SUBTITLES", "TYPE=AUDIO"),
		"a URI elsewhere":           strings.Replace(string(text), `URI="t/0-en/index.m3u8"`, `URI="http://t/0-en/index.m3u8"`, 1),
	} {
		if bad == string(text) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := ParseMaster(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// plainLines drops the captions, which leaves variants that name them.
func plainLines(text []byte) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		if !bytes.Contains(line, []byte("TYPE=SUBTITLES")) {
			out = append(out, line...)
		}
	}
	return out
}
