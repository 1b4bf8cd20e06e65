package web

import (
	"time"

	"runnel/models"
	"runnel/transcode/hls"
)

// liveTarget is the least target duration of a growing playlist, which must
// declare it before the longest segment is there: the profile's segments are 4 s.
const liveTarget = 4 * time.Second

// masterText is the master playlist of the renditions that keep ahead.
func masterText(live []models.Rendition) []byte {
	m := hls.MasterFor(live, hls.MasterOptions{Live: true})
	return m.Encode()
}

// mediaText is the growing playlist of a rendition; end closes it.
func mediaText(segments []models.Segment, end bool) []byte {
	m := hls.MediaFor(segments, hls.MediaOptions{Type: hls.Event, End: end, Target: liveTarget})
	return m.Encode()
}
