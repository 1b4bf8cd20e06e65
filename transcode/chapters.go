package transcode

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"runnel/transcode/captions"
	"runnel/transcode/ffmpeg"
)

// Names of the chapters inside the release: as JSON of the Podcast Namespace
// (version 1.2), and as the WebVTT that pages take for a track of chapters.
const (
	ChaptersPath     = "x/chapters.json"
	ChaptersTextPath = "x/chapters.vtt"
)

// maxChapters is how many chapters a release has at most; the rest is one.
const maxChapters = 500

// orderly puts chapters on the timeline that the renditions have: in order,
// each until the next one at most, none without length.
func orderly(in []ffmpeg.Chapter, start, duration time.Duration) []ffmpeg.Chapter {
	all := slices.Clone(in)
	for i := range all {
		all[i].Start, all[i].End = max(all[i].Start-start, 0), min(all[i].End-start, duration)
	}
	slices.SortStableFunc(all, func(a, b ffmpeg.Chapter) int { return cmp.Compare(a.Start, b.Start) })
	var out []ffmpeg.Chapter
	for i, c := range all {
		if i+1 < len(all) && all[i+1].Start > c.Start {
			c.End = min(c.End, all[i+1].Start)
		}
		if c.End.Milliseconds() <= c.Start.Milliseconds() || len(out) > 0 && out[len(out)-1].Start == c.Start {
			continue
		}
		if len(out) == maxChapters {
			out[maxChapters-1].End = max(c.End, out[maxChapters-1].End)
			continue
		}
		if c.Title == "" {
			c.Title = fmt.Sprintf("Chapter %d", len(out)+1)
		}
		out = append(out, c)
	}
	return out
}

// chapters writes the chapters of the source. One alone divides nothing.
func (j *job) chapters(_ context.Context, r *Result) error {
	all := orderly(j.plan.Media.Chapters, j.plan.Media.Start, j.plan.Duration)
	if len(all) < 2 {
		return nil
	}
	data, err := chaptersJSON(all)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		path string
		data []byte
	}{{ChaptersPath, data}, {ChaptersTextPath, chaptersText(all)}} {
		kept, err := j.write(f.path, f.data)
		if err != nil {
			return err
		}
		r.Beside = append(r.Beside, kept)
	}
	return nil
}

func chaptersJSON(all []ffmpeg.Chapter) ([]byte, error) {
	type chapter struct {
		Start float64 `json:"startTime"` // seconds
		End   float64 `json:"endTime"`
		Title string  `json:"title"`
	}
	out := struct {
		Version  string    `json:"version"`
		Chapters []chapter `json:"chapters"`
	}{Version: "1.2.0"}
	for _, c := range all {
		out.Chapters = append(out.Chapters, chapter{float64(c.Start.Milliseconds()) / 1000, float64(c.End.Milliseconds()) / 1000, c.Title})
	}
	return json.Marshal(out)
}

func chaptersText(all []ffmpeg.Chapter) []byte {
	var out strings.Builder
	out.WriteString("WEBVTT\n")
	for _, c := range all {
		out.WriteString("\n" + captions.Timing(c.Start, c.End) + "\n" + captions.Escape(c.Title) + "\n")
	}
	return []byte(out.String())
}
