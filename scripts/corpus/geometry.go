package corpus

// still is a film of one plain frame, whatever its size.
func still(size string, encoder ...string) Recipe {
	return ff("matroska", arg("-f", "lavfi", "-i", "color=c=red:s="+size+":r=24:d=0.05"), encoder)
}

// geometry are pictures of every shape. What plays is even-sized and keeps its
// shape.
func geometry() []File {
	sight := func(size string, rest ...[]string) Recipe {
		args := append([][]string{picture(size, "24", 1), h264()}, rest...)
		return ff("mp4", args...)
	}
	size, aspect := refused("dimensions"), refused("bad_aspect")
	lossless := arg("-c:v", "png", "-pred", "none")
	return class("geometry",
		File{Name: "1x1", Make: ff("matroska", arg("-f", "lavfi", "-i", "color=s=16x16:r=24:d=0.05,format=rgb24,scale=1:1"), arg("-c:v", "ffv1", "-pix_fmt", "bgr0")), Want: size},
		File{Name: "2x2", Make: still("2x2", "-c:v", "ffv1"), Want: size},
		File{Name: "16x16", Make: sight("16x16"), Want: film(1).shaped(1, 1)},
		File{Name: "641x359-420", Make: still("641x359", "-c:v", "ffv1", "-pix_fmt", "yuv420p"), Want: film(0.05).shaped(641, 359)},
		File{Name: "641x359-444", Make: ff("matroska", picture("641x359", "24", 1), arg("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p")), Want: film(1).shaped(641, 359)},
		File{Name: "10000x10000", Make: still("10000x10000", lossless...), Want: size},
		File{Name: "16384x16", Make: still("16384x16", lossless...), Want: aspect},
		File{Name: "16x16384", Make: still("16x16384", lossless...), Want: aspect},
		File{Name: "256x16", Make: sight("256x16"), Want: film(1).shaped(16, 1)},
		File{Name: "portrait", Make: sight("90x160"), Want: film(1).shaped(9, 16)},
		File{Name: "portrait-by-turning", Make: turned(1, 0), Want: film(2).shaped(96, 128)},
		File{Name: "upside-down", Make: turned(0, -1), Want: film(2).shaped(128, 96)},
		File{Name: "anamorphic", Make: sight("160x120", arg("-vf", "setsar=2")), Want: film(1).shaped(320, 120)},
		File{Name: "anamorphic-absurd", Make: sight("160x120", arg("-vf", "setsar=200")), Want: aspect},
		File{Name: "8k", Make: still("7680x4320", lossless...), Want: film(0.05).shaped(16, 9)},
	)
}

// turned is a film whose matrix (ISO/IEC 14496-12, 8.3.2) turns it: the sine and
// cosine, 16 bits behind the point.
func turned(sine, cosine int32) Recipe {
	return edited("mp4", []string{"moov", "trak", "tkhd"}, put(40,
		uint32(cosine<<16), uint32(sine<<16), 0, uint32(-sine<<16), uint32(cosine<<16), 0))
}
