package delivery

import (
	"fmt"
	"strconv"
	"strings"
)

// segment is the place of a media file among those of its playlist; the init
// segment is -1. The names are fixed by the shape of a release:
// <rendition>/init.mp4 and <rendition>/<n/256>/<n>.m4s.
type segment struct {
	rendition string
	number    int
}

func parseSegment(path string) (segment, bool) {
	if r, ok := strings.CutSuffix(path, "/init.mp4"); ok {
		return segment{r, -1}, true
	}
	rest, ok := strings.CutSuffix(path, ".m4s")
	if !ok {
		return segment{}, false
	}
	at := strings.LastIndexByte(rest, '/')
	if at < 0 || len(rest)-at > 10 {
		return segment{}, false
	}
	n, err := strconv.Atoi(rest[at+1:])
	if err != nil || n < 0 {
		return segment{}, false
	}
	folder := strings.LastIndexByte(rest[:at], '/')
	s := segment{rest[:max(folder, 0)], n}
	return s, folder > 0 && s.path() == path
}

func (s segment) path() string {
	if s.number < 0 {
		return s.rendition + "/init.mp4"
	}
	return fmt.Sprintf("%s/%02d/%05d.m4s", s.rendition, s.number/256, s.number)
}
