package blockset

import (
	"math"
	"strings"
	"time"

	"runnel/models"
)

// Release returns what a manifest says of its release, for a catalogue that is
// rebuilt or that pins another node's work. What a manifest does not know is
// zero: account, visibility, state, standing, bytes and the manifest's own CID.
func (m *Manifest) Release() models.Release {
	created, _ := time.Parse(createdLayout, m.Created) // checked by check
	r := models.Release{
		ID: m.ID, ChannelID: m.Channel, ChannelName: m.ChannelName, Kind: m.Kind, Title: m.Title,
		Description: m.Description, Tags: m.Tags, Language: m.Language, License: m.License, Rev: m.Rev,
		Duration: time.Duration(m.DurationMs) * time.Millisecond, Poster: m.Poster, Loudness: m.Loudness,
		CreatedAt: created, Credits: m.credits(),
	}
	for _, v := range m.Renditions {
		if v.H > r.Height {
			r.Width, r.Height = v.W, v.H
		}
	}
	return r
}

// Models returns the renditions as the rest of Runnel knows them.
func (m *Manifest) Models() []models.Rendition {
	out := make([]models.Rendition, 0, len(m.Renditions))
	for _, r := range m.Renditions {
		out = append(out, r.model())
	}
	return out
}

func (r *Rendition) model() models.Rendition {
	fps, _ := parseFPS(r.FPS) // nil for audio; checked by check
	return models.Rendition{
		ID: r.ID, Media: r.Type, Codec: r.Codec, Width: r.W, Height: r.H, FrameRate: fps, Channels: r.Channels,
		Group: r.Group, Language: r.Language, Name: r.Name, Cap: r.Cap, Bandwidth: r.Bps, AverageBandwidth: r.AvgBps,
		Segments: r.Segments, Duration: time.Duration(r.DurationMs) * time.Millisecond, Bytes: r.Bytes,
		Hashes: r.Hashes, HashesSHA256: r.HashesSHA256, SampleRate: r.SampleRate, Priming: r.Priming,
		Padding: r.Padding, Samples: r.Samples,
	}
}

func renditionFrom(r models.Rendition) Rendition {
	out := Rendition{
		ID: r.ID, Type: r.Media, Codec: text(r.Codec), W: r.Width, H: r.Height, Channels: r.Channels,
		Language: text(r.Language), Name: text(r.Name), Group: text(r.Group), Bps: r.Bandwidth,
		AvgBps: r.AverageBandwidth, Cap: r.Cap, DurationMs: r.Duration.Milliseconds(), SampleRate: r.SampleRate,
		Priming: r.Priming, Padding: r.Padding, Samples: r.Samples,
	}
	if r.FrameRate != nil {
		out.FPS = r.FrameRate.RatString()
	}
	return out
}

// text makes a string fit for JSON; what reaches a release may come from a
// file's name or tags.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func textList(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, text(s))
	}
	return out
}

// loudness rounds to what the measurement can mean. Silence has no loudness
// that JSON could carry, so it has none.
func loudness(l *models.Loudness) *models.Loudness {
	if l == nil {
		return nil
	}
	out := models.Loudness{Integrated: hundredth(l.Integrated), Range: hundredth(l.Range), TruePeak: hundredth(l.TruePeak)}
	for _, f := range []float64{out.Integrated, out.Range, out.TruePeak} {
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return nil
		}
	}
	return &out
}

func hundredth(f float64) float64 { return math.Round(f*100) / 100 }
