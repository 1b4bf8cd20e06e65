package corpus

import (
	"fmt"
	"strings"
)

// names are one short track under names that a file system, a shell or ffmpeg
// would misread. A name is shown and nothing else.
func names() []File {
	list := []string{
		"../../../../etc/passwd", `..\..\windows\system32\x.mp4`, "/etc/passwd", `C:\x.mp4`, "a/../../b.mp4", "....//....//x.mp4",
		"%2e%2e%2fx.mp4", "a\x00.mp4", "a\r\nX-Evil: 1.mp4", "a\nb.mp4", "\u202egpj.4pm", "a\u200b\u2060b.mp4",
		strings.Repeat("n", 4096) + ".mp4", strings.Repeat("\u00e9", 300) + ".mp4", "-i.mp4", "-f lavfi -i testsrc.mp4", "--help",
		"concat:a.mp4|b.mp4", "file:///etc/passwd", "http://127.0.0.1/x.mp4", "pipe:0", "subfile,,start,0,end,9,,:a.mp4",
		"%d.mp4", "%03d.png", "%s%n.mp4", "$(id).mp4", "`id`.mp4", "; rm -rf ~.mp4", "a|b&c>d.mp4", "'\"quotes\".mp4", "*?[a-z].mp4",
		"CON", "NUL.mp4", ".", "..", ".htaccess", "", " ", "a. ", "\xff\xfe\xfd.mp4", "\u0430pple.mp4", "<img src=x onerror=alert(1)>.mp4", "\U0001F3B5.mp4",
	}
	short := ff("wav", tone(0.1), arg("-bitexact"))
	var files []File
	for i, name := range list {
		files = append(files, File{Name: fmt.Sprintf("name-%02d", i+1), Make: short, Want: track(0.1).or("bad_filename", "invalid_metadata"), Meta: named(name)})
	}
	return class("name", files...)
}
