package ffmpeg

import (
	"slices"
	"strconv"
	"strings"
)

// The bounds of what a decoder may be asked for: an 8K frame, and one
// allocation.
const (
	maxPixels = 8192 * 4352
	maxAlloc  = 512 << 20
)

// formats are the demuxers that may open an upload. ffmpeg compares each of a
// demuxer's comma-separated names with each entry, so "mov" admits
// "mov,mp4,m4a,3gp,3g2,mj2" and "matroska" admits webm. None of them opens
// another file by itself: playlists, concat scripts, images and devices do.
var formats = []string{
	"mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "ogg",
	"mp3", "wav", "w64", "flac", "aac", "aiff", "caf", "amr",
}

// decoders maps the codec names that ffprobe reports to the decoders that may
// open them. Left out on purpose: everything rare, magicyuv
// (CVE-2026-8461), and hardware wrappers.
var decoders = map[string][]string{
	"h264": {"h264"}, "hevc": {"hevc"}, "av1": {"libdav1d"}, "vp8": {"vp8"}, "vp9": {"vp9"},
	"mpeg1video": {"mpeg1video"}, "mpeg2video": {"mpeg2video"}, "mpeg4": {"mpeg4"},
	"msmpeg4v2": {"msmpeg4v2"}, "msmpeg4v3": {"msmpeg4"}, "h263": {"h263"}, "flv1": {"flv"},
	"wmv1": {"wmv1"}, "wmv2": {"wmv2"}, "wmv3": {"wmv3"}, "vc1": {"vc1"}, "theora": {"theora"},
	"mjpeg": {"mjpeg"}, "png": {"png"}, "prores": {"prores"}, "dnxhd": {"dnxhd"}, "ffv1": {"ffv1"},
	"dvvideo": {"dvvideo"}, "rawvideo": {"rawvideo"}, "huffyuv": {"huffyuv"},

	"aac": {"aac"}, "aac_latm": {"aac_latm"}, "mp3": {"mp3float", "mp3"}, "mp2": {"mp2float", "mp2"},
	"ac3": {"ac3"}, "eac3": {"eac3"}, "dts": {"dca"}, "truehd": {"truehd"}, "opus": {"opus"}, "vorbis": {"vorbis"},
	"flac": {"flac"}, "alac": {"alac"}, "wmav1": {"wmav1"}, "wmav2": {"wmav2"}, "wmapro": {"wmapro"},
	"amr_nb": {"amrnb"}, "amr_wb": {"amrwb"}, "adpcm_ms": {"adpcm_ms"}, "adpcm_ima_wav": {"adpcm_ima_wav"},
	"adpcm_ima_qt": {"adpcm_ima_qt"}, "gsm_ms": {"gsm_ms"},
	"pcm_s16le": {"pcm_s16le"}, "pcm_s16be": {"pcm_s16be"}, "pcm_s24le": {"pcm_s24le"},
	"pcm_s24be": {"pcm_s24be"}, "pcm_s32le": {"pcm_s32le"}, "pcm_s32be": {"pcm_s32be"},
	"pcm_f32le": {"pcm_f32le"}, "pcm_f32be": {"pcm_f32be"}, "pcm_f64le": {"pcm_f64le"}, "pcm_f64be": {"pcm_f64be"},
	"pcm_bluray": {"pcm_bluray"}, "pcm_dvd": {"pcm_dvd"},
	"pcm_u8": {"pcm_u8"}, "pcm_s8": {"pcm_s8"}, "pcm_alaw": {"pcm_alaw"}, "pcm_mulaw": {"pcm_mulaw"},

	"mov_text": {"mov_text"}, "subrip": {"srt", "subrip"}, "ass": {"ass", "ssa"},
	"webvtt": {"webvtt"}, "text": {"text"},
}

// bystanders are decoders whose streams may stand beside a film or track, though
// they are never decoded: ffprobe gives up on the whole file when it may not
// open one, which costs the decoder's set-up and no more.
var bystanders = []string{
	"pgssub", "dvdsub", "dvbsub", "xsub", "libzvbi_teletextdec", "cc_dec", "sami", "realtext", "stl",
	"subviewer", "subviewer1", "microdvd", "jacosub", "mpl2", "pjs", "vplayer",
	"bmp", "gif", "webp", "tiff", "wavpack", "tta", "s302m", "mp1", "mp1float", "speex", "cinepak", "svq1", "svq3",
}

// probeArgs are InputArgs for ffprobe. The demuxer's own list stays strict, and
// with it what is decoded to find a stream's parameters; only opening is wider.
func probeArgs(path string) []string {
	wide := strings.Join(append(decoderNames(), bystanders...), ",")
	args := InputArgs(path)
	last := len(args) - 2 // -i comes after every option
	out := append(slices.Clone(args[:last]), "-codec_whitelist:v", wide, "-codec_whitelist:a", wide, "-codec_whitelist:s", wide)
	return append(out, args[last:]...)
}

// CanDecode reports whether a codec, by ffprobe's name, may be decoded here.
func CanDecode(codec string) bool { return decoders[codec] != nil }

// InputOptions are the options that every input must carry, as names without
// dash and values. They hold for ffmpeg and ffprobe alike.
func InputOptions() map[string]string {
	return map[string]string{
		"protocol_whitelist": "file",
		"format_whitelist":   strings.Join(formats, ","),
		"codec_whitelist":    strings.Join(decoderNames(), ","),
		"max_pixels":         strconv.Itoa(maxPixels),
		"max_alloc":          strconv.Itoa(maxAlloc),
	}
}

// InputURL names a file so that ffmpeg takes it for nothing but a file,
// whatever characters it has.
func InputURL(path string) string { return "file:" + path }

// InputArgs returns the options of InputOptions, in a fixed order, followed by
// -i and the file. Options of the caller's own for the same input, such as -ss,
// go before them.
func InputArgs(path string) []string {
	options := InputOptions()
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	slices.Sort(names)
	var args []string
	for _, name := range names {
		args = append(args, "-"+name, options[name])
	}
	return append(args, "-i", InputURL(path))
}

func decoderNames() []string {
	var names []string
	for _, d := range decoders {
		names = append(names, d...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
