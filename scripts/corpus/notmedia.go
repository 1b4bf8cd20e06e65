package corpus

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"strings"

	"runnel/transcode/ffmpeg"
)

// gone is where a climbing path of an archive would lead.
const gone = "../../../../../../tmp/runnel-corpus-escaped"

func notMedia() []File {
	no := refused(ffmpeg.CodeNotMedia)
	return append(class("not media",
		File{Name: "zero-byte", Make: raw(func() []byte { return nil }), Want: refused(ffmpeg.CodeEmptyFile)},
		File{Name: "one-byte", Make: text("x"), Want: no},
		File{Name: "random", Make: raw(func() []byte { return random(300_000) }), Want: no},
		File{Name: "zeros", Make: raw(func() []byte { return make([]byte, 300_000) }), Want: no},
		File{Name: "html", Make: text("<!DOCTYPE html><html><script src=http://{NET}/x.js></script></html>"), Want: no},
		File{Name: "elf", Make: raw(func() []byte { return append([]byte("\x7fELF\x02\x01\x01"), random(100_000)...) }), Want: no},
		File{Name: "gzip-bomb", Make: raw(func() []byte { return zipped(100 << 20) }), Want: no},
		File{Name: "text", Make: text(strings.Repeat("All work and no play.\n", 1000)), Want: no},
		File{Name: "ansi-art", Make: text(strings.Repeat("\x1b[31m\x1b[2J\xdb\xb2\xb1\xb0\x1b[0m\r\n", 500)), Want: no},
		File{Name: "script", Make: text("#!/bin/sh\ncat {SECRET}\n"), Want: no},
		File{Name: "json", Make: text(`{"url": "http://{NET}/", "file": "{SECRET}"}`), Want: no},
		File{Name: "pdf", Make: text("%PDF-1.7\n1 0 obj <</URI (http://{NET}/)>> endobj\n" + strings.Repeat("%x\n", 2000)), Want: no},
	), class("size",
		File{Name: "sparse-5g", Make: sparse(nil, 5<<30), Want: refused("too_large")},
		File{Name: "sparse-tail-3g", Make: sparse([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), 3<<30), Want: refused("too_large")},
	)...)
}

func archives() []File {
	no := refused(ffmpeg.CodeNotMedia, ffmpeg.CodeUnsupportedContainer)
	return class("archive, tracker",
		File{Name: "zip-slip", Make: raw(zipSlip), Want: no},
		File{Name: "tar-slip", Make: raw(tarSlip), Want: no},
		File{Name: "encoding-bomb.json.gz", Make: raw(func() []byte { return zipped(10 << 20) }), Want: no},
		File{Name: "tracker.mod", Make: raw(trackerModule), Want: no},
		File{Name: "midi", Make: raw(func() []byte {
			return []byte("MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk\x00\x00\x00\x0c\x00\x90\x3c\x40\x60\x80\x3c\x40\x00\xff\x2f\x00")
		}), Want: no},
	)
}

// zipped is how little so many zeros are.
func zipped(n int64) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	zeros := make([]byte, 1<<20)
	for ; n > 0; n -= int64(len(zeros)) {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	return out.Bytes()
}

func zipSlip() []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	if w, err := z.Create(gone); err == nil {
		_, _ = w.Write([]byte("escaped"))
	}
	_ = z.Close()
	return out.Bytes()
}

func tarSlip() []byte {
	var out bytes.Buffer
	t := tar.NewWriter(&out)
	_ = t.WriteHeader(&tar.Header{Name: gone, Mode: 0o644, Size: 7})
	_, _ = t.Write([]byte("escaped"))
	_ = t.Close()
	return out.Bytes()
}

// trackerModule is a ProTracker song of one empty pattern and one sample.
func trackerModule() []byte {
	song := make([]byte, 1084+1024+2000)
	copy(song, "a song")
	copy(song[20+22:], "\x03\xe8\x00\x40\x00\x00\x00\x01") // 1,000 words, loud
	song[950] = 1
	copy(song[1080:], "M.K.")
	return song
}
