package transcode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"runnel/models"
	"runnel/transcode/captions"
	"runnel/transcode/ffmpeg"
)

// BoardPath is the storyboard's name inside the release: WebVTT whose cues name
// a part of a picture beside it.
const BoardPath = "s/storyboard.vtt"

const (
	boardSide = 160 // pixels of a tile's longer side
	boardEdge = 8   // tiles in a row and in a column of a sprite
	maxTiles  = 640 // of a film: ten sprites
)

// A storyboard is drawn from the lowest rung, whose segments begin with a whole
// picture each: the source is not decoded again, and what is kept until then is
// a few kilobytes for each tile.

// boardStep is how many segments there are to a tile.
func (p *Plan) boardStep() int { return (p.segments() + maxTiles - 1) / maxTiles }

// segments is the number of segments of every video rendition.
func (p *Plan) segments() int {
	last := p.Parts[len(p.Parts)-1]
	return last.FirstSegment + last.Segments
}

// drawn reports whether a segment begins with the picture of a tile.
func (p *Plan) drawn(rendition string, number int) bool {
	return len(p.steps) > 0 && rendition == p.Renditions[0].ID && number%p.boardStep() == 0
}

func (j *job) boardDir() string { return filepath.Join(j.dir, "board") }

func (j *job) tilePath(number int) string {
	return filepath.Join(j.boardDir(), fmt.Sprintf("%05d", number))
}

// keepPicture keeps the first picture of a segment that is about to go, if it is
// one of the storyboard's.
func (j *job) keepPicture(o *output, s segmentFacts, path string) error {
	if !j.plan.drawn(o.id, o.next) {
		return nil
	}
	if err := os.MkdirAll(j.boardDir(), 0o700); err != nil {
		return err
	}
	init, err := os.ReadFile(filepath.Join(o.dir, ffmpeg.InitFile))
	if err != nil {
		return err
	}
	if err := replace(filepath.Join(j.boardDir(), ffmpeg.InitFile), init); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	picture, err := io.ReadAll(io.NewSectionReader(f, s.KeyStart, s.KeyBytes-s.KeyStart))
	if err != nil {
		return err
	}
	return replace(j.tilePath(o.next), picture)
}

// replace writes a file as a whole.
func replace(path string, data []byte) error {
	if err := os.WriteFile(path+".tmp", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// pictured reports whether the pictures of a part that is done are there. A
// crash may have lost some; then the part is made again.
func (j *job) pictured(rendition string, part int) bool {
	if len(j.plan.steps) == 0 || rendition != j.plan.Renditions[0].ID {
		return true
	}
	p := j.plan.Parts[part]
	if info, err := os.Stat(filepath.Join(j.boardDir(), ffmpeg.InitFile)); err != nil || info.Size() == 0 {
		return false
	}
	for n := p.FirstSegment; n < p.FirstSegment+p.Segments; n++ {
		if info, err := os.Stat(j.tilePath(n)); j.plan.drawn(rendition, n) && (err != nil || info.Size() == 0) {
			return false
		}
	}
	return j.momentsThere(p)
}

// storyboard draws the tiles of a film whose pictures are all there.
func (j *job) storyboard(ctx context.Context) ([]Sidecar, error) {
	if len(j.plan.steps) == 0 {
		return nil, nil
	}
	files, err := j.drawBoard(ctx)
	if err = j.spare(ctx, "storyboard", err); err != nil {
		return nil, fmt.Errorf("transcode: storyboard: %w", err)
	}
	return files, nil
}

func (j *job) drawBoard(ctx context.Context) ([]Sidecar, error) {
	dir := filepath.Join(j.besideDir(), "board")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, err
	}
	film := filepath.Join(j.boardDir(), "film.mp4")
	tiles, err := j.boardFilm(film)
	if err != nil {
		return nil, err
	}
	b := ffmpeg.Board{Input: film, Columns: boardEdge, Rows: boardEdge, Pattern: "sprite-%d.jpg"}
	b.Width, b.Height = tileSize(j.plan.steps[0].Width, j.plan.steps[0].Height)
	args, err := ffmpeg.BoardArgs(b)
	if err != nil {
		return nil, err
	}
	err = j.t.runner.Run(ctx, ffmpeg.Command{
		Tool: ffmpeg.FFmpeg, Args: args, Input: film, Dir: dir, Nice: 5,
		Limits: ffmpeg.Limits{Memory: 2 << 30, CPU: 5 * time.Minute, Wall: 10 * time.Minute, FileSize: 16 << 20, OpenFiles: 64},
	})
	if err != nil {
		return nil, err
	}
	return j.boardFiles(dir, tiles, b)
}

// boardFilm writes a film of the storyboard's pictures, a second each, and
// returns how many there are. Its edit list takes nothing away, as it begins
// later.
func (j *job) boardFilm(path string) (tiles int, err error) {
	init, err := os.ReadFile(filepath.Join(j.boardDir(), ffmpeg.InitFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("no pictures: %w", models.ErrCorrupt)
	}
	if err != nil {
		return 0, err
	}
	facts, _ := loadFacts(j.dir, j.plan.Renditions[0].ID)
	second := max(facts.Init.Timescale, 1)
	film := bytes.NewBuffer(init)
	for n := 0; n < j.plan.segments(); n += j.plan.boardStep() {
		picture, err := os.ReadFile(j.tilePath(n))
		if err != nil {
			return 0, err
		}
		tiles++
		if err := addPicture(film, tiles, second, picture); err != nil {
			return 0, fmt.Errorf("%v: %w", err, models.ErrCorrupt)
		}
	}
	return tiles, os.WriteFile(path, film.Bytes(), 0o600)
}

// addPicture writes the n-th picture, from 1, as a fragment of its own.
func addPicture(film *bytes.Buffer, n int, second uint32, picture []byte) error {
	fragment, err := mp4.CreateFragment(uint32(n), mp4.DefaultTrakID)
	if err != nil {
		return err
	}
	fragment.AddFullSample(mp4.FullSample{
		Sample:     mp4.Sample{Flags: mp4.SyncSampleFlags, Dur: second, Size: uint32(len(picture))},
		DecodeTime: uint64(n) * uint64(second), Data: picture,
	})
	return fragment.Encode(film)
}

// tileSize fits a picture into the square of a tile, in even numbers.
func tileSize(width, height int) (w, h int) {
	even := func(n int) int { return max(n/2*2, 2) }
	if width >= height {
		return boardSide, even(boardSide * height / width)
	}
	return even(boardSide * width / height), boardSide
}

// boardFiles names the sprites and says where each tile stands.
func (j *job) boardFiles(dir string, tiles int, b ffmpeg.Board) ([]Sidecar, error) {
	var files []Sidecar
	var text strings.Builder
	text.WriteString("WEBVTT\n")
	segment := durationOf(j.plan.segment)
	for i := range tiles {
		start := segment * time.Duration(i*j.plan.boardStep())
		end := min(start+segment*time.Duration(j.plan.boardStep()), j.plan.Duration)
		place := i % (boardEdge * boardEdge)
		name := fmt.Sprintf(b.Pattern, i/(boardEdge*boardEdge))
		fmt.Fprintf(&text, "\n%s\n%s#xywh=%d,%d,%d,%d\n", captions.Timing(start, max(end, start+time.Millisecond)), name,
			place%boardEdge*b.Width, place/boardEdge*b.Height, b.Width, b.Height)
		if place > 0 {
			continue
		}
		local := filepath.Join(dir, name)
		if info, err := os.Stat(local); err != nil || info.Size() == 0 {
			return nil, fmt.Errorf("%s is missing: %w", name, models.ErrCorrupt)
		}
		files = append(files, Sidecar{Path: "s/" + name, Local: local})
	}
	vtt, err := j.write(BoardPath, []byte(text.String()))
	return append(files, vtt), err
}
