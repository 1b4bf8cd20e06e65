package captions

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestParse(t *testing.T) {
	const plainCue = "1\n00:00:01,000 --> 00:00:02,500\n"
	for name, c := range map[string]struct{ in, want string }{
		"srt":              {"1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\nthere\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nAgain\r\n", "00:00:01.000 --> 00:00:02.500\nHello\nthere\n\n00:00:03.000 --> 00:00:04.000\nAgain\n"},
		"vtt":              {"WEBVTT - title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\nSTYLE\n::cue { background: url(http://x) }\n\nREGION\nid:a\n\nNOTE hi\n\nname\n00:01.000 --> 1:00:02.500 line:0 position:10% region:a align:start\n<v.loud Ann>Hello</v> <c.red>you</c>\n", "00:00:01.000 --> 01:00:02.500 line:0 position:10% align:start\n<v Ann>Hello</v> you\n"},
		"no empty lines":   {"1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:02,000 --> 00:00:03,000\nb\n", "00:00:01.000 --> 00:00:02.000\na\n\n00:00:02.000 --> 00:00:03.000\nb\n"},
		"out of order":     {"00:05.000 --> 00:06.000\nb\n\n00:01.000 --> 00:09.000\na\n", "00:00:01.000 --> 00:00:09.000\na\n\n00:00:05.000 --> 00:00:06.000\nb\n"},
		"twice":            {plainCue + "a\n\n" + plainCue + "a\n", "00:00:01.000 --> 00:00:02.500\na\n"},
		"script":           {plainCue + "<script>alert(1)</script><img src=x onerror=y>&lt;b&gt;\n", "00:00:01.000 --> 00:00:02.500\nalert(1)&lt;b&gt;\n"},
		"open tags":        {plainCue + "<b><i>a</b>b<u>c\n", "00:00:01.000 --> 00:00:02.500\n<b><i>a</i></b>b<u>c</u>\n"},
		"less than":        {plainCue + "1 < 2 & 3 > 2, <3, --&gt;\n", "00:00:01.000 --> 00:00:02.500\n1 &lt; 2 &amp; 3 &gt; 2, &lt;3, --&gt;\n"},
		"styles in braces": {plainCue + "{\\an8}{\\c&HFF&}Up {not this}\n", "00:00:01.000 --> 00:00:02.500\nUp {not this}\n"},
		"karaoke":          {plainCue + "<00:00:01.500>la <00:02.000>la\n", "00:00:01.000 --> 00:00:02.500\nla la\n"},
		"voice":            {plainCue + "<v A<b>&lt;x&gt;\">hi\n", "00:00:01.000 --> 00:00:02.500\n&lt;v A<b>&lt;x&gt;\"&gt;hi</b>\n"},
		"zero bytes":       {plainCue + "a\x00b\x1bc\n", "00:00:01.000 --> 00:00:02.500\nabc\n"},
		"towers":           {plainCue + "e" + strings.Repeat("\u0301", 50) + "\n", "00:00:01.000 --> 00:00:02.500\ne" + strings.Repeat("\u0301", 4) + "\n"},
		"hidden blank":     {plainCue + "a\n&nbsp;\n<b>\n</b>b\n", "00:00:01.000 --> 00:00:02.500\na\n\u00a0<b></b>b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			cues, err := Parse([]byte(c.in))
			require.NoError(t, err)
			out, err := Encode(cues)
			require.NoError(t, err)
			require.Equal(t, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"+c.want, string(out))
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		kind error
	}{
		"nothing":   {"", models.ErrInvalid},
		"prose":     {"Once upon a time\n--> there was", models.ErrInvalid},
		"a crash":   {"0:0-->", models.ErrInvalid},
		"negative":  {"-00:00:01,000 --> 00:00:02,000\na\n", models.ErrInvalid},
		"huge":      {"999999999:00:01,000 --> 999999999:00:02,000\na\n", models.ErrInvalid},
		"a drawing": {"00:00:01,000 --> 00:00:02,000\nm 0 0 l 100 -0.5 100 50 b 1 2 3 4 5 6\n", models.ErrInvalid},
		"backwards": {"00:00:03,000 --> 00:00:02,000\na\n", models.ErrInvalid},
		"no text":   {"00:00:01,000 --> 00:00:02,000\n<b> </b>\u200b\n", models.ErrInvalid},
		"too many":  {strings.Repeat("00:01.000 --> 00:02.000\na\n\n", MaxCues+1), models.ErrTooLarge},
		"too large": {strings.Repeat("x", MaxBytes+1), models.ErrTooLarge},
	} {
		_, err := Parse([]byte(c.in))
		require.ErrorIs(t, err, c.kind, name)
	}
}

func TestEncodings(t *testing.T) {
	const in = "1\n00:00:01,000 --> 00:00:02,000\nÇa va – “été”\n"
	units := utf16.Encode([]rune(in))
	var little, big []byte
	for _, u := range units {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	for name, data := range map[string][]byte{
		"utf-8": []byte(in), "utf-8 with a mark": []byte("\ufeff" + in),
		"utf-16": append([]byte("\xff\xfe"), little...), "utf-16, big": append([]byte("\xfe\xff"), big...),
		"utf-16 without a mark": little, "utf-16, big, without a mark": big,
		"latin-1": []byte("1\n00:00:01,000 --> 00:00:02,000\n\xc7a va \x96 \x93\xe9t\xe9\x94\n"),
	} {
		cues, err := Parse(data)
		require.NoError(t, err, name)
		require.Equal(t, []Cue{{Start: time.Second, End: 2 * time.Second, Text: "Ça va – “été”"}}, cues, name)
	}
}

// TestLongLines: what is too long is cut, and its tags are closed.
func TestLongLines(t *testing.T) {
	cues, err := Parse([]byte("00:01.000 --> 00:02.000\n<i>" + strings.Repeat("ä", 1<<20) + "\n\n00:03.000 --> 00:04.000\n" + strings.Repeat("<", 1<<20)))
	require.NoError(t, err)
	require.Len(t, cues, 2)
	require.Equal(t, "<i>"+strings.Repeat("ä", maxText)+"</i>", cues[0].Text)
	require.Equal(t, strings.Repeat("&lt;", maxText), cues[1].Text)
}

// FuzzParse: whatever comes in, what goes out is a file that means the same when
// it is read again, with nothing in it but what the package promises.
func FuzzParse(f *testing.F) {
	f.Add([]byte("1\n00:00:01,000 --> 00:00:02,000\n<b>hi</b> {\\an8}x\n\n"))
	f.Add([]byte("WEBVTT\n\nSTYLE\n::cue{}\n\n1\n00:01.000 --> 00:02.000 align:start line:0\n<v Bob><c.red>hi</c> <00:01.500>&lt;\n<i>\n</i>\n"))
	f.Add([]byte("\xff\xfe0\x000\x00:\x000\x001\x00.\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		cues, err := Parse(in)
		if err != nil {
			if !errors.Is(err, models.ErrInvalid) && !errors.Is(err, models.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		out, err := Encode(cues)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range cues {
			bare := tags.ReplaceAllString(c.Text, "")
			if strings.ContainsAny(bare, "<>\x00\r") || strings.Contains(c.Text, "\n\n") || c.Start >= c.End || c.Start < 0 || i > 0 && c.Start < cues[i-1].Start {
				t.Fatalf("cue %q", c.Text)
			}
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if twice, _ := Encode(again); string(twice) != string(out) {
			t.Fatalf("not the same when read again:\n%s\n---\n%s", out, twice)
		}
	})
}
