package blockset

import (
	"cmp"
	"encoding/json"
	"strings"

	"runnel/models"
)

// The roles of creators that a catalogue has columns for.
const (
	roleArtist      = "artist"
	roleAlbumArtist = "album artist"
	roleComposer    = "composer"
)

// extension is what Runnel itself keeps in a manifest's ext: what came after
// version 1, whose readers refuse fields that they do not know.
type extension struct {
	Date string `json:"tv.runnel.date,omitempty"`
}

// with adds the catalogue's credits, in the form of a manifest.
func (more Credits) with(c models.Credits) (Credits, json.RawMessage) {
	out := Credits{
		Warnings: more.Warnings, Album: cmp.Or(text(c.Album), more.Album), Disc: cmp.Or(c.Disc, more.Disc),
		Track: cmp.Or(c.Track, more.Track), ISRC: cmp.Or(text(c.ISRC), more.ISRC),
	}
	for _, who := range []struct{ name, role string }{{c.Artist, roleArtist}, {c.AlbumArtist, roleAlbumArtist}, {c.Composer, roleComposer}} {
		if who.name != "" {
			out.Creators = append(out.Creators, Creator{Name: text(who.name), Role: who.role})
		}
	}
	out.Creators = append(out.Creators, more.Creators...)
	if c.Date == "" {
		return out, nil
	}
	ext, err := json.Marshal(extension{Date: text(c.Date)})
	if err != nil {
		return out, nil
	}
	return out, ext
}

// credits brings them back. Several of one role stand one after the other.
func (m *Manifest) credits() models.Credits {
	names := map[string][]string{}
	for _, c := range m.Creators {
		names[c.Role] = append(names[c.Role], c.Name)
	}
	of := func(role string) string { return strings.Join(names[role], ", ") }
	var ext extension
	_ = json.Unmarshal(m.Ext, &ext) // of another shape: it is not ours
	return models.Credits{
		Artist: of(roleArtist), AlbumArtist: of(roleAlbumArtist), Composer: of(roleComposer),
		Album: m.Album, Disc: m.Disc, Track: m.Track, ISRC: m.ISRC, Date: ext.Date,
	}
}
