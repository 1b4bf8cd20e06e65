package corpus

import (
	"fmt"
	"strings"
)

// evil is a subtitle that a page must not take for its own.
const evil = "1\n00:00:00,000 --> 00:00:01,500\n<script>alert('canary-script')</script><img src=http://{NET}/x onerror=alert(1)>Hello\n"

// tracks are films with more in them than picture and sound.
func tracks() []File {
	captioned := func(format, codec string) Recipe {
		return beside("evil-"+format+".srt", text(evil),
			ff(format, picture("64x48", "24", 2), tone(2), arg("-i", "evil-"+format+".srt", "-map", "0", "-map", "1", "-map", "2", "-c:s", codec), h264(), aac()))
	}
	languages := ff("matroska", picture("64x48", "24", 1), tone(1), tone(1), tone(1),
		arg("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-metadata:s:a:2", "language=fra"), h264(), aac())
	hundred := arg("-map", "0")
	for range 100 {
		hundred = append(hundred, "-map", "1")
	}
	return class("tracks",
		File{Name: "three-languages", Make: languages, Want: film(1).with(`LANGUAGE="en"`, `LANGUAGE="de"`, `LANGUAGE="fr"`)},
		File{Name: "two-pictures", Make: ff("matroska", picture("64x48", "24", 1), picture("128x96", "24", 1), arg("-map", "0", "-map", "1"), h264()), Want: film(1)},
		File{Name: "100-sounds", Make: ff("matroska", picture("64x48", "24", 0.2), tone(0.2), hundred, h264(), arg("-c:a", "pcm_s16le")), Want: refused("too_many_streams")},
		File{Name: "srt-script", Make: captioned("matroska", "srt"), Want: film(2).without("<script", "onerror")},
		File{Name: "mov-text-script", Make: captioned("mp4", "mov_text"), Want: film(2).without("<script", "onerror")},
		File{Name: "ass-script", Make: captioned("matroska", "ass"), Want: film(2).without("<script", "onerror")},
		File{Name: "font-traversal", Make: beside("evil.ttf", raw(func() []byte { return append([]byte("canary-script"), random(5000)...) }),
			ff("matroska", picture("64x48", "24", 1), h264(), arg("-attach", "evil.ttf", "-metadata:s:t", "mimetype=font/ttf", "-metadata:s:t", "filename="+gone))), Want: film(1).without("canary-script")},
		File{Name: "1000-chapters", Make: beside("chapters.txt", text(chapters(1000)),
			ff("matroska", picture("64x48", "24", 2), arg("-i", "chapters.txt", "-map", "0", "-map_chapters", "1"), h264())), Want: film(2)},
		File{Name: "timecode", Make: ff("mov", picture("64x48", "24", 1), h264(), arg("-timecode", "01:00:00:00")), Want: film(1)},
	)
}

// chapters is a list of so many in 2 seconds, with titles that are markup.
func chapters(n int) string {
	var b strings.Builder
	b.WriteString(";FFMETADATA1\n")
	for i := range n {
		fmt.Fprintf(&b, "[CHAPTER]\nTIMEBASE=1/1000\nSTART=%d\nEND=%d\ntitle=<b onclick\\=alert(1)>%d\n", i*2000/n, (i+1)*2000/n, i)
	}
	return b.String()
}
