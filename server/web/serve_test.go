package web

import (
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

func TestContentType(t *testing.T) {
	for path, want := range map[string]string{
		"master.m3u8":                    "application/vnd.apple.mpegurl",
		"v/360p24/index.m3u8":            "application/vnd.apple.mpegurl",
		"v/360p24/init.mp4":              "video/mp4",
		"v/360p24/00/00000.m4s":          "video/iso.segment",
		"a/aac-128-2/0-und/init.mp4":     "audio/mp4",
		"a/aac-128-2/0-und/00/00000.m4s": "audio/mp4",
		"t/0-en/0.vtt":                   "text/vtt",
		"s/sprite-0.jpg":                 "image/jpeg",
		"s/storyboard.vtt":               "text/vtt",
		"x/waveform.json":                "application/json",
		"manifest.json":                  "application/json",
		"manifest.sig":                   "application/octet-stream",
		"h/v-360p24.bin":                 "application/octet-stream",
		"x/cover.svg":                    "application/octet-stream",
		"x/page.html":                    "application/octet-stream",
		"clip.mp4":                       "application/octet-stream",
		"x/poster.JPG":                   "application/octet-stream",
		"a/aac-128-2/0-und/00/evil.html": "application/octet-stream",
	} {
		if got := contentType(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestCleanPath(t *testing.T) {
	for _, ok := range []string{"/master.m3u8", "v/360p24/00/00000.m4s", "/a/aac-128-2/0-pt-BR/init.mp4"} {
		if got, good := cleanPath(ok); !good || got != strings.TrimPrefix(ok, "/") {
			t.Errorf("%q: %q, %v", ok, got, good)
		}
	}
	for _, bad := range []string{"", "/", "//x", "a//b", "a/", "../x", "a/../b", "./a", "a/.", "a\\b", "a b", "a\x00b", "a\nb", "ä", strings.Repeat("a", 513)} {
		if got, good := cleanPath(bad); good {
			t.Errorf("%q was accepted as %q", bad, got)
		}
	}
}

func TestParseRoot(t *testing.T) {
	sum, err := multihash.Sum([]byte("x"), multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	good := cid.NewCidV1(cid.DagProtobuf, sum)
	if got, err := parseRoot(good.String()); err != nil || !got.Equals(good) {
		t.Errorf("%s: %v, %v", good, got, err)
	}
	base58, err := good.StringOfBase('z')
	if err != nil {
		t.Fatal(err)
	}
	base36, err := good.StringOfBase('k')
	if err != nil {
		t.Fatal(err)
	}
	sha512, err := multihash.Sum([]byte("x"), multihash.SHA2_512, -1)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":      "",
		"upper case": strings.ToUpper(good.String()),
		"base58":     base58,
		"base36":     base36,
		"v0":         cid.NewCidV0(sum).String(),
		"raw":        cid.NewCidV1(cid.Raw, sum).String(),
		"sha2-512":   cid.NewCidV1(cid.DagProtobuf, sha512).String(),
		"identity":   "bafkqagj4onrxe2lqoq7gc3dfoj2cqmjjhqxxgy3snfyhipq",
		"garbage":    "bafy",
		"long":       good.String() + strings.Repeat("a", 5000),
		"NUL":        good.String() + "\x00",
	} {
		if _, err := parseRoot(bad); err == nil {
			t.Errorf("%s: %q was accepted", name, bad)
		}
	}
}
