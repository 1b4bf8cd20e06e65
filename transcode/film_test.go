//go:build film

package transcode

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"runnel/models"
)

// TestFilm measures a film named by RUNNEL_FILM, against one plain ffmpeg
// command that makes the same encodes; it is for people (go test -tags film).
// RUNNEL_KEEP names a
// folder for the release's files.
func TestFilm(t *testing.T) {
	film := os.Getenv("RUNNEL_FILM")
	if film == "" {
		t.Fatal("RUNNEL_FILM names no film")
	}
	tr := newTranscoder(t, nil)
	sink := newFolder(t)
	began := time.Now()
	m, err := tr.Inspect(t.Context(), film)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tr.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	inspected, cpu := time.Now(), childCPU()
	r, err := tr.Run(t.Context(), p, film, t.TempDir(), nil, sink, nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	ours, oursCPU := time.Since(inspected), childCPU()-cpu
	t.Logf("inspect %.2f s, first segment %.2f s after Run, all %.2f s (CPU %.2f s), ahead %q, %d parts", inspected.Sub(began).Seconds(),
		sink.first.Sub(inspected).Seconds(), ours.Seconds(), oursCPU.Seconds(), p.Ahead, len(p.Parts))
	for _, v := range r.Renditions {
		t.Logf("%-20s %-12s %4dx%-4d %d segments, at most %d bit/s of %d", v.ID, v.Codec, v.Width, v.Height, len(sink.segments[v.ID])-1, peak(t, sink, v), v.Cap)
	}
	t.Logf("loudness %+v, poster %q", r.Loudness, r.Poster)
	if keep := os.Getenv("RUNNEL_KEEP"); keep != "" {
		if err := os.CopyFS(keep, os.DirFS(sink.dir)); err != nil {
			t.Fatal(err)
		}
	}
	cpu, began = childCPU(), time.Now()
	output1(t, "ffmpeg", plain(t, film, &p)...)
	wall, plainCPU := time.Since(began), childCPU()-cpu
	t.Logf("plain ffmpeg %.2f s (CPU %.2f s); ours takes %.3f of its time, %.3f of its CPU", wall.Seconds(), plainCPU.Seconds(),
		ours.Seconds()/wall.Seconds(), oursCPU.Seconds()/plainCPU.Seconds())
}

// peak is the highest bit rate of a segment.
func peak(t *testing.T, sink *folder, v models.Rendition) int {
	t.Helper()
	most := 0
	for _, s := range sink.segments[v.ID][1:] {
		info, err := os.Stat(filepath.Join(sink.dir, s.ReleasePath))
		if err != nil {
			t.Fatal(err)
		}
		if s.Duration > time.Second {
			most = max(most, int(float64(info.Size())*8/s.Duration.Seconds()))
		}
	}
	return most
}

// plain is the command that someone would write by hand for the same ladder.
func plain(t *testing.T, film string, p *Plan) []string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-nostdin", "-v", "error", "-y", "-i", film}
	graph := fmt.Sprintf("[0:%d]split=%d", p.Media.Video.Index, len(p.steps))
	for i := range p.steps {
		graph += fmt.Sprintf("[i%d]", i)
	}
	for i, s := range p.steps {
		graph += fmt.Sprintf(";[i%d]scale=%d:%d,format=yuv420p[o%d]", i, s.Width, s.Height, i)
	}
	args = append(args, "-filter_complex", graph)
	hls := func(name string) []string {
		return []string{"-f", "hls", "-hls_time", "4", "-hls_segment_type", "fmp4", "-hls_list_size", "0", "-hls_fmp4_init_filename", name + ".mp4", filepath.Join(dir, name+".m3u8")}
	}
	for i, s := range p.steps {
		args = append(args, "-map", fmt.Sprintf("[o%d]", i), "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", s.CRF,
			"-maxrate", fmt.Sprint(s.MaxRate), "-bufsize", fmt.Sprint(s.bufSize()), "-force_key_frames", "expr:gte(t,n_forced*2)", "-sc_threshold", "0")
		args = append(args, hls(fmt.Sprintf("v%d", i))...)
	}
	for i, v := range p.voices {
		args = append(args, "-map", fmt.Sprintf("0:%d", v.stream.Index), "-c:a", "aac", "-ac", "2", "-b:a", fmt.Sprint(v.bitRate))
		args = append(args, hls(fmt.Sprintf("a%d", i))...)
	}
	return args
}

// childCPU is the CPU time of all ended children.
func childCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
