package corpus

import "strings"

// covers are tracks with a picture, or what says that it is one. The sound plays
// whatever it is, and a cover's own bytes never come out.
func covers() []File {
	with := func(mime string, picture func() []byte) Recipe {
		return patched("mp3", func(b []byte) []byte { return append(id3(attached(mime, picture())), b...) })
	}
	words := func(s string) func() []byte { return func() []byte { return []byte(s) } }
	const script = "<script>document.title='canary-script'</script>"
	quiet := track(1).without("canary-script", "<svg")
	in := func(format string, encoder ...string) Recipe {
		return ff(format, picture("64x48", "1", 1), tone(1), arg("-map", "1", "-map", "0", "-frames:v", "1", "-disposition:v", "attached_pic"), encoder)
	}
	return class("cover",
		File{Name: "apic-huge", Make: with("image/jpeg", func() []byte { return append([]byte("\xff\xd8\xff\xe0"), random(4<<20)...) }), Want: track(1)},
		File{Name: "apic-html", Make: with("text/html", words("<html>"+script)), Want: quiet},
		File{Name: "apic-svg", Make: lured(attached("image/svg+xml", []byte("<svg xmlns='http://www.w3.org/2000/svg'>"+script+"<image href='http://{NET}/x.png'/></svg>"))), Want: quiet},
		File{Name: "apic-url", Make: lured(attached("-->", []byte("http://{NET}/cover.jpg"))), Want: track(1)},
		File{Name: "apic-file-url", Make: lured(attached("-->", []byte("file://{SECRET}"))), Want: track(1)},
		File{Name: "apic-png-30000", Make: with("image/png", func() []byte { return png(30000, 30000) }), Want: track(1)},
		File{Name: "apic-jpeg-html", Make: beside("cover-html.jpg", patched("jpg", func(b []byte) []byte { return append(b, script...) }),
			ff("mp3", tone(1), arg("-i", "cover-html.jpg", "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic"))), Want: quiet},
		File{Name: "mp3-cover", Make: in("mp3", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "libmp3lame"), Want: track(1)},
		File{Name: "flac-cover", Make: in("flac", "-c:v", "png", "-c:a", "flac"), Want: track(1).with("fLaC")},
		File{Name: "m4a-cover", Make: in("ipod", "-c:v", "png", "-c:a", "aac"), Want: track(1)},
		File{Name: "mp3-url-frames", Make: lured(frame("WXXX", "\x00\x00http://{NET}/"), frame("WOAF", "http://{NET}/f"), frame("LINK", "APIChttp://{NET}/l\x00")), Want: track(1)},
		File{Name: "mp3-private-frame", Make: tagged(frame("PRIV", "owner\x00"+strings.Repeat("canary-script", 10)), frame("GEOB", "\x00text/html\x00a.html\x00\x00"+script)), Want: quiet},
	)
}
