package models

import (
	"math/big"
	"time"
)

// Media is the medium of a rendition.
type Media string

// The media of renditions.
const (
	MediaVideo Media = "video"
	MediaAudio Media = "audio"
)

// Rendition is one encoding of a release. ID is its folder: "v/360p24",
// "a/aac-128-2/0-und".
type Rendition struct {
	ID        string
	Media     Media
	Codec     string // RFC 6381, e.g. "avc1.64001e", "mp4a.40.2"; read from the init segment
	Width     int
	Height    int
	FrameRate *big.Rat // nil for audio
	Channels  int      // audio only
	Group     string   // audio group for the master playlist, e.g. "aac-128-2"
	Language  string   // audio: BCP 47, "und" when unknown
	Name      string   // audio: what a player's menu shows
	Cap       int      // bits per second that the profile never lets it exceed
	Live      bool     // keeps ahead of a viewer while it is being transcoded

	// Measured from the segments; zero until known.
	Bandwidth        int // peak bits per second over a segment
	AverageBandwidth int
	Segments         int
	Duration         time.Duration
	Bytes            int64
	Hashes           string   // path of the hash list, "h/v-360p24.bin"
	HashesSHA256     [32]byte // of that file
	// Audio only: what gapless playback needs, in samples at SampleRate.
	SampleRate int
	Priming    int
	Padding    int
	Samples    int64
}

// Segment is one closed HLS media file of a rendition, already held as blocks.
type Segment struct {
	Rendition string
	Number    int           // 0…; InitNumber for the init segment
	Part      int           // which part of the film it was encoded in
	Duration  time.Duration // as its media playlist says; 0 for init
	KeyBytes  int64         // bytes from the start to the end of the first sample (I-frame playlists); 0 for audio
	File      File
}

// InitNumber is the Number of an init segment.
const InitNumber = -1
