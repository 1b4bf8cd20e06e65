package corpus

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
)

// images are pictures, and what claims to be: none of them is a film.
func images() []File {
	image := refused("still_image")
	svg := refused("not_media")
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	return class("image",
		File{Name: "png-30000", Make: raw(func() []byte { return png(30000, 30000) }), Want: image},
		File{Name: "png-16000", Make: raw(func() []byte { return png(16000, 16000) }), Want: image},
		File{Name: "png-2-billion", Make: raw(func() []byte { return png(2_000_000_000, 2_000_000_000) }), Want: image},
		File{Name: "png-ztxt-200-mb", Make: raw(func() []byte { return png(10, 10, textBomb(200)) }), Want: image},
		File{Name: "svg-script", Make: text(head + `<script href="http://{NET}/x.js">alert(1)</script></svg>`), Want: svg},
		File{Name: "svg-laughs", Make: text(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>` + head + `<text>&c;</text></svg>`), Want: svg},
		File{Name: "svg-xxe", Make: text(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://{SECRET}">]>` + head + `<text>&x;</text><image xlink:href="http://{NET}/x.png"/></svg>`), Want: svg},
		File{Name: "jpeg-trunc", Make: patched("jpg", cut(0.5)), Want: image},
		File{Name: "jpeg-html", Make: patched("jpg", func(b []byte) []byte { return append(b, "<html><script>alert(1)</script>"...) }), Want: image},
		File{Name: "gif-50000-frames", Make: raw(frames), Want: image},
		File{Name: "gif-65535", Make: text("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;"), Want: image},
		File{Name: "jpeg-exif-gps", Make: patched("jpg", located), Want: image},
		File{Name: "png-in-mkv", Make: ff("matroska", picture("64x48", "1", 1), arg("-frames:v", "1", "-c:v", "png")), Want: film(1).within(1).or("still_image")},
	)
}

// png claims a size and has next to nothing.
func png(width, height uint32, chunks ...[]byte) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(header, 8, 2, 0, 0, 0))...)
	for _, c := range chunks {
		out = append(out, c...)
	}
	out = append(out, chunk("IDAT", deflated(make([]byte, 1000)))...)
	return append(out, chunk("IEND", nil)...)
}

func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func deflated(data []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	_, _ = z.Write(data)
	_ = z.Close()
	return out.Bytes()
}

// textBomb is a compressed comment that becomes so many megabytes.
func textBomb(megabytes int) []byte {
	return chunk("zTXt", append([]byte("Comment\x00\x00"), deflated(make([]byte, megabytes<<20))...))
}

// frames is a GIF of 50,000.
func frames() []byte {
	out := []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff")
	for range 50_000 {
		out = append(out, ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"...)
	}
	return append(out, ';')
}

// located gives a JPEG the place where it was taken.
func located(b []byte) []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a\x00\x00\x00\x00" +
		"\x00\x01\x00\x01\x00\x02\x00\x00\x00\x02N\x00\x00\x00\x00\x00\x00\x00"
	n := len(exif) + 2
	segment := append([]byte{0xff, 0xe1, byte(n >> 8), byte(n)}, exif...)
	return append(append(bytes.Clone(b[:2]), segment...), b[2:]...)
}
