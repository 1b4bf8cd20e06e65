package ffmpeg

import (
	"bytes"
	"fmt"
	"strconv"
)

// Cover is a picture that somebody sent, to be made a JPEG.
type Cover struct {
	Input  string
	Kind   PictureKind
	Width  int    // at most
	Height int    // at most
	File   string // below the working folder
}

// PictureKind is a kind of picture that may be a cover.
type PictureKind string

// The kinds of picture, by the demuxer that may open them and nothing else.
const (
	PictureJPEG PictureKind = "jpeg_pipe"
	PicturePNG  PictureKind = "png_pipe"
	PictureWebP PictureKind = "webp_pipe"
)

var pictureDecoders = map[PictureKind]string{PictureJPEG: "mjpeg", PicturePNG: "png", PictureWebP: "webp"}

// PictureOf tells the kind of a picture by its first bytes; empty for what may
// not be a cover.
func PictureOf(head []byte) PictureKind {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return PictureJPEG
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PicturePNG
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return PictureWebP
	}
	return ""
}

// CoverArgs returns the arguments that make a JPEG of a picture, without anything
// that it carried beside its pixels. One demuxer and one decoder may open it.
func CoverArgs(c Cover) []string {
	return []string{
		"-protocol_whitelist", "file", "-format_whitelist", string(c.Kind), "-codec_whitelist", pictureDecoders[c.Kind],
		"-max_pixels", strconv.Itoa(maxPixels), "-max_alloc", strconv.Itoa(maxAlloc), "-threads", "1",
		"-f", string(c.Kind), "-i", InputURL(c.Input), "-map", "0:v:0", "-frames:v", "1",
		"-vf", fmt.Sprintf("scale=w='min(%d,iw)':h='min(%d,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bicubic,setsar=1,format=yuvj420p", c.Width, c.Height),
		"-c:v", "mjpeg", "-q:v", "3", "-threads", "1", "-flags:v", "+bitexact", "-fflags", "+bitexact",
		"-map_metadata", "-1", "-f", "image2", "-update", "1", c.File,
	}
}
