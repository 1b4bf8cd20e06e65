package corpus

// hdr says what light a picture means.
func hdr(transfer string) []string {
	return arg("-vf", "format=yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
		"log-level=none:colorprim=bt2020:transfer="+transfer+":colormatrix=bt2020nc:repeat-headers=1:"+
			"max-cll=1000,400:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
		"-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", "-tag:v", "hvc1")
}

// pixels are pictures of every format. All play as 8 bit 4:2:0.
func pixels() []File {
	in := func(format string, encoder ...string) Recipe {
		return ff(format, picture("128x96", "24", 1), encoder)
	}
	x264 := func(pixels string, more ...string) Recipe {
		return in("matroska", append(arg("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", pixels), more...)...)
	}
	return class("pixel format",
		File{Name: "interlaced-mpeg2", Make: in("mpegts", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-top", "1"), Want: film(1)},
		File{Name: "interlaced-h264", Make: x264("yuv420p", "-flags", "+ildct+ilme", "-x264-params", "tff=1"), Want: film(1)},
		File{Name: "hdr10", Make: in("mp4", hdr("smpte2084")...), Want: film(1)},
		File{Name: "hlg", Make: in("mp4", hdr("arib-std-b67")...), Want: film(1)},
		File{Name: "420-10-bit", Make: x264("yuv420p10le"), Want: film(1)},
		File{Name: "422-10-bit", Make: x264("yuv422p10le"), Want: film(1)},
		File{Name: "444", Make: x264("yuv444p"), Want: film(1)},
		File{Name: "rgb", Make: in("matroska", "-c:v", "libx264rgb", "-preset", "ultrafast", "-pix_fmt", "rgb24"), Want: film(1)},
		File{Name: "gray", Make: x264("gray"), Want: film(1)},
		File{Name: "full-range", Make: x264("yuvj420p"), Want: film(1)},
		File{Name: "prores-422", Make: in("mov", "-c:v", "prores_ks", "-profile:v", "2"), Want: film(1)},
		File{Name: "prores-4444-alpha", Make: in("mov", "-vf", "format=yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4444"), Want: film(1)},
		File{Name: "vp9-alpha", Make: in("webm", "-vf", "format=yuva420p", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"), Want: film(1)},
		File{Name: "ffv1-16-bit", Make: in("matroska", "-c:v", "ffv1", "-pix_fmt", "yuv444p16le"), Want: film(1)},
	)
}

// codecs are pictures of every age.
func codecs() []File {
	in := func(format string, encoder ...string) Recipe {
		return ff(format, picture("176x144", "25", 1), encoder)
	}
	return class("picture codec",
		File{Name: "av1", Make: in("mp4", "-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"), Want: film(1)},
		File{Name: "vp8", Make: in("webm", "-c:v", "libvpx", "-deadline", "realtime"), Want: film(1)},
		File{Name: "theora", Make: in("ogg", "-c:v", "libtheora"), Want: film(1)},
		File{Name: "wmv", Make: in("asf", "-c:v", "wmv2"), Want: film(1)},
		File{Name: "h263", Make: in("3gp", "-c:v", "h263"), Want: film(1)},
		File{Name: "flv", Make: in("flv", "-c:v", "flv"), Want: film(1)},
		File{Name: "mjpeg", Make: in("avi", "-c:v", "mjpeg"), Want: film(1)},
		File{Name: "ffv1", Make: in("matroska", "-c:v", "ffv1"), Want: film(1)},
		File{Name: "mpeg1", Make: in("mpeg", "-c:v", "mpeg1video"), Want: film(1)},
		File{Name: "mpeg4", Make: in("avi", "-c:v", "mpeg4"), Want: film(1)},
		File{Name: "msmpeg4", Make: in("avi", "-c:v", "msmpeg4"), Want: film(1)},
		File{Name: "hevc", Make: in("mp4", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"), Want: film(1)},
		File{Name: "dnxhd", Make: ff("mov", picture("640x360", "25", 0.2), arg("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p")), Want: film(0.2)},
		File{Name: "huffyuv", Make: in("avi", "-c:v", "huffyuv"), Want: film(1)},
		File{Name: "raw-video", Make: in("avi", "-c:v", "rawvideo", "-pix_fmt", "yuv420p"), Want: film(1).or("unsupported_codec")},
	)
}
