package spool

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"runnel/models"
)

func TestDescribe(t *testing.T) {
	tests := []struct {
		name     string
		meta     map[string]string
		title    string
		filename string
	}{
		{"nothing", nil, "Untitled", ""},
		{"file name", map[string]string{"filename": "Big Buck.Bunny.mp4"}, "Big Buck.Bunny", "Big Buck.Bunny.mp4"},
		{"title wins", map[string]string{"filename": "x.mp4", "title": " My  film\n"}, "My film", "x.mp4"},
		{"traversal", map[string]string{"filename": "../../etc/passwd"}, "passwd", "passwd"},
		{"windows", map[string]string{"filename": `C:\Users\me\film.avi`}, "film", "film.avi"},
		{"only an extension", map[string]string{"filename": ".mp4"}, "Untitled", ".mp4"},
		{"direction", map[string]string{"filename": "\u202egpj.exe"}, "gpj", "gpj.exe"},
		{"NUL and escapes", map[string]string{"title": "a\x00b\x1b[31mc"}, "ab[31mc", ""},
		{"zalgo", map[string]string{"title": "e" + strings.Repeat("\u0301", 2000)}, "\u00e9\u0301\u0301\u0301", ""},
		{"bad UTF-8", map[string]string{"title": "a\xff\xfeb"}, "a\ufffdb", ""},
		{"option", map[string]string{"filename": "-i.mp4"}, "-i", "-i.mp4"},
		{"decomposed", map[string]string{"title": "Cafe\u0301"}, "Café", ""},
		{"unknown keys", map[string]string{"title": "a", "role": "admin"}, "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, kept, err := describe(tt.meta)
			require.NoError(t, err)
			require.Equal(t, tt.title, r.Title)
			require.Equal(t, tt.filename, kept["filename"])
			require.Equal(t, models.Public, r.Visibility)
			require.NotContains(t, kept, "role")
		})
	}
	r, kept, err := describe(map[string]string{"kind": "track", "visibility": "private"})
	require.NoError(t, err)
	require.Equal(t, models.KindTrack, r.Kind)
	require.Equal(t, models.Private, r.Visibility)
	require.Equal(t, "track", kept["kind"])
}

func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"", "a  b", "\u202e", "e\u0301\u0301\u0301\u0301", "\xff", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := CleanText(s, 50)
		if !utf8.ValidString(out) || utf8.RuneCountInString(out) > 50 || strings.TrimSpace(out) != out {
			t.Fatalf("%q -> %q", s, out)
		}
		if strings.ContainsFunc(out, unicode.IsControl) {
			t.Fatalf("control character in %q", out)
		}
		if again := CleanText(out, 50); again != out {
			t.Fatalf("not stable: %q -> %q -> %q", s, out, again)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add("filename YQ==,title Yg==", "sha1 AAAA")
	f.Add(",", "md5 ")
	f.Fuzz(func(t *testing.T, meta, sum string) {
		_ = validMetadata(meta)
		if c := parseChecksum(sum); c != nil && len(c.want) != c.hash.Size() {
			t.Fatal("a sum of the wrong size")
		}
	})
}
