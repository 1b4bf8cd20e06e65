package hls

import (
	"slices"
	"strings"

	"runnel/models"
)

// LosslessPath is the master playlist of what is chosen and never automatic.
const LosslessPath = "lossless.m3u8"

// LosslessFor returns a master playlist of the FLAC renditions alone, each in a
// group of its own that no player selects by itself; without variants where there
// is nothing to choose: no FLAC, or nothing else. It stands beside the plain
// master because a player takes the highest bandwidth that it is offered, and
// some probe everything that a master names.
func LosslessFor(renditions []models.Rendition) Master {
	m := Master{Independent: true}
	if len(audible(renditions)) == len(renditions) {
		return m
	}
	for _, r := range renditions {
		if !lossless(r) {
			continue
		}
		id := quotable(r.Group)
		m.Audio = append(m.Audio, Audio{
			Group: id, Name: trackName(r), Language: language(r), Channels: r.Channels, URI: PlaylistPath(r.ID),
		})
		m.Variants = append(m.Variants, Variant{
			Bandwidth: r.Bandwidth, AverageBandwidth: r.AverageBandwidth, Codecs: codecs("", []models.Rendition{r}),
			Audio: id, URI: PlaylistPath(r.ID),
		})
	}
	return m
}

func lossless(r models.Rendition) bool { return strings.EqualFold(r.Codec, "flac") }

// audible leaves out FLAC where there is other sound.
func audible(renditions []models.Rendition) []models.Rendition {
	other := func(r models.Rendition) bool { return r.Media == models.MediaAudio && !lossless(r) }
	if !slices.ContainsFunc(renditions, other) {
		return renditions
	}
	return slices.DeleteFunc(slices.Clone(renditions), lossless)
}
