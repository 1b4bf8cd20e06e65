package web

import (
	"math/big"
	"net/url"
	"time"

	"runnel/models"
)

// Release is a release as the API tells it. Times are UTC, sizes bytes.
type Release struct {
	ID              string            `json:"id" doc:"TID, the same on every node."`
	Title           string            `json:"title"`
	Description     string            `json:"description"`
	Tags            []string          `json:"tags"`
	Kind            string            `json:"kind" doc:"video or track; empty until the file has been looked at."`
	State           string            `json:"state" enum:"uploading,queued,transcoding,final,failed,cancelled"`
	Visibility      string            `json:"visibility" enum:"public,unlisted,private"`
	Standing        string            `json:"standing" enum:"good,review,hidden,taken_down"`
	StandingReason  string            `json:"standingReason"`
	Manifest        string            `json:"manifest" doc:"Manifest CID; empty until final."`
	Channel         string            `json:"channel" doc:"k51… name."`
	ChannelName     string            `json:"channelName"`
	Language        string            `json:"language" doc:"BCP 47, or empty."`
	License         string            `json:"license" doc:"SPDX, or empty."`
	Credits         Credits           `json:"credits"`
	DurationSeconds float64           `json:"durationSeconds"`
	Width           int               `json:"width"`
	Height          int               `json:"height"`
	Bytes           int64             `json:"bytes"`
	Rev             int               `json:"rev"`
	CreatedAt       time.Time         `json:"createdAt"`
	FinalAt         *time.Time        `json:"finalAt"`
	Fraction        float64           `json:"fraction" doc:"Of the transcode, 0 to 1."`
	PlayableSeconds float64           `json:"playableSeconds" doc:"How much can be watched already."`
	Failure         *models.Failure   `json:"failure"`
	Loudness        *models.Loudness  `json:"loudness"`
	WatchURL        string            `json:"watchUrl"`
	MasterURL       string            `json:"masterUrl" doc:"HLS master playlist; empty until something can be played."`
	PosterURL       string            `json:"posterUrl"`
	Mine            bool              `json:"mine"`
	Replaces        string            `json:"replaces,omitempty" doc:"The release whose media this one's will be; then it is gone."`
	PublishAt       *time.Time        `json:"publishAt,omitempty" doc:"When its visibility becomes publishAs."`
	PublishAs       string            `json:"publishAs,omitempty" enum:"public,unlisted"`
	Replacement     *Release          `json:"replacement,omitempty" doc:"What will replace its media, for its owner."`
	Plays           int64             `json:"plays" doc:"In all; 0 in lists."`
	Renditions      []RenditionDetail `json:"renditions,omitempty" doc:"Only where one release is asked for."`
}

// Credits is what is known of who made a work and where it belongs; empty or 0
// where nothing is.
type Credits struct {
	Artist      string `json:"artist"`
	AlbumArtist string `json:"albumArtist"`
	Composer    string `json:"composer"`
	Album       string `json:"album"`
	Disc        int    `json:"disc"`
	Track       int    `json:"track"`
	ISRC        string `json:"isrc"`
	Date        string `json:"date" doc:"Of the first publication: 2019, 2019-05 or 2019-05-04."`
}

// RenditionDetail is one encoding of a release.
type RenditionDetail struct {
	ID               string  `json:"id"`
	Media            string  `json:"media" enum:"video,audio"`
	Codec            string  `json:"codec" doc:"RFC 6381."`
	Width            int     `json:"width"`
	Height           int     `json:"height"`
	FrameRate        float64 `json:"frameRate"`
	Channels         int     `json:"channels"`
	Bandwidth        int     `json:"bandwidth" doc:"Peak bits per second."`
	AverageBandwidth int     `json:"averageBandwidth"`
	Group            string  `json:"group" doc:"Audio group; empty for pictures."`
	Language         string  `json:"language" doc:"BCP 47; und where unknown."`
	Name             string  `json:"name" doc:"For a menu."`
	SampleRate       int     `json:"sampleRate" doc:"What follows is for gapless playback, in samples at this rate."`
	Priming          int     `json:"priming" doc:"Decoded before the sound begins."`
	Padding          int     `json:"padding" doc:"Decoded after it has ended."`
	Samples          int64   `json:"samples" doc:"Of the sound itself."`
}

// view tells a release to a caller. Media tokens in it are made as of at, so
// that one listener's events stay equal while nothing changes.
func (s *Server) view(c Caller, r *models.Release, at time.Time) Release {
	v := Release{
		ID: r.ID, Title: r.Title, Description: r.Description, Tags: append([]string{}, r.Tags...),
		Kind: string(r.Kind), State: string(r.State), Visibility: string(r.Visibility),
		Standing: string(r.Standing), StandingReason: r.StandingReason,
		Channel: r.ChannelID, ChannelName: r.ChannelName, Language: r.Language, License: r.License, Credits: Credits(r.Credits),
		DurationSeconds: seconds(r.Duration), Width: r.Width, Height: r.Height, Bytes: r.Bytes, Rev: r.Rev,
		CreatedAt: r.CreatedAt.UTC(), Fraction: r.Fraction, PlayableSeconds: seconds(r.Playable),
		Loudness: r.Loudness, WatchURL: s.watchURL(r), Mine: c.owns(r),
	}
	if r.Manifest.Defined() {
		v.Manifest = r.Manifest.String()
	}
	if !r.FinalAt.IsZero() {
		t := r.FinalAt.UTC()
		v.FinalAt = &t
	}
	if c.owns(r) || c.is(models.RoleModerator) {
		v.Failure, v.Replaces, v.PublishAs = r.Failure, r.Replaces, string(r.PublishAs)
		if !r.PublishAt.IsZero() {
			t := r.PublishAt.UTC()
			v.PublishAt = &t
		}
	}
	v.MasterURL, v.PosterURL = s.playURLs(c, r, at)
	return v
}

// playURLs says where to play the release: the public tree where it may be
// served to all, a media token where only some may have it, the growing
// playlists while it is being transcoded.
func (s *Server) playURLs(c Caller, r *models.Release, at time.Time) (master, poster string) {
	if c.mayWatch(r) != nil {
		return "", ""
	}
	base := ""
	switch {
	case r.State == models.StateFinal && r.Servable():
		base = s.public.String() + ipfsPath + r.Manifest.String() + "/"
	case r.State == models.StateFinal:
		base = s.mediaURL(c, r, rightView, at)
	case r.State == models.StateTranscoding && r.Playable > 0:
		return s.public.String() + apiPath + "/releases/" + r.ID + "/live/master.m3u8", ""
	default:
		return "", ""
	}
	if r.Poster != "" {
		poster = base + (&url.URL{Path: r.Poster}).EscapedPath()
	}
	return base + "master.m3u8", poster
}

// mediaURL mints a token for the caller and returns the tree's address.
func (s *Server) mediaURL(c Caller, r *models.Release, what right, at time.Time) string {
	t := mediaToken{Release: r.ID, Right: what, Rev: r.Rev, Expires: at.Add(mediaLife)}
	if (Caller{}).mayWatch(r) != nil {
		t.Audience = c.Account.ID
	}
	return s.public.String() + mediaPath + s.seal.mint(t) + "/"
}

func (s *Server) watchURL(r *models.Release) string {
	page := "/watch/"
	if r.Kind == models.KindTrack {
		page = "/listen/"
	}
	return s.public.String() + page + r.ID
}

func renditionDetails(all []models.Rendition) []RenditionDetail {
	out := make([]RenditionDetail, len(all))
	for i, r := range all {
		out[i] = RenditionDetail{
			ID: r.ID, Media: string(r.Media), Codec: r.Codec, Width: r.Width, Height: r.Height,
			FrameRate: rate(r.FrameRate), Channels: r.Channels, Bandwidth: r.Bandwidth, AverageBandwidth: r.AverageBandwidth,
			Group: r.Group, Language: r.Language, Name: r.Name, SampleRate: r.SampleRate, Priming: r.Priming, Padding: r.Padding, Samples: r.Samples,
		}
	}
	return out
}

func rate(r *big.Rat) float64 {
	if r == nil {
		return 0
	}
	f, _ := r.Float64()
	return f
}

// seconds rounds to the millisecond, which is all that players use.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
