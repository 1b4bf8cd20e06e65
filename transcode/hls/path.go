package hls

import "fmt"

// MasterPath is the master playlist's path in a release.
const MasterPath = "master.m3u8"

// perFolder keeps a folder of segments one small block.
const perFolder = 256

// SegmentPath returns the path of a rendition's segment in the release:
// SegmentPath("v/360p24", 256) is "v/360p24/01/00256.m4s".
func SegmentPath(rendition string, number int) string {
	return rendition + "/" + segmentURI(number)
}

// InitPath returns the path of a rendition's init segment.
func InitPath(rendition string) string { return rendition + "/" + initURI }

// PlaylistPath returns the path of a rendition's media playlist.
func PlaylistPath(rendition string) string { return rendition + "/index.m3u8" }

// IFramePath returns the path of a rendition's I-frame playlist.
func IFramePath(rendition string) string { return rendition + "/iframe.m3u8" }

const initURI = "init.mp4"

func segmentURI(number int) string {
	return fmt.Sprintf("%02d/%05d.m4s", number/perFolder, number)
}
