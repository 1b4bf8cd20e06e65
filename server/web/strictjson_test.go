package web

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCheckJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct {
		in string
		ok bool
	}{
		"object":                {`{"a":1,"b":[true,null,"x"]}`, true},
		"spaces around":         {" \n{} \t", true},
		"a pair of surrogates":  {`{"a":"\ud83d\ude00"}`, true},
		"escaped backslash u":   {`{"a":"\\ud83d"}`, true},
		"empty":                 {``, false},
		"truncated":             {`{"a":`, false},
		"trailing garbage":      {`{} x`, false},
		"two values":            {`{}{}`, false},
		"duplicate key":         {`{"a":1,"a":2}`, false},
		"duplicate key inside":  {`{"a":{"b":1,"b":2}}`, false},
		"duplicate by escape":   {`{"a":1,"\u0061":2}`, false},
		"NaN":                   {`{"a":NaN}`, false},
		"lone high surrogate":   {`{"a":"\ud800"}`, false},
		"lone low surrogate":    {`{"a":"\udc00x"}`, false},
		"high then letter":      {`{"a":"\ud800A"}`, false},
		"high then other":       {`{"a":"\ud800\n"}`, false},
		"two highs":             {`{"a":"\ud800\ud800"}`, false},
		"invalid UTF-8":         {"{\"a\":\"\xff\"}", false},
		"deepest allowed":       {deep(maxDepth), true},
		"too deep":              {deep(maxDepth + 2), false},
		"ten thousand deep":     {deep(10_000), false},
		"key not a string":      {`{1:2}`, false},
		"only an opening brace": {`{`, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := checkJSON([]byte(c.in)); (err == nil) != c.ok {
				t.Errorf("checkJSON(%.40q) = %v, want ok %v", c.in, err, c.ok)
			}
		})
	}
}

// FuzzCheckJSON: what passes is JSON for the standard library too, and the check
// never panics.
func FuzzCheckJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":"\ud83d\ude00"}`, `[[[]]]`, `{"a":1,"a":2}`, `"\u`, "\x00", `{"a":1e999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) == nil && !json.Valid(data) {
			t.Errorf("accepted what is not JSON: %q", data)
		}
	})
}
