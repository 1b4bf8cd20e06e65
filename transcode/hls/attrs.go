package hls

func masterTags() []tag[Master] {
	return []tag[Master]{
		{"#EXT-X-VERSION", func(m *Master) (string, bool) { return writeInt(m.version), true },
			func(m *Master, s string) (err error) { m.version, err = readInt(s); return err }},
		{"#EXT-X-INDEPENDENT-SEGMENTS", func(m *Master) (string, bool) { return "", m.Independent },
			func(m *Master, s string) error { m.Independent = true; return fixed(s, "") }},
		{"#EXT-X-START", func(m *Master) (string, bool) { return "TIME-OFFSET=0", m.FromStart },
			func(m *Master, s string) error { m.FromStart = true; return fixed(s, "TIME-OFFSET=0") }},
	}
}

func audioAttrs() []attr[Audio] {
	return []attr[Audio]{
		{"TYPE", false, func(*Audio) string { return "AUDIO" }, func(_ *Audio, s string) error { return fixed(s, "AUDIO") }},
		text("GROUP-ID", func(a *Audio) *string { return &a.Group }),
		text("NAME", func(a *Audio) *string { return &a.Name }),
		text("LANGUAGE", func(a *Audio) *string { return &a.Language }),
		boolean("DEFAULT", func(a *Audio) *bool { return &a.Default }),
		boolean("AUTOSELECT", func(a *Audio) *bool { return &a.AutoSelect }),
		{"CHANNELS", true, func(a *Audio) string { return writeInt(a.Channels) },
			func(a *Audio, s string) (err error) { a.Channels, err = readInt(s); return err }},
		uri(func(a *Audio) *string { return &a.URI }),
	}
}

func variantAttrs() []attr[Variant] {
	return []attr[Variant]{
		number("BANDWIDTH", func(v *Variant) *int { return &v.Bandwidth }),
		number("AVERAGE-BANDWIDTH", func(v *Variant) *int { return &v.AverageBandwidth }),
		text("CODECS", func(v *Variant) *string { return &v.Codecs }),
		resolution(func(v *Variant) (w, h *int) { return &v.Width, &v.Height }),
		{"FRAME-RATE", false, func(v *Variant) string {
			if v.FrameRate == 0 {
				return ""
			}
			return writeDecimal(int64(v.FrameRate), 3)
		}, func(v *Variant, s string) error {
			n, err := readDecimal(s, 3)
			v.FrameRate = int(n)
			return err
		}},
		text("AUDIO", func(v *Variant) *string { return &v.Audio }),
		text("SUBTITLES", func(v *Variant) *string { return &v.Subtitles }),
	}
}

func iframeAttrs() []attr[IFrame] {
	return []attr[IFrame]{
		number("BANDWIDTH", func(f *IFrame) *int { return &f.Bandwidth }),
		number("AVERAGE-BANDWIDTH", func(f *IFrame) *int { return &f.AverageBandwidth }),
		text("CODECS", func(f *IFrame) *string { return &f.Codecs }),
		resolution(func(f *IFrame) (w, h *int) { return &f.Width, &f.Height }),
		uri(func(f *IFrame) *string { return &f.URI }),
	}
}

// The kinds of attributes, each made from where its value lives.

func text[T any](name string, at func(*T) *string) attr[T] {
	return attr[T]{name, true, func(v *T) string { return *at(v) },
		func(v *T, s string) (err error) { *at(v), err = readText(s); return err }}
}

func uri[T any](at func(*T) *string) attr[T] {
	return attr[T]{"URI", true, func(v *T) string { return *at(v) },
		func(v *T, s string) (err error) { *at(v), err = readURI(s); return err }}
}

func number[T any](name string, at func(*T) *int) attr[T] {
	return attr[T]{name, false, func(v *T) string { return writeInt(*at(v)) },
		func(v *T, s string) (err error) { *at(v), err = readInt(s); return err }}
}

func boolean[T any](name string, at func(*T) *bool) attr[T] {
	return attr[T]{name, false, func(v *T) string { return writeBool(*at(v)) },
		func(v *T, s string) (err error) { *at(v), err = readBool(s); return err }}
}

func resolution[T any](at func(*T) (w, h *int)) attr[T] {
	return attr[T]{"RESOLUTION", false, func(v *T) string {
		w, h := at(v)
		return writeResolution(*w, *h)
	}, func(v *T, s string) (err error) {
		w, h := at(v)
		*w, *h, err = readResolution(s)
		return err
	}}
}
