package corpus

import (
	"bytes"
	"strings"
)

// encrypted are files that nobody here has the key of.
func encrypted() []File {
	key := arg("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb", "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8")
	no := refused("encrypted")
	entry := func(stock, from, to string) Recipe {
		return edited(stock, table("stsd"), func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) })
	}
	return class("encrypted",
		File{Name: "cenc.mp4", Make: ff("mp4", picture("128x96", "24", 1), tone(1), h264(), aac(), key), Want: no},
		File{Name: "cenc-sound.m4a", Make: ff("mp4", tone(1), aac(), key), Want: no},
		File{Name: "cenc-fragments.mp4", Make: ff("mp4", picture("128x96", "24", 1), h264(), key, arg("-movflags", "+frag_keyframe+empty_moov")), Want: no},
		File{Name: "drms.m4p", Make: entry("m4a", "mp4a", "drms"), Want: no},
		File{Name: "drmi.m4v", Make: entry("mp4", "avc1", "drmi"), Want: no},
		File{Name: "aavd.aax", Make: entry("m4a", "mp4a", "aavd"), Want: no},
		File{Name: "scrambled.ts", Make: patched("ts", scrambled), Want: no},
		File{Name: "drm.wmv", Make: patched("asf", protected), Want: no},
		File{Name: "drm.mkv", Make: beside("open.mkv", ff("matroska", picture("128x96", "24", 1), h264(),
			arg("-metadata:s:v", "title="+trackName(), "-write_crc32", "0")), fromFile("open.mkv", locked)), Want: no},
	)
}

// scrambled marks all but the tables of a transport stream (ISO/IEC 13818-1,
// 2.4.3.3) as scrambled with an even key, and garbles them.
func scrambled(b []byte) []byte {
	for at := 0; at+188 <= len(b); at += 188 {
		pid := int(b[at+1]&0x1f)<<8 | int(b[at+2])
		if pid < 0x100 {
			continue
		}
		b[at+3] |= 0x80
		for i := at + 4; i < at+188 && b[at+3]&0x20 == 0; i++ {
			b[i] ^= 0x5a
		}
	}
	return b
}

// protected puts a content encryption object (ASF specification, 3.14) into the
// header of a Windows Media file.
func protected(b []byte) []byte {
	object := append([]byte("\xfb\xb3\x11\x22\x23\xbd\xd2\x11\xb4\xb7\x00\xa0\xc9\x55\xfc\x6e"), 24+16, 0, 0, 0, 0, 0, 0, 0)
	object = append(object, make([]byte, 16)...)
	out := append(bytes.Clone(b[:30]), object...)
	out[24]++ // objects in the header
	size := int(b[16]) | int(b[17])<<8 | int(b[18])<<16
	size += len(object)
	out[16], out[17], out[18] = byte(size), byte(size>>8), byte(size>>16)
	return append(out, b[30:]...)
}

// locked turns the name of a Matroska track, of just this length, into a content
// encoding: encryption by AES (RFC 9559, 5.1.4.1.31).
func locked(b []byte) []byte {
	encoding := "\x62\x40\xa6\x50\x31\x81\x00\x50\x32\x81\x01\x50\x33\x81\x01\x50\x35\x97\x47\xe1\x81\x05\x47\xe2\x90" + strings.Repeat("k", 16)
	name := append([]byte("\x53\x6e\xa9"), trackName()...)
	return bytes.Replace(b, name, append([]byte("\x6d\x80\xa9"), encoding...), 1)
}

func trackName() string { return strings.Repeat("n", 41) }
