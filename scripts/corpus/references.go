package corpus

import (
	"context"
	"os"
)

// references are media that name other files from inside.
func references() []File {
	damage := []string{"decode_errors", "truncated", "playlist_input", "unsupported_codec", "no_media_streams", "unsupported_container"}
	return class("reference",
		File{Name: "gab2-hls.avi", Make: gab2, Want: film(2).within(0.3).or(damage...)},
		File{Name: "mov-external-dref", Make: external("url ", "\x00\x00\x00\x00file://{FILM}\x00"), Want: film(2).or(damage...)},
		File{Name: "mov-http-dref", Make: external("url ", "\x00\x00\x00\x00http://{NET}/film.mp4\x00"), Want: film(2).or(damage...)},
		File{Name: "mov-alias-dref", Make: external("alis", alias), Want: film(2).or(damage...)},
		File{Name: "mov-rmra", Make: movieReference, Want: refused(append(damage, "not_media")...)},
	)
}

// alias is a Macintosh alias record of the other film.
const alias = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x96\x00\x02\x00\x00\x06volume" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x08other.ts{FILM}"

// external is a film whose picture lies, as it says, in another file.
func external(kind, payload string) Recipe {
	return func(ctx context.Context, w *Workshop, path string) error {
		return edited("mp4-late", []string{"moov", "trak", "mdia", "minf", "dinf", "dref"}, func([]byte) []byte {
			return box(kind, []byte(w.fill(payload)))
		})(ctx, w, path)
	}
}

// movieReference is a QuickTime movie that is nothing but an address.
func movieReference(_ context.Context, w *Workshop, path string) error {
	reference := "\x00\x00\x00\x00url \x00\x00\x00\xff" + w.fill("http://{NET}/film.mov") + "\x00"
	movie := box("moov", box("rmra", box("rmda", box("rdrf", []byte(reference)))))
	return os.WriteFile(path, append(box("ftyp", []byte("qt  \x00\x00\x00\x00qt  ")), movie...), 0o600)
}

// gab2 is the trick of 2017: a subtitle stream in an AVI holds a playlist, which
// ffmpeg opened as a format of its choice.
func gab2(ctx context.Context, w *Workshop, path string) error {
	return patched("avi", func(b []byte) []byte {
		list := w.fill("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile://{SECRET}\n#EXTINF:1,\nhttp://{NET}/x.ts\n#EXT-X-ENDLIST\n")
		subtitle := "GAB2\x00\x02\x00\x04\x00\x00\x00n\x00l\x00\x04\x00" + string([]byte{byte(len(list)), byte(len(list) >> 8), 0, 0}) + list
		return becomeText(b, subtitle)
	})(ctx, w, path)
}
