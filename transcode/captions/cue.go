package captions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"runnel/models"
)

// The bounds of what is taken.
const (
	// MaxBytes is the largest file that Parse reads.
	MaxBytes = 8 << 20
	// MaxCues is how many cues a file may have: one a second for half a day.
	MaxCues  = 50_000
	maxText  = 1000 // runes of one cue; three lines of 40 are usual
	maxLines = 20   // of one cue
	maxLine  = 8000 // bytes of a line, tags included
	maxTime  = 100 * time.Hour
	maxOut   = 16 << 20 // bytes that Encode writes
)

// Cue is one caption. Text is WebVTT cue text: escaped, with no other tags than
// b, i, u and v, all of them closed. Settings are those of a WebVTT timing line
// that say where the text stands.
type Cue struct {
	Start, End time.Duration
	Text       string
	Settings   string
}

// sorted puts cues in order of their times, as WebVTT asks for, and drops
// repetitions: styled subtitles say the same several times, for its shadow.
func sorted(cues []Cue) []Cue {
	slices.SortStableFunc(cues, func(a, b Cue) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	return slices.Compact(cues)
}

// Encode writes cues as WebVTT. The first line after the signature ties cue time
// zero to the zero of picture and sound (RFC 8216 §3.5).
func Encode(cues []Cue) ([]byte, error) {
	var out strings.Builder
	out.WriteString("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n")
	for _, c := range cues {
		out.WriteString("\n" + Timing(c.Start, c.End))
		if c.Settings != "" {
			out.WriteString(" " + c.Settings)
		}
		out.WriteString("\n" + c.Text + "\n")
		if out.Len() > maxOut {
			return nil, fmt.Errorf("captions: %w: more than %d bytes", models.ErrTooLarge, maxOut)
		}
	}
	return []byte(out.String()), nil
}

// Timing writes a WebVTT timing line, in whole milliseconds.
func Timing(start, end time.Duration) string { return clock(start) + " --> " + clock(end) }

func clock(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

// Escape writes plain text as WebVTT cue text.
func Escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
