package corpus

import "bytes"

// sounds are tracks of every format. Lossless ones have FLAC beside AAC, and
// surround sound is kept beside stereo.
func sounds() []File {
	in := func(format string, encoder ...string) Recipe { return ff(format, tone(1), encoder) }
	wide := func(format, layout string, encoder ...string) Recipe {
		return ff(format, arg("-f", "lavfi", "-i", "anoisesrc=d=1:r=48000:a=0.2"), arg("-af", "pan="+layout), encoder)
	}
	surround := wide("matroska", "5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0", "-c:a", "ac3")
	lossless := track(1).with("fLaC")
	return class("sound",
		File{Name: "m4a", Make: plain("m4a"), Want: track(1)},
		File{Name: "8-khz-mono", Make: in("wav", "-ar", "8000", "-ac", "1"), Want: track(1)},
		File{Name: "192-khz", Make: in("wav", "-ar", "192000"), Want: lossless},
		File{Name: "5.1", Make: surround, Want: track(1).with(`CHANNELS="6"`)},
		File{Name: "5.1-film", Make: ff("matroska", picture("64x48", "24", 1), tone(1), arg("-af", "pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0", "-c:a", "ac3"), h264()), Want: film(1).with(`CHANNELS="6"`)},
		File{Name: "7.1", Make: wide("flac", "7.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0|c6=c0|c7=c0"), Want: lossless},
		File{Name: "32-channels", Make: raw(func() []byte { return wave(32, 48000, 32*96000, random(32*96000)) }), Want: track(1).or("unsupported_codec")},
		File{Name: "float", Make: in("wav", "-c:a", "pcm_f32le"), Want: track(1)},
		File{Name: "float-64", Make: in("wav", "-c:a", "pcm_f64le"), Want: track(1)},
		File{Name: "24-bit", Make: in("wav", "-c:a", "pcm_s24le"), Want: lossless},
		File{Name: "opus", Make: in("ogg", "-c:a", "libopus"), Want: track(1)},
		File{Name: "opus.webm", Make: in("webm", "-c:a", "libopus"), Want: track(1)},
		File{Name: "vorbis", Make: plain("ogg"), Want: track(1)},
		File{Name: "adts", Make: in("adts", "-c:a", "aac"), Want: track(1)},
		File{Name: "alac", Make: in("mp4", "-c:a", "alac"), Want: lossless},
		File{Name: "aiff", Make: in("aiff"), Want: lossless},
		File{Name: "caf", Make: in("caf"), Want: lossless},
		File{Name: "flac", Make: plain("flac"), Want: lossless},
		File{Name: "flac.ogg", Make: in("ogg", "-c:a", "flac"), Want: lossless},
		File{Name: "mp3", Make: plain("mp3"), Want: track(1)},
		File{Name: "mp3-no-xing", Make: in("mp3", "-c:a", "libmp3lame", "-q:a", "5", "-write_xing", "0", "-id3v2_version", "0"), Want: track(1)},
		File{Name: "mp2", Make: in("mpegts", "-c:a", "mp2"), Want: track(1)},
		File{Name: "ac3", Make: in("mpegts", "-c:a", "ac3"), Want: track(1)},
		File{Name: "eac3", Make: in("mpegts", "-c:a", "eac3"), Want: track(1)},
		File{Name: "wma", Make: in("asf", "-c:a", "wmav2"), Want: track(1)},
		File{Name: "dts", Make: in("mpegts", "-c:a", "dca", "-strict", "-2"), Want: track(1)},
		File{Name: "mulaw", Make: in("wav", "-c:a", "pcm_mulaw", "-ar", "8000"), Want: track(1)},
		File{Name: "adpcm", Make: in("wav", "-c:a", "adpcm_ms"), Want: track(1)},
		File{Name: "silence", Make: ff("flac", arg("-f", "lavfi", "-i", "anullsrc=r=44100:d=1")), Want: lossless},
		File{Name: "10-ms", Make: ff("wav", tone(0.01)), Want: track(0.01)},
		File{Name: "chained-ogg", Make: joined("ogg", "ogg"), Want: track(2).within(1.2)},
		File{Name: "24-h-silence", Make: ff("flac", arg("-f", "lavfi", "-i", "anullsrc=r=4000:cl=mono:d=86400:n=65535", "-c:a", "flac", "-compression_level", "0", "-frame_size", "65535", "-strict", "-2")), Want: refused("duration_too_long")},
	)
}

// soundLies are tracks that say of themselves what is not so.
func soundLies() []File {
	no := refused("truncated", "decode_errors", "no_media_streams", "unsupported_codec", "not_media")
	many := make([][]byte, 40_000)
	for i := range many {
		many[i] = frame("TXXX", "\x00a\x00b")
	}
	return class("sound that lies",
		File{Name: "id3-size-lie", Make: patched("mp3", func(b []byte) []byte { return append([]byte("ID3\x03\x00\x00\x7f\x7f\x7f\x7f"), b...) }), Want: refused("metadata_too_large", "truncated", "decode_errors", "not_media")},
		File{Name: "id3-40000-frames", Make: tagged(many...), Want: refused("metadata_too_large")},
		File{Name: "id3-tlen-lie", Make: tagged(frame("TLEN", "\x0086400000")), Want: track(1)},
		File{Name: "wav-longer-lie", Make: raw(func() []byte { return wave(2, 48000, 0xffffff00, second()) }), Want: track(1).with("fLaC")},
		File{Name: "wav-length-zero", Make: raw(func() []byte { return wave(2, 48000, 0, second()) }), Want: track(1).or(no.Codes...)},
		File{Name: "wav-empty", Make: raw(func() []byte { return wave(2, 48000, 0, nil) }), Want: no},
		File{Name: "wav-0-channels", Make: raw(func() []byte { return wave(0, 48000, 192_000, second()) }), Want: no},
		File{Name: "wav-0-hz", Make: raw(func() []byte { return wave(2, 0, 192_000, second()) }), Want: no},
		File{Name: "wav-2-31-hz", Make: raw(func() []byte { return wave(2, 1<<31, 192_000, second()) }), Want: no},
		File{Name: "wav-truncated", Make: raw(func() []byte { return wave(2, 48000, 10*192_000, second()) }), Want: track(1).with("fLaC")},
		File{Name: "flac-bad-md5", Make: patched("flac", func(b []byte) []byte { copy(b[26:42], "0123456789abcdef"); return b }), Want: track(1).with("fLaC")},
		File{Name: "flac-trunc", Make: patched("flac", cut(0.5)), Want: track(0.5).within(0.45)},
		File{Name: "mp3-trunc", Make: patched("mp3", cut(0.5)), Want: track(0.5).within(0.2)},
		File{Name: "mp3-xing-lie", Make: patched("mp3", func(b []byte) []byte {
			at := bytes.IndexAny(b, "XI")
			for _, mark := range arg("Xing", "Info") {
				if i := bytes.Index(b, []byte(mark)); i >= 0 {
					at = i
				}
			}
			return put(at+8, 3_000_000)(b)
		}), Want: track(1)},
	)
}
