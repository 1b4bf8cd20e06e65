package ffmpeg

import (
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update-args", false, "write the golden files of arguments")

func rate(num, den int64) *big.Rat { return big.NewRat(num, den) }

func videoJob(change func(*VideoJob)) VideoJob {
	j := VideoJob{
		Input: "/job/source", Stream: 0, Width: 1920, Height: 1080, Rate: rate(30000, 1001), First: 360, Frames: 1800, Margin: 60,
		DecodeThreads: 2, Preset: "veryfast", GOP: 60, Segment: 120, FirstSegment: 3,
		Rungs: []VideoRung{
			{Dir: "v-1080", Width: 1920, Height: 1080, CRF: "23", MaxRate: 5000000, BufSize: 5000000},
			{Dir: "v-720", Width: 1280, Height: 720, CRF: "23", MaxRate: 2800000, BufSize: 2800000},
			{Dir: "v-360", Width: 640, Height: 360, CRF: "23", MaxRate: 800000, BufSize: 800000, Direct: true},
			{Dir: "v-240", Width: 426, Height: 240, CRF: "24", MaxRate: 400000, BufSize: 400000},
		},
	}
	if change != nil {
		change(&j)
	}
	return j
}

func TestArgsGolden(t *testing.T) {
	for name, make := range map[string]func() ([]string, error){
		"video-all": func() ([]string, error) { return VideoArgs(videoJob(nil)) },
		"video-first": func() ([]string, error) {
			return VideoArgs(videoJob(func(j *VideoJob) { j.First, j.FirstSegment = 0, 0 }))
		},
		"video-live": func() ([]string, error) {
			return VideoArgs(videoJob(func(j *VideoJob) {
				for i := range j.Rungs {
					j.Rungs[i].Skip = !j.Rungs[i].Direct
				}
			}))
		},
		"video-interlaced-steps": func() ([]string, error) {
			return VideoArgs(videoJob(func(j *VideoJob) {
				j.Deinterlace, j.Rate = true, rate(25, 1)
				j.Rungs[1].Skip, j.Rungs[2].Skip = true, true
			}))
		},
		"print": func() ([]string, error) { return PrintArgs("/job/source", 1, 120, "sound.raw") },
		"glimpses": func() ([]string, error) {
			return GlimpseArgs(Glimpses{Input: "/job/moments", Frames: []int64{7, 150}, Pattern: "%d.jpg"})
		},
		"video-hdr": func() ([]string, error) {
			return VideoArgs(videoJob(func(j *VideoJob) {
				j.Colour = Colour{Transfer: "smpte2084", Primaries: "bt2020", Matrix: "bt2020nc"}
			}))
		},
		"video-transparent": func() ([]string, error) {
			return VideoArgs(videoJob(func(j *VideoJob) { j.Colour = Colour{Alpha: true, RGB: true} }))
		},
		"audio-video": func() ([]string, error) {
			outs := func(dir string) []AudioOutput {
				return []AudioOutput{{Dir: dir + "-64", Codec: AAC, BitRate: 64000, Channels: 2}, {Dir: dir + "-128", Codec: AAC, BitRate: 128000, Channels: 2}}
			}
			return AudioArgs(AudioJob{Input: "/job/source", Segment: rate(1001*4, 1000), Tracks: []AudioTrack{
				{Stream: 1, Channels: 6, SampleRate: 48000, Samples: 480000, Loudness: true, Outputs: append(outs("a-0"), AudioOutput{Dir: "a-0-384", Codec: AAC, BitRate: 384000, Channels: 6})},
				{Stream: 3, Channels: 2, SampleRate: 48000, Samples: 480000, Outputs: outs("a-1")},
			}})
		},
		"audio-track": func() ([]string, error) {
			return AudioArgs(AudioJob{Input: "/job/source", Segment: rate(4, 1), Tracks: []AudioTrack{
				{Stream: 0, Channels: 1, SampleRate: 44100, Outputs: []AudioOutput{{Dir: "a", Codec: AAC, BitRate: 64000, Channels: 2}}},
				{Stream: 0, Channels: 1, SampleRate: 96000, Outputs: []AudioOutput{{Dir: "f", Codec: FLAC, Channels: 1, Bits: 24}}},
			}})
		},
		"audio-many": func() ([]string, error) {
			return AudioArgs(AudioJob{Input: "/job/source", Segment: rate(4, 1), Tracks: []AudioTrack{
				{Stream: 0, Channels: 5, SampleRate: 44100, Outputs: []AudioOutput{{Dir: "a", Codec: AAC, BitRate: 64000, Channels: 2}}},
				{Stream: 1, Channels: 9, SampleRate: 44100, Outputs: []AudioOutput{{Dir: "b", Codec: AAC, BitRate: 64000, Channels: 2}}},
				{Stream: 2, Channels: 8, SampleRate: 44100, Outputs: []AudioOutput{{Dir: "c", Codec: AAC, BitRate: 384000, Channels: 6}}},
			}})
		},
		"poster": func() ([]string, error) {
			return StillArgs(Still{Input: "/job/source", Stream: 0, At: rate(5, 2), MaxWidth: 1280, File: "poster.jpg", Choose: true})
		},
		"cover": func() ([]string, error) {
			return StillArgs(Still{Input: "/job/source", Stream: 1, MaxWidth: 1280, File: "cover.jpg"})
		},
		"captions": func() ([]string, error) {
			return CaptionArgs("/job/source", []CaptionOutput{{Stream: 2, File: "0.vtt"}, {Stream: 4, File: "1.vtt"}})
		},
		"samples": func() ([]string, error) { return SampleArgs("/job/source", 1, 2) },
		"board": func() ([]string, error) {
			return BoardArgs(Board{Input: "/job/board.mp4", Width: 160, Height: 90, Columns: 8, Rows: 8, Pattern: "sprite-%d.jpg"})
		},
		"tail": func() ([]string, error) { return TailArgs("/job/source", rate(25, 2)), nil },
	} {
		t.Run(name, func(t *testing.T) {
			args, err := make()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, args)
		})
	}
}

// golden compares arguments, one a line, without the allow-lists, which other
// tests hold.
func golden(t *testing.T, name string, args []string) {
	t.Helper()
	var lines []string
	for i := 0; i < len(args); i++ {
		if _, common := InputOptions()[strings.TrimPrefix(args[i], "-")]; common {
			i++
			continue
		}
		lines = append(lines, args[i])
	}
	got, path := strings.Join(lines, "\n")+"\n", filepath.Join("testdata", "args", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("arguments changed:\n%s\nwant\n%s", got, want)
	}
}

func TestArgsCarryTheAllowLists(t *testing.T) {
	args, err := VideoArgs(videoJob(nil))
	if err != nil {
		t.Fatal(err)
	}
	input := strings.Join(args[:indexOf(args, "-i")], " ")
	for name, value := range InputOptions() {
		if !strings.Contains(input, "-"+name+" "+value) {
			t.Errorf("-%s is missing before -i", name)
		}
	}
}

func TestMisuseIsAnError(t *testing.T) {
	if args, err := VideoArgs(VideoJob{Rate: rate(24, 1)}); err == nil {
		t.Errorf("no rungs: got %v", args)
	}
	if args, err := VideoArgs(VideoJob{}); err == nil {
		t.Errorf("no rate: got %v", args)
	}
	if args, err := AudioArgs(AudioJob{}); err == nil {
		t.Errorf("no tracks: got %v", args)
	}
}

func indexOf(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return -1
}
