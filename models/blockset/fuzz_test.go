package blockset

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

// small is a release of few bytes, for fuzzing.
func small(t testing.TB, p Putter) Release {
	t.Helper()
	rel := Release{
		Release:    models.Release{ID: "3kabcdefghijk", Kind: models.KindTrack, Title: "T"},
		Renditions: []models.Rendition{{ID: "a/x", Media: models.MediaAudio}},
	}
	for path, text := range map[string]string{
		"master.m3u8": "#EXTM3U\na/x/index.m3u8\n", "a/x/init.mp4": "i", "a/x/index.m3u8": mediaPlaylist(1), "a/x/00/00000.m4s": "s",
	} {
		rel.Files = append(rel.Files, addBytes(t, p, path, []byte(text)))
	}
	return rel
}

func FuzzParseManifest(f *testing.F) {
	s, set := written(f)
	whole := s.blocks[fileOf(f, set, manifestName).CID]
	f.Add(whole)
	f.Add([]byte(`{"$type":"tv.runnel.manifest","v":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err != nil {
			if !errors.Is(err, ErrManifest) {
				t.Fatal(err)
			}
			return
		}
		again, err := m.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%v\n%s\n%s", err, b, again)
		}
		_ = m.Release()
		_ = m.Models()
	})
}

// FuzzOpen puts one block of anybody's making into a set, under the CID that it
// has: as the root, and linked from one.
func FuzzOpen(f *testing.F) {
	s, set := written(f)
	for _, c := range []cid.Cid{set.Root, set.Blocks[len(set.Blocks)-2], fileOf(f, set, "v/360p24/00/00000.m4s").CID} {
		f.Add(s.blocks[c])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > nodeSize {
			return
		}
		s := s.clone()
		c, err := builder().Sum(b)
		if err != nil {
			t.Fatal(err)
		}
		s.blocks[c] = b
		ctx := context.Background()
		links := []link{{"a", c, uint64(len(b))}}
		for _, name := range []string{manifestName, signatureName} {
			file := fileOf(t, set, name)
			links = append(links, link{name, file.CID, file.DagSize})
		}
		outer, _, err := encodeFolder(links)
		if err != nil {
			t.Fatal(err)
		}
		s.blocks[outer.CID] = outer.Data
		for _, root := range []cid.Cid{c, outer.CID} {
			if o, err := Open(ctx, s, root); err == nil {
				_, _, _ = o.Resolve(ctx, "v/360p24/00/00000.m4s")
			}
			_, err = Verify(ctx, s, root, nil)
			if err == nil && root != set.Root {
				t.Fatalf("another root verified: %x", b)
			}
			_, _ = Leaves(ctx, s, root)
			_ = Walk(ctx, s, root, func(cid.Cid, int) error { return nil })
		}
	})
}

func TestParseManifestRefuses(t *testing.T) {
	s, set := written(t)
	whole := string(s.blocks[fileOf(t, set, manifestName).CID])
	if _, err := ParseManifest([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"null":               []byte("null"),
		"an array":           []byte("[]"),
		"cut":                []byte(whole[:len(whole)-1]),
		"more behind":        []byte(whole + "{}"),
		"a newline":          []byte(whole + "\n"),
		"a space":            replaced(whole, ":", ": "),
		"an unknown field":   replaced(whole, `"v":1}`, `"v":1,"w":1}`),
		"a field twice":      replaced(whole, `"v":1}`, `"v":1,"v":1}`),
		"another case":       replaced(whole, `"v":1}`, `"V":1}`),
		"a float":            replaced(whole, `"rev":2`, `"rev":2.0`),
		"an escape":          replaced(whole, `"An`, `"\u0041n`),
		"an empty field":     replaced(whole, `"album":"An album"`, `"album":""`),
		"another version":    replaced(whole, `"v":1}`, `"v":2}`),
		"another type":       replaced(whole, "tv.runnel.manifest", "tv.runnel.other"),
		"another profile":    replaced(whole, "unixfs-v1-2025", "unixfs-v0-2015"),
		"another address":    replaced(whole, "/release/3kabcdefghijk", "/release/3kabcdefghijl"),
		"rev zero":           replaced(whole, `"rev":2`, `"rev":0`),
		"no such kind":       replaced(whole, `"kind":"video"`, `"kind":"film"`),
		"a bad date":         replaced(whole, "2023-11-14T", "2023-13-14T"),
		"a fraction":         replaced(whole, `22:13:20Z`, `22:13:20.5Z`),
		"a short digest":     replaced(whole, `"hashesSha256":"D`, `"hashesSha256":"`),
		"another hash list":  replaced(whole, `"hashes":"h/v-360p24.bin"`, `"hashes":"h/a-aac-128-2-0-und.bin"`),
		"a false hash list":  replaced(whole, `"h/v-360p24.bin":"D`, `"h/v-360p24.bin":"E`),
		"a hostile name":     replaced(whole, `"x/cover.jpg"`, `"../cover.jpg"`),
		"a media file":       replaced(whole, `"x/cover.jpg"`, `"v/cover.jpg"`),
		"a poster elsewhere": replaced(whole, `"poster":"x/poster.jpg"`, `"poster":"x/other.jpg"`),
		"no such CID":        replaced(whole, `"supersedes":"bafk`, `"supersedes":"bbfk`),
		"a negative count":   replaced(whole, `"segments":3`, `"segments":-3`),
		"a huge count":       replaced(whole, `"segments":3`, `"segments":9000000`),
		"a huge frame rate":  replaced(whole, `"24000/1001"`, `"1e999999999"`),
		"a rate of zero":     replaced(whole, `"24000/1001"`, `"0"`),
		"not in lowest form": replaced(whole, `"24000/1001"`, `"48000/2002"`),
		"ext no object":      replaced(whole, `"files":`, `"ext":[],"files":`),
		"deep ext":           replaced(whole, `"files":`, `"ext":{"a":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`},"files":`),
		"too large":          replaced(whole, `"An album"`, `"`+strings.Repeat("x", maxManifest)+`"`),
		"a surrogate":        replaced(whole, `"An album"`, `"\ud800"`),
		"not UTF-8":          replaced(whole, `"An album"`, "\"\xff\""),
	} {
		if _, err := ParseManifest(b); !isOnly(err, ErrManifest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	twice := set.Manifest
	twice.Renditions = append(twice.Renditions, twice.Renditions[0])
	if _, err := twice.Encode(); !errors.Is(err, models.ErrInvalid) {
		t.Errorf("a rendition twice: %v", err)
	}
	// What readers who do not know it ignore.
	extended := replaced(whole, `"files":`, `"ext":{"a":[1,{"b":null}]},"files":`)
	if _, err := ParseManifest(extended); err != nil {
		t.Errorf("ext: %v", err)
	}
}
