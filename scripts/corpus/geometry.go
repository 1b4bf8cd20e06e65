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
		File{Name: "1x1", Make: still("1x1", "-c:v", "ffv1"), Want: size},
		File{Name: "2x2", Make: still("2x2", "-c:v", "ffv1"), Want: size},
		File{Name: "16x16", Make: sight("16x16"), Want: film(1).shaped(1, 1)},
		File{Name: "641x359-420", Make: still("641x359", "-c:v", "ffv1", "-pix_fmt", "yuv420p"), Want: film(0.05).shaped(641, 359)},
		File{Name: "641x359-444", Make: ff("matroska", picture("641x359", "24", 1), arg("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p")), Want: film(1).shaped(641, 359)},
		File{Name: "10000x10000", Make: still("10000x10000", lossless...), Want: size},
		File{Name: "16384x16", Make: still("16384x16", lossless...), Want: aspect},
		File{Name: "16x16384", Make: still("16x16384", lossless...), Want: aspect},
		File{Name: "256x16", Make: sight("256x16"), Want: film(1).shaped(16, 1)},
		File{Name: "portrait", Make: sight("90x160"), Want: film(1).shaped(9, 16)},
		File{Name: "portrait-by-turning", Make: turned("mp4", "90"), Want: film(2).shaped(96, 128)},
		File{Name: "upside-down", Make: turned("mp4", "180"), Want: film(2).shaped(128, 96)},
		File{Name: "anamorphic", Make: sight("160x120", arg("-vf", "setsar=2")), Want: film(1).shaped(320, 120)},
		File{Name: "anamorphic-absurd", Make: sight("160x120", arg("-vf", "setsar=200")), Want: aspect},
		File{Name: "8k", Make: still("7680x4320", lossless...), Want: film(0.05).shaped(16, 9)},
	)
}

// turned is a film that says how it is to be turned.
func turned(stock, degrees string) Recipe {
	return beside("upright-"+degrees+".mp4", plain(stock),
		ff("mp4", arg("-display_rotation", degrees, "-i", "upright-"+degrees+".mp4", "-c", "copy")))
}
