package corpus

import "runnel/transcode/ffmpeg"

// wrongKind are files of a kind that is not published, or that say of themselves
// what they are not. What is inside decides.
func wrongKind() []File {
	image := refused(ffmpeg.CodeStillImage)
	return class("wrong kind",
		File{Name: "magicyuv.mkv", Make: ff("matroska", picture("128x96", "24", 1), arg("-c:v", "magicyuv")), Want: refused(ffmpeg.CodeUnsupportedCodec)},
		File{Name: "gif", Make: ff("gif", picture("64x48", "10", 1)), Want: image},
		File{Name: "gif-as.mp4", Make: ff("gif", picture("64x48", "10", 1)), Want: image, Meta: named("film.mp4")},
		File{Name: "jpeg-as.mp4", Make: plain("jpg"), Want: image, Meta: named("film.mp4")},
		File{Name: "png-as.mp4", Make: plain("png"), Want: image, Meta: named("film.mp4")},
		File{Name: "apng", Make: ff("apng", picture("64x48", "10", 1)), Want: image},
		File{Name: "webp", Make: ff("webp", picture("64x48", "10", 1)), Want: image},
		File{Name: "good-as.txt", Make: plain("mp4"), Want: film(2), Meta: named("notes.txt")},
		File{Name: "good-without-name", Make: plain("mp4"), Want: film(2), Meta: map[string]string{}},
		File{Name: "mp3-as.mp4", Make: plain("mp3"), Want: track(1), Meta: named("film.mp4")},
		File{Name: "subtitles-only", Make: beside("only.srt", text("1\n00:00:00,000 --> 00:00:01,000\nHello\n"),
			ff("matroska", arg("-i", "only.srt", "-c:s", "copy"))), Want: refused(ffmpeg.CodeNoMediaStreams)},
	)
}
