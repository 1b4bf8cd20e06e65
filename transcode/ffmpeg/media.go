package ffmpeg

import (
	"math/big"
	"strings"
	"time"
)

// Probe is what ffprobe says of a file, cleaned and bounded. What it says is a
// claim of the file; only decoding measures.
type Probe struct {
	Format   string        // demuxer, as ffmpeg names it: "mov,mp4,m4a,3gp,3g2,mj2"
	Score    int           // 1…100, how sure ffmpeg is of the format
	Duration time.Duration // 0: unknown
	Start    time.Duration // first timestamp, may be negative
	BitRate  int64         // bits per second; 0: unknown
	Size     int64         // bytes of the file
	Streams  []Stream
	Chapters []Chapter
	Tags     map[string]string // of the file; keys of knownTags only
}

// StreamType is the kind of a stream.
type StreamType string

// The stream types.
const (
	Video      StreamType = "video"
	Audio      StreamType = "audio"
	Subtitle   StreamType = "subtitle"
	Data       StreamType = "data"
	Attachment StreamType = "attachment"
)

// Stream is one stream of a file. Fields that do not belong to its type, or
// that the file does not give, are zero.
type Stream struct {
	Index     int
	Type      StreamType
	Codec     string // ffprobe's name: "h264", "aac"; empty when unknown
	Profile   string // "High", "LC"
	Decodable bool   // the codec is on the list of what may be decoded here

	Width, Height      int      // coded size, before rotation and aspect
	SAR                *big.Rat // sample aspect ratio; nil: unknown, take 1
	Rotation           int      // degrees clockwise to turn for display: 0, 90, 180, 270
	Flipped            bool     // the display matrix mirrors
	FrameRate          *big.Rat // average; nil: unknown
	RealRate           *big.Rat // lowest rate that holds all timestamps; nil: unknown
	PixFmt             string
	BitDepth           int    // per component; 0: unknown
	FieldOrder         string // "progressive", "tt", "bb", "tb", "bt" or empty
	ColorRange         string // "tv", "pc" or empty
	ColorSpace         string // "bt709", "bt2020nc" …
	ColorTransfer      string // "smpte2084" (PQ), "arib-std-b67" (HLG), "bt709" …
	ColorPrimaries     string
	MaxContentLight    int // cd/m², from HDR side data; 0: unknown
	MasteringLuminance *big.Rat

	SampleRate int
	SampleFmt  string
	Channels   int
	Layout     string // "stereo", "5.1(side)"

	Start    time.Duration
	Duration time.Duration // 0: unknown
	Frames   int64         // as the container counts; 0: unknown
	BitRate  int64
	TimeBase *big.Rat

	Language        string // as tagged, lower case ("eng"); empty: unknown
	Title           string
	Default         bool
	Forced          bool
	AttachedPic     bool // a cover, not a film
	TimedThumbnails bool
	HearingImpaired bool
	VisualImpaired  bool
	Comment         bool
}

// HDR reports whether the stream's transfer is PQ or HLG.
func (s *Stream) HDR() bool {
	return s.ColorTransfer == "smpte2084" || s.ColorTransfer == "arib-std-b67"
}

// Interlaced reports whether the stream says that its frames are two fields.
func (s *Stream) Interlaced() bool {
	switch s.FieldOrder {
	case "tt", "bb", "tb", "bt":
		return true
	}
	return false
}

// Lossless reports whether a sound stream holds its samples as they were.
func (s *Stream) Lossless() bool {
	switch s.Codec {
	case "flac", "alac":
		return true
	case "pcm_alaw", "pcm_mulaw":
		return false
	}
	return strings.HasPrefix(s.Codec, "pcm_")
}

// SampleBits is what a sample of a sound stream needs, 16 or 24.
func (s *Stream) SampleBits() int {
	switch s.SampleFmt {
	case "u8", "u8p", "s16", "s16p":
		return 16
	}
	return 24
}

// Film reports whether the stream is moving pictures: video that is no cover.
func (s *Stream) Film() bool {
	return s.Type == Video && !s.AttachedPic && !s.TimedThumbnails
}

// Chapter is a named stretch of the file.
type Chapter struct {
	Start, End time.Duration
	Title      string
}
