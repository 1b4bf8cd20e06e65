package corpus

// timelines are films whose sound and picture begin, end or jump where they
// like.
func timelines() []File {
	both := func(args ...string) Recipe {
		return ff("mp4", picture("64x48", "24", 2), tone(2), h264(), aac(), args)
	}
	lengths := func(sight, sound float64) Recipe {
		return ff("mp4", picture("64x48", "24", sight), tone(sound), h264(), aac())
	}
	shifted := func(format, by string) Recipe {
		return ff(format, picture("64x48", "24", 2), tone(2), h264(), aac(), arg("-output_ts_offset", by))
	}
	return class("timeline",
		File{Name: "audio-late", Make: ff("mp4", picture("64x48", "24", 3), arg("-itsoffset", "1"), tone(2), h264(), aac()), Want: film(3)},
		File{Name: "video-late", Make: ff("mp4", arg("-itsoffset", "1"), picture("64x48", "24", 1), tone(2), h264(), aac()), Want: film(2)},
		File{Name: "audio-longer", Make: lengths(1, 3), Want: film(3)},
		File{Name: "video-longer", Make: lengths(3, 1), Want: film(3)},
		File{Name: "one-frame", Make: lengths(0.04, 0.04), Want: film(0.04)},
		File{Name: "one-frame-and-sound", Make: lengths(0.04, 2), Want: film(2)},
		File{Name: "still-and-sound", Make: ff("mp4", picture("64x48", "1", 2), tone(2), h264(), aac(), arg("-tune", "stillimage")), Want: film(2)},
		File{Name: "edit-list", Make: edited("mp4", []string{"moov", "trak", "edts", "elst"}, put(12, 512*12)), Want: film(2)},
		File{Name: "ts-wrap", Make: shifted("mpegts", "95442"), Want: film(2)},
		File{Name: "ts-50000", Make: shifted("mpegts", "50000"), Want: film(2)},
		File{Name: "negative-ts", Make: ff("matroska", picture("64x48", "24", 2), tone(2), h264(), aac(), arg("-output_ts_offset", "-0.5", "-avoid_negative_ts", "disabled")), Want: film(2).within(0.6)},
		File{Name: "ts-jumps-back", Make: joined("ts", "ts"), Want: film(4)},
		File{Name: "ts-jumps-ahead", Make: joined("ts", "ts-later"), Want: film(14).within(0.3)},
		File{Name: "new-resolution", Make: joined("ts", "ts-small"), Want: film(4)},
		// ffmpeg feeds the new codec to the old one's decoder; a sentence is better than half a film.
		File{Name: "new-codec", Make: joined("ts", "ts-mpeg2"), Want: film(4).or("decode_errors")},
		File{Name: "long-gop", Make: both("-g", "1000", "-keyint_min", "1000", "-sc_threshold", "0"), Want: film(2)},
		File{Name: "fragments", Make: plain("mp4-fragments"), Want: film(2)},
		File{Name: "video-only", Make: ff("mp4", picture("64x48", "24", 2), h264()), Want: film(2)},
	)
}
