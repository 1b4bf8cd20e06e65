package transcode

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"runnel/transcode/captions"
	"runnel/transcode/ffmpeg"
	"runnel/transcode/hls"
)

// CaptionStream is a stream of text in a source.
type CaptionStream struct {
	Index    int
	Language string // BCP 47, "und" when unknown
	Name     string // for a menu
	Hearing  bool
}

// chooseCaptions returns the streams that are text; pictures counts the others.
func chooseCaptions(streams []ffmpeg.Stream) (text []CaptionStream, pictures int) {
	for i := range streams {
		s := &streams[i]
		switch {
		case s.Type != ffmpeg.Subtitle:
		case !s.Decodable:
			pictures++
		case len(text) < captions.Max:
			lang := captions.Language(s.Language)
			text = append(text, CaptionStream{Index: s.Index, Language: lang, Name: captionName(s, lang), Hearing: s.HearingImpaired})
		}
	}
	return text, pictures
}

// captionName is what a menu shows: the stream's title, else its language and
// what is special about it.
func captionName(s *ffmpeg.Stream, lang string) string {
	name := captions.Label(s.Title, lang)
	switch {
	case s.Title != "":
	case s.HearingImpaired:
		name += " (SDH)"
	case s.Forced:
		name += " (forced)"
	}
	return name
}

// What captions may cost: ffmpeg takes 11 s for one line of a megabyte, and
// whoever made one has made many. A long film takes a few seconds to read.
const (
	allCaptionsCPU  = time.Minute
	oneCaptionCPU   = 30 * time.Second
	maxBadCaptions  = 3
	captionsPatient = time.Hour // a slow disk is no fault
)

// captions makes WebVTT of the text streams, on the timeline that picture and
// sound have. One pass reads all of them; if that fails, each is tried alone, so
// that a bad one costs only itself, until too many were bad.
func (j *job) captions(ctx context.Context, r *Result) error {
	streams, pictures := j.plan.Media.Captions, j.plan.Media.CaptionPictures
	if pictures > 0 {
		j.t.log.Info("captions that are pictures left out", "streams", pictures)
	}
	if len(streams) == 0 {
		return nil
	}
	dir := filepath.Join(j.work(), "captions")
	defer os.RemoveAll(dir)
	all := j.readCaptions(ctx, dir, streams, allCaptionsCPU)
	for n, bad := 0, 0; n < len(streams) && bad < maxBadCaptions; n++ {
		s, err := streams[n], all
		if err != nil && ctx.Err() == nil && len(streams) > 1 {
			err = j.readCaptions(ctx, dir, []CaptionStream{s}, oneCaptionCPU)
		}
		if err != nil {
			bad++
		} else {
			err = j.takeCaptions(r, n, s, filepath.Join(dir, captionFile(s)))
		}
		if err = j.spare(ctx, fmt.Sprintf("captions of stream %d", s.Index), err); err != nil {
			return err
		}
	}
	return nil
}

func captionFile(s CaptionStream) string { return fmt.Sprintf("%d.vtt", s.Index) }

// readCaptions has ffmpeg write streams as WebVTT.
func (j *job) readCaptions(ctx context.Context, dir string, streams []CaptionStream, cpu time.Duration) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var outs []ffmpeg.CaptionOutput
	for _, s := range streams {
		outs = append(outs, ffmpeg.CaptionOutput{Stream: s.Index, File: captionFile(s)})
	}
	args, err := ffmpeg.CaptionArgs(j.source, outs)
	if err != nil {
		return err
	}
	return j.t.runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: j.source, Dir: dir, Nice: 5,
		Limits: ffmpeg.Limits{Memory: 2 << 30, CPU: cpu, Wall: captionsPatient, FileSize: captions.MaxBytes, OpenFiles: 256},
	})
}

// takeCaptions cleans what ffmpeg wrote and adds it to the release.
func (j *job) takeCaptions(r *Result, n int, s CaptionStream, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	cues, err := captions.Parse(text)
	if err != nil {
		return err
	}
	id := captions.ID(n, s.Language)
	files, err := captions.FilesFor(id, cues, j.plan.Duration)
	if err != nil {
		return err
	}
	for _, path := range []string{hls.PlaylistPath(id), id + "/" + hls.SubtitleFile} {
		f, err := j.write(path, files[path])
		if err != nil {
			return err
		}
		r.Beside = append(r.Beside, f)
	}
	lang := s.Language
	if lang == captions.Unknown {
		lang = ""
	}
	r.Captions = append(r.Captions, hls.Subtitle{Name: s.Name, Language: lang, Hearing: s.Hearing, URI: hls.PlaylistPath(id)})
	return nil
}
