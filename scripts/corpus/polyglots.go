package corpus

// polyglots are films that are something else to other programs.
func polyglots() []File {
	in := func(kind, payload string) Recipe {
		return patched("mp4-late", func(b []byte) []byte { return append(b, box(kind, []byte(payload))...) })
	}
	const script = "<script>document.title='canary-script'</script>"
	pages := func(e End) End { return e.without("canary-script") }
	return class("polyglot",
		File{Name: "html-in-mp4", Make: in("free", "<!DOCTYPE html><html>"+script+"</html>"), Want: pages(film(2))},
		File{Name: "pdf-in-mp4", Make: in("free", "%PDF-1.7\n1 0 obj<</S/JavaScript/JS(canary-script)>>endobj"), Want: pages(film(2))},
		File{Name: "zip-in-mp4", Make: patched("mp4-late", func(b []byte) []byte { return append(b, box("free", zipSlip())...) }), Want: film(2)},
		File{Name: "html-in-ftyp", Make: patched("mp4-late", func(b []byte) []byte {
			return append(box("skip", []byte("<html>"+script)), b...) // offsets count from the start of the file
		}), Want: pages(film(2)).or("decode_errors", "truncated")},
		File{Name: "html-behind-mp3", Make: patched("mp3", func(b []byte) []byte { return append(b, "<html>"+script...) }), Want: pages(track(1))},
	)
}
