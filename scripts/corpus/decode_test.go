package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strconv"
	"strings"
)

// decoded is what came out of one rendition.
type decoded struct {
	media         string // "video" or "audio"
	width, height int
	tick          float64 // seconds
	first, end    float64 // seconds
	units         int     // pictures, or blocks of sound
	last          int64
	fault         error
}

// decode decodes media playlists to their ends, one rendition each. What the
// decoder complains about, and time that runs backwards, is an error.
func decode(ctx context.Context, playlists []string) ([]*decoded, error) {
	args := []string{"-nostdin", "-v", "error", "-copyts"}
	for _, p := range playlists {
		args = append(args, "-allowed_extensions", "ALL", "-i", p)
	}
	for i := range playlists {
		args = append(args, "-map", strconv.Itoa(i))
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", append(args, "-fps_mode", "passthrough", "-f", "framecrc", "-")...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		return nil, fmt.Errorf("decode: %v %.500s", err, complaints.String())
	}
	all := map[int]*decoded{}
	for line := range strings.Lines(out.String()) {
		readLine(all, strings.TrimSpace(line))
	}
	if len(all) != len(playlists) {
		return nil, fmt.Errorf("decode: %d streams of %d renditions", len(all), len(playlists))
	}
	var list []*decoded
	for i := range playlists {
		d := all[i]
		if d == nil || d.units == 0 {
			return nil, fmt.Errorf("decode: nothing in %s", playlists[i])
		}
		if d.fault != nil {
			return nil, fmt.Errorf("decode: %s: %w", playlists[i], d.fault)
		}
		list = append(list, d)
	}
	return list, nil
}

// readLine reads a line of ffmpeg's framecrc: "#tb 0: 1/24", "#media_type 0:
// video", "#dimensions 0: 64x48", or "0, dts, pts, duration, size, crc".
func readLine(all map[int]*decoded, line string) {
	if head, ok := strings.CutPrefix(line, "#"); ok {
		name, rest, _ := strings.Cut(head, " ")
		index, value, _ := strings.Cut(rest, ": ")
		i, err := strconv.Atoi(index)
		if err != nil {
			return
		}
		if all[i] == nil {
			all[i] = &decoded{last: math.MinInt64}
		}
		all[i].describe(name, value)
		return
	}
	var i int
	var dts, pts, duration, size int64
	clean := strings.ReplaceAll(line, ",", " ")
	if _, err := fmt.Sscan(clean, &i, &dts, &pts, &duration, &size); err == nil && all[i] != nil {
		all[i].unit(pts, duration, size)
	}
}

func (d *decoded) describe(name, value string) {
	switch name {
	case "tb":
		var num, den float64
		if _, err := fmt.Sscanf(value, "%f/%f", &num, &den); err == nil {
			d.tick = num / den
		}
	case "media_type":
		d.media = value
	case "dimensions":
		_, _ = fmt.Sscanf(value, "%dx%d", &d.width, &d.height)
	}
}

func (d *decoded) unit(pts, duration, size int64) {
	if d.units == 0 {
		d.first = float64(pts) * d.tick
	}
	switch {
	case pts <= d.last:
		d.fault = errors.New("time runs backwards")
	case d.media == "video" && size != int64(d.width*d.height*3/2):
		d.fault = fmt.Errorf("a picture of %d bytes is not 4:2:0 in 8 bit", size)
	}
	d.last = pts
	d.units++
	d.end = max(d.end, float64(pts+duration)*d.tick)
}
