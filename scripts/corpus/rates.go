package corpus

// rates are pictures that come fast, slowly, or when they like.
func rates() []File {
	at := func(rate string, seconds float64) Recipe { return ff("mp4", picture("64x48", rate, seconds), h264()) }
	// A few frames, the last of them very late.
	late := func(count, seconds string) Recipe {
		return ff("matroska", picture("64x48", "24", 1), h264(),
			arg("-vf", "setpts='if(lt(N,"+count+"),N/24,"+seconds+"+N/24)/TB'", "-fps_mode", "passthrough", "-bf", "0"))
	}
	return class("rate, time",
		File{Name: "1-fps", Make: at("1", 3), Want: film(3)},
		File{Name: "0.1-fps", Make: at("1/10", 20), Want: film(20).within(0.3)},
		File{Name: "29.97-fps", Make: at("30000/1001", 2), Want: film(2)},
		File{Name: "240-fps", Make: at("240", 1), Want: film(1)},
		File{Name: "1000-fps", Make: at("1000", 0.5), Want: film(0.5)},
		File{Name: "vfr", Make: ff("matroska", picture("64x48", "24", 2), h264(),
			arg("-vf", "select='not(mod(n,5))+not(mod(n,7))'", "-fps_mode", "passthrough", "-bf", "0")), Want: film(2)},
		File{Name: "gap-10-s", Make: late("12", "10"), Want: film(11).within(0.3)},
		File{Name: "gap-1-h", Make: late("12", "3600"), Want: film(3601).within(0.5)},
		File{Name: "24-h", Make: ff("mp4", picture("64x48", "1/3600", 86400), h264()), Want: refused("duration_too_long")},
	)
}
