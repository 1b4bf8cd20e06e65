package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"runnel/models"
	"runnel/transcode"
)

// plainArgs is one ffmpeg command that makes a plan's encodes: one decode, the
// same sizes, rates and x264 settings, segments of the same length. It has the
// threads that ffmpeg takes by itself.
func plainArgs(film, dir string, plan transcode.Plan, profile transcode.Profile) []string {
	var pictures []models.Rendition
	var graph, tail strings.Builder
	var outs []string
	for _, r := range plan.Renditions {
		name := strings.ReplaceAll(r.ID, "/", "-")
		if r.Media == models.MediaAudio {
			outs = append(outs, "-map", fmt.Sprintf("0:%d", plan.Media.Audio[0].Index), "-c:a", "aac", "-ac", "2", "-b:a", bitRate(r))
			outs = append(outs, segmented(dir, name)...)
			continue
		}
		n, rung := len(pictures), rungOf(profile, r)
		pictures = append(pictures, r)
		fmt.Fprintf(&graph, "[i%d]", n)
		fmt.Fprintf(&tail, ";[i%d]scale=%d:%d,format=yuv420p[o%d]", n, r.Width, r.Height, n)
		rate := fmt.Sprint(rung.MaxRate)
		outs = append(outs, "-map", fmt.Sprintf("[o%d]", n), "-c:v", "libx264", "-preset", profile.Preset, "-profile:v", "high",
			"-crf", rung.CRF, "-maxrate", rate, "-bufsize", rate, "-force_key_frames", "expr:gte(t,n_forced*2)", "-sc_threshold", "0")
		outs = append(outs, segmented(dir, name)...)
	}
	filter := fmt.Sprintf("[0:%d]split=%d%s%s", plan.Media.Video.Index, len(pictures), graph.String(), tail.String())
	return append([]string{"-nostdin", "-v", "error", "-y", "-i", film, "-filter_complex", filter}, outs...)
}

// rungOf is the profile's rung of a picture's size, or the next one above.
func rungOf(p transcode.Profile, r models.Rendition) transcode.Rung {
	for _, rung := range p.Rungs {
		if rung.Size >= min(r.Width, r.Height) {
			return rung
		}
	}
	return p.Rungs[len(p.Rungs)-1]
}

// bitRate is the one in the name of a rendition of sound: a/aac-128-2/0-und.
func bitRate(r models.Rendition) string {
	parts := strings.Split(r.Group, "-")
	if len(parts) < 2 {
		return "128k"
	}
	return parts[1] + "k"
}

func segmented(dir, name string) []string {
	return []string{"-f", "hls", "-hls_time", "4", "-hls_segment_type", "fmp4", "-hls_list_size", "0",
		"-hls_fmp4_init_filename", name + ".mp4", filepath.Join(dir, name+".m3u8")}
}
