package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"runnel/models"
)

// cleanText returns what may stand in a column: valid UTF-8 in NFC without
// control characters but line breaks and tabs, at most limit characters;
// longer is a Fault of the given code.
func cleanText(code, s string, limit int) (string, error) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > limit*utf8.UTFMax || utf8.RuneCountInString(s) > limit {
		return "", models.NewFault(models.ErrTooLarge, code, fmt.Sprintf("This text is longer than %d characters.", limit))
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(norm.NFC.String(s)), nil
}

// cleanTags returns tags without blanks and repetitions, at most 50.
func cleanTags(tags []string) ([]string, error) {
	out := make([]string, 0, len(tags))
	seen := map[string]bool{}
	for _, t := range tags {
		t, err := cleanText("tag", t, 100)
		if err != nil {
			return nil, err
		}
		if key := strings.ToLower(t); t != "" && !seen[key] {
			seen[key] = true
			out = append(out, t)
		}
	}
	if len(out) > 50 {
		return nil, models.NewFault(models.ErrTooLarge, "tags", "A release has at most 50 tags.")
	}
	return out, nil
}

// words splits a query into at most 8 words of letters, digits and marks.
func words(query string) []string {
	query = norm.NFC.String(strings.ToValidUTF8(query, " "))
	fields := strings.FieldsFunc(query, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	out := fields[:0]
	for _, w := range fields {
		if len(out) < 8 && len(w) <= 256 && strings.ContainsFunc(w, searchable) {
			out = append(out, w)
		}
	}
	return out
}

func searchable(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// toJSON writes a list or map for a column; such values always encode.
func toJSON(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // so that full-text search sees the characters themselves
	if err := enc.Encode(v); err != nil {
		return "null"
	}
	return strings.TrimSpace(b.String())
}

// fromJSON reads such a column; what cannot be read is as if it were empty.
func fromJSON[T any](s string) (v T) {
	_ = json.Unmarshal([]byte(s), &v)
	return v
}

func mapped[R, M any](rows []R, model func(R) M) []M {
	out := make([]M, len(rows))
	for i, r := range rows {
		out[i] = model(r)
	}
	return out
}

func clampLimit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 500)
}
