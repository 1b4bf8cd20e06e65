package web

import (
	"path"
	"strings"
)

// contentType returns the media type of a release's file. It follows from the
// path alone, never from the bytes: nothing a creator uploads can choose to be
// a document that a browser would run.
func contentType(file string) string {
	switch path.Ext(file) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".mp4", ".m4s":
		return fragmentType(file)
	case ".vtt":
		return "text/vtt"
	case ".jpg":
		return "image/jpeg"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}

func fragmentType(file string) string {
	switch {
	case strings.HasPrefix(file, "a/"):
		return "audio/mp4"
	case strings.HasPrefix(file, "v/") && strings.HasSuffix(file, ".mp4"):
		return "video/mp4"
	case strings.HasPrefix(file, "v/"):
		return "video/iso.segment"
	}
	return "application/octet-stream"
}
