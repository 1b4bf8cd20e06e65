package models

import (
	"time"

	"github.com/ipfs/go-cid"
)

// Kind says what a release is.
type Kind string

// The kinds of release.
const (
	KindVideo Kind = "video"
	KindTrack Kind = "track"
)

// Valid reports whether k is a known kind.
func (k Kind) Valid() bool { return k == KindVideo || k == KindTrack }

// Visibility is the creator's word on who may have a release's bytes.
type Visibility string

// Public is listed and announced; unlisted is served to whoever has the CID but
// never listed, fed or announced; private goes nowhere but /media, by right.
const (
	Public   Visibility = "public"
	Unlisted Visibility = "unlisted"
	Private  Visibility = "private"
)

// Valid reports whether v is a known visibility.
func (v Visibility) Valid() bool { return v == Public || v == Unlisted || v == Private }

// State is how far a release has come.
type State string

// The states, in order; failed and cancelled end a release that never became
// final.
const (
	StateUploading   State = "uploading"
	StateQueued      State = "queued"
	StateTranscoding State = "transcoding"
	StateFinal       State = "final"
	StateFailed      State = "failed"
	StateCancelled   State = "cancelled"
)

// Ended reports whether the pipeline will not move the release any more.
func (s State) Ended() bool {
	return s == StateFinal || s == StateFailed || s == StateCancelled
}

// Standing is the moderators' word on a release. Anything but good behaves
// like private to others; taken down answers 451 with the reason.
type Standing string

// The standings.
const (
	StandingGood      Standing = "good"
	StandingReview    Standing = "review"
	StandingHidden    Standing = "hidden"
	StandingTakenDown Standing = "taken_down"
)

// Failure tells a creator why a release ended as failed.
type Failure struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Loudness is measured by EBU R128 over the whole release.
type Loudness struct {
	Integrated float64 `json:"integratedLufs"`
	Range      float64 `json:"rangeLu"`
	TruePeak   float64 `json:"truePeakDbtp"`
}

// Release is one published work, or one on its way to being published.
type Release struct {
	ID          string // a TID, the same on every node
	AccountID   int64  // who uploaded it; 0 where it was pinned from elsewhere
	ChannelID   string // k51…, the IPNS name of the channel's Ed25519 key
	ChannelName string
	Kind        Kind
	Title       string
	Description string
	Tags        []string
	Language    string // BCP 47, or empty
	License     string // SPDX, or empty
	Credits     Credits
	Visibility  Visibility

	State          State
	Standing       Standing
	StandingReason string
	Failure        *Failure // set when failed
	Fraction       float64  // of the transcode, 0…1
	Playable       time.Duration

	// Replaces is the id of the release whose media this one's will be, in whose
	// place it then is gone; empty for every other.
	Replaces string
	// PublishAt is when the visibility becomes PublishAs; zero: it stays.
	PublishAt time.Time
	PublishAs Visibility

	Manifest  cid.Cid   // Undef until final
	Rev       int       // 1 for the first publication
	RevAt     time.Time // when that revision was published; zero until final
	Duration  time.Duration
	Width     int // of the highest rendition; 0 for tracks
	Height    int
	Bytes     int64  // of all files of the release
	Poster    string // path inside the release, or empty
	Loudness  *Loudness
	CreatedAt time.Time
	UpdatedAt time.Time
	FinalAt   time.Time // zero until final
}

// Servable reports whether this catalogue entry lets its root go out to anyone
// who has the CID.
func (r *Release) Servable() bool {
	return r.State == StateFinal && r.Standing == StandingGood && r.Visibility != Private
}

// Listed reports whether lists, search and feeds show it to everyone.
func (r *Release) Listed() bool { return r.Servable() && r.Visibility == Public }

// Revision is what a release was, or is now, under one root.
type Revision struct {
	Rev         int
	Root        cid.Cid
	Bytes       int64 // that no later revision holds; of all files for the latest
	Duration    time.Duration
	Poster      string    // path inside the release, or empty
	PublishedAt time.Time // as far as it is known
	EndedAt     time.Time // zero for the latest
}
