package transcode

import (
	"bytes"
	"math"
	"regexp"
	"strconv"

	"runnel/models"
)

// summary is the report that ffmpeg's filter ebur128 logs at its end.
var summary = regexp.MustCompile(`(?s)Summary:.*?I:\s+(\S+) LUFS.*?LRA:\s+(\S+) LU.*?Peak:\s+(\S+) dBFS`)

// parseLoudness reads the last loudness report of a log. Silence has none: its
// peak is minus infinity.
func parseLoudness(log []byte) (models.Loudness, bool) {
	at := bytes.LastIndex(log, []byte("Summary:"))
	if at < 0 {
		return models.Loudness{}, false
	}
	m := summary.FindSubmatch(log[at:])
	if m == nil {
		return models.Loudness{}, false
	}
	var v [3]float64
	for i := range v {
		n, err := strconv.ParseFloat(string(m[i+1]), 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return models.Loudness{}, false
		}
		v[i] = n
	}
	return models.Loudness{Integrated: v[0], Range: v[1], TruePeak: v[2]}, true
}
