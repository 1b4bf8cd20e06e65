package captions

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"runnel/models"
)

// timing is the line that SRT and WebVTT have in common, as loosely as people
// write it: hours may be missing, a comma may stand for the point.
var timing = regexp.MustCompile(`^\s*(-?)(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\s*-->\s*(-?)(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})(?:\s+(.*))?$`)

// Parse reads an SRT or WebVTT file and returns its cues in order. Cues that
// cannot be understood, or stand before zero, or have no text, are dropped;
// there must be one that is none of these. The error wraps models.ErrInvalid or
// models.ErrTooLarge.
func Parse(data []byte) ([]Cue, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("captions: %w: more than %d bytes", models.ErrTooLarge, MaxBytes)
	}
	p := &parser{}
	for line := range strings.SplitSeq(plain(data), "\n") {
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	p.close()
	if len(p.cues) == 0 {
		return nil, fmt.Errorf("captions: %w: no captions found; SRT and WebVTT files can be read", models.ErrInvalid)
	}
	return sorted(p.cues), nil
}

// parser reads line by line. All that stands between cues is passed over:
// numbers and names of cues, notes, styles, regions.
type parser struct {
	cues  []Cue
	cue   *Cue // the one whose text is read
	lines []string
}

func (p *parser) line(line string) error {
	if strings.Contains(line, "-->") {
		p.dropNumber()
		p.close()
		p.cue = timed(line)
		if len(p.cues) == MaxCues {
			return fmt.Errorf("captions: %w: more than %d captions", models.ErrTooLarge, MaxCues)
		}
		return nil
	}
	if strings.TrimSpace(line) == "" {
		p.close()
		return nil
	}
	if p.cue != nil && len(p.lines) <= maxLines {
		p.lines = append(p.lines, strings.ToValidUTF8(line[:min(len(line), maxLine)], ""))
	}
	return nil
}

// dropNumber takes the number of the next cue away from this one's text, where
// no empty line stands between them.
func (p *parser) dropNumber() {
	if n := len(p.lines); n > 0 {
		if _, err := strconv.Atoi(strings.TrimSpace(p.lines[n-1])); err == nil {
			p.lines = p.lines[:n-1]
		}
	}
}

// close ends the cue that is read.
func (p *parser) close() {
	if p.cue != nil {
		p.cue.Text = clean(p.lines[:min(len(p.lines), maxLines)])
		if p.cue.Text != "" {
			p.cues = append(p.cues, *p.cue)
		}
	}
	p.cue, p.lines = nil, nil
}

// timed returns the cue of a timing line, or nil for one without sense.
func timed(line string) *Cue {
	if len(line) > 500 {
		return nil
	}
	m := timing.FindStringSubmatch(line)
	if m == nil || m[1] != "" || m[6] != "" {
		return nil
	}
	c := &Cue{Start: moment(m[2:6]), End: moment(m[7:11]), Settings: settings(m[11])}
	if c.Start >= c.End || c.End > maxTime {
		return nil
	}
	return c
}

// moment reads hours, minutes, seconds and a fraction; the pattern has bounded
// them.
func moment(parts []string) time.Duration {
	var n [3]int64
	for i := range n {
		n[i], _ = strconv.ParseInt("0"+parts[i], 10, 64)
	}
	ms, _ := strconv.ParseInt((parts[3] + "00")[:3], 10, 64)
	return time.Duration(((min(n[0], 1e6)*60+n[1])*60+n[2])*1000+ms) * time.Millisecond
}

// setting is what may be said of where a cue stands.
var setting = regexp.MustCompile(`^(?:align:(?:start|center|end|left|right)|line:-?\d{1,2}|(?:line|position|size):(?:100|\d{1,2})%|vertical:(?:rl|lr))$`)

func settings(s string) string {
	var kept []string
	for field := range strings.FieldsSeq(s) {
		if setting.MatchString(field) && len(kept) < 5 {
			kept = append(kept, field)
		}
	}
	return strings.Join(kept, " ")
}
