package captions

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// override is how ASS, and many an SRT file, writes styles into the text.
var override = regexp.MustCompile(`\{\\[^{}\n]*\}`)

// drawing is a picture drawn with lines, which ASS has among its texts.
var drawing = regexp.MustCompile(`^m(?: -?[\d.]+){2}(?: (?:[mnlbspc]|-?[\d.]+))*$`)

const (
	maxNesting = 8 // tags open at a time
	maxSpeaker = 80
	maxMarks   = 4 // combining marks on one character
)

// clean makes cue text of the lines of a cue.
func clean(lines []string) string {
	c := &cleaner{left: maxText}
	text := override.ReplaceAllString(strings.Join(lines, "\n"), "")
	for text != "" && c.left > 0 {
		before, rest, found := strings.Cut(text, "<")
		c.text(before)
		if !found {
			break
		}
		tag, after, closed := strings.Cut(rest, ">")
		if !closed || !isTag(tag) {
			c.text("<") // less than
			text = rest
			continue
		}
		c.tag(tag)
		text = after
	}
	return c.finish()
}

// tagName is how a tag begins: a name, or the time of karaoke.
var tagName = regexp.MustCompile(`^(?:/?[A-Za-z]|[!?]|\d+:)`)

// isTag tells a tag from a sign that stands in a text.
func isTag(s string) bool { return tagName.MatchString(s) && !strings.Contains(s, "<") }

// cleaner writes text with the tags that are kept.
type cleaner struct {
	out   strings.Builder
	open  []string
	left  int // runes that may still be written
	marks int
	said  bool // something visible was written
}

// text writes plain text, in which character references may stand.
func (c *cleaner) text(s string) {
	for _, r := range html.UnescapeString(s) {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			c.marks++
		} else {
			c.marks = 0
		}
		if r == '\n' && !c.endsLine() {
			c.out.WriteByte('\n')
			continue
		}
		if c.left == 0 || c.marks > maxMarks || unicode.IsControl(r) && r != '\t' {
			continue
		}
		c.said = c.said || !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r)
		c.left--
		c.out.WriteString(Escape(string(r)))
	}
}

// endsLine reports whether another line break would make an empty line, which
// ends a cue.
func (c *cleaner) endsLine() bool {
	s := c.out.String()
	last := s[strings.LastIndexByte(s, '\n')+1:]
	return visible(last) == ""
}

// tag writes a tag that is kept; every other one is left out, its text stays.
func (c *cleaner) tag(s string) {
	if name, closing := strings.CutPrefix(s, "/"); closing {
		c.end(strings.ToLower(strings.TrimSpace(name)))
		return
	}
	name, rest, _ := strings.Cut(s, " ")
	name, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(name)), ".") // classes are styles
	if len(c.open) == maxNesting || slices.Contains(c.open, name) {
		return
	}
	switch name {
	case "b", "i", "u":
		c.out.WriteString("<" + name + ">")
	case "v":
		if rest = speaker(rest); rest == "" {
			return
		}
		c.out.WriteString("<v " + rest + ">")
	default:
		return
	}
	c.open = append(c.open, name)
}

// end closes a tag and those that were opened inside it.
func (c *cleaner) end(name string) {
	for at := slices.Index(c.open, name); at >= 0 && at < len(c.open); {
		c.out.WriteString("</" + c.open[len(c.open)-1] + ">")
		c.open = c.open[:len(c.open)-1]
	}
}

// speaker is the name in a voice tag, as one short line.
func speaker(s string) string {
	n := 0
	s = strings.Map(func(r rune) rune {
		if n++; n > maxSpeaker || unicode.IsControl(r) || strings.ContainsRune("<>&", r) {
			return -1
		}
		return r
	}, html.UnescapeString(s))
	return strings.Join(strings.Fields(s), " ")
}

func (c *cleaner) finish() string {
	if len(c.open) > 0 {
		c.end(c.open[0])
	}
	text := strings.Trim(c.out.String(), "\n")
	if !c.said || drawing.MatchString(visible(text)) {
		return ""
	}
	return text
}

// tags are those that clean writes.
var tags = regexp.MustCompile(`</?[biuv](?: [^>]*)?>`)

// visible is cue text without its tags and blanks.
func visible(s string) string { return strings.TrimSpace(tags.ReplaceAllString(s, "")) }
