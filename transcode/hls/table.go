package hls

import (
	"fmt"
	"io"
	"strings"

	"runnel/models"
)

// The bounds of what the parsers read.
const (
	maxBytes    = 16 << 20
	maxLine     = 8 << 10
	maxSegments = 100_000
	maxEntries  = 1_000 // variants and audio renditions of a master
)

// tag is a line "#NAME" or "#NAME:value" about a T.
type tag[T any] struct {
	name string
	get  func(*T) (value string, present bool)
	set  func(*T, string) error
}

// attr is one "NAME=value" of a tag's attribute list about a T. get returns ""
// for an attribute that is left out; set gets the text between the quotes of a
// quoted one.
type attr[T any] struct {
	name   string
	quoted bool
	get    func(*T) string
	set    func(*T, string) error
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("hls: %w: %s", models.ErrInvalid, fmt.Sprintf(format, args...))
}

func writeTags[T any](out *strings.Builder, tags []tag[T], v *T) {
	for _, t := range tags {
		value, present := t.get(v)
		if !present {
			continue
		}
		out.WriteString(t.name)
		if value != "" {
			out.WriteString(":" + value)
		}
		out.WriteByte('\n')
	}
}

// readTag sets the tag of that name; found is false when the table has none.
func readTag[T any](tags []tag[T], v *T, seen map[string]bool, name, value string) (found bool, err error) {
	for _, t := range tags {
		if t.name != name {
			continue
		}
		if seen[name] {
			return true, malformed("%s twice", name)
		}
		seen[name] = true
		if err := t.set(v, value); err != nil {
			return true, malformed("%s: %v", name, err)
		}
		return true, nil
	}
	return false, nil
}

func writeAttrs[T any](attrs []attr[T], v *T) string {
	var parts []string
	for _, a := range attrs {
		value := a.get(v)
		if value == "" {
			continue
		}
		if a.quoted {
			value = `"` + value + `"`
		}
		parts = append(parts, a.name+"="+value)
	}
	return strings.Join(parts, ",")
}

func readAttrs[T any](attrs []attr[T], v *T, list string) error {
	seen := map[string]bool{}
	for list != "" {
		name, rest, found := strings.Cut(list, "=")
		if !found || seen[name] {
			return fmt.Errorf("attribute %q", clip(name))
		}
		seen[name] = true
		value, quoted, after, err := attrValue(rest)
		if err != nil {
			return err
		}
		if err := setAttr(attrs, v, name, value, quoted); err != nil {
			return err
		}
		list = after
	}
	return nil
}

// attrValue splits the value at the head of an attribute list from the rest.
func attrValue(s string) (value string, quoted bool, rest string, err error) {
	if quoted = strings.HasPrefix(s, `"`); quoted {
		value, rest, found := strings.Cut(s[1:], `"`)
		if !found || rest != "" && (rest[0] != ',' || len(rest) == 1) {
			return "", false, "", fmt.Errorf("quoted value %q", clip(s))
		}
		return value, true, strings.TrimPrefix(rest, ","), nil
	}
	value, rest, comma := strings.Cut(s, ",")
	if value == "" || comma && rest == "" || strings.ContainsAny(value, "\" ") {
		return "", false, "", fmt.Errorf("value %q", clip(s))
	}
	return value, false, rest, nil
}

func setAttr[T any](attrs []attr[T], v *T, name, value string, quoted bool) error {
	for _, a := range attrs {
		if a.name != name {
			continue
		}
		if a.quoted != quoted {
			return fmt.Errorf("%s: quotes", name)
		}
		if err := a.set(v, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("unknown attribute %q", clip(name))
}

// readLines returns the lines of a playlist after #EXTM3U that say something.
func readLines(r io.Reader) ([]string, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("hls: %w", err)
	}
	if len(b) > maxBytes {
		return nil, fmt.Errorf("hls: %w: playlist of more than %d bytes", models.ErrTooLarge, maxBytes)
	}
	text, found := strings.CutPrefix(string(b), "#EXTM3U\n")
	if !found {
		return nil, malformed("not a playlist")
	}
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > maxLine || strings.ContainsFunc(line, isControl) {
			return nil, malformed("line %q", clip(line))
		}
		if line == "" || line[0] == '#' && !strings.HasPrefix(line, "#EXT") {
			continue
		}
		out = append(out, line)
	}
	return out, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
