package blockset

import (
	"testing"

	"runnel/models"
)

func TestCreditsAreInTheManifest(t *testing.T) {
	s := newStore()
	rel := sample(t, s)
	want := models.Credits{
		Artist: "Ann", AlbumArtist: "All", Composer: "Bob", Album: "Songs", Disc: 2, Track: 3, ISRC: "USRC17607839", Date: "2019-05-04",
	}
	rel.Release.Credits = want
	set, err := Write(t.Context(), s, testKey(t, 1), rel)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := set.Manifest.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseManifest(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := read.Release().Credits; got != want {
		t.Errorf("got %+v", got)
	}
	if last := read.Creators[len(read.Creators)-1]; last.Name != "Zoë" || last.Role != "director" {
		t.Errorf("creators %+v", read.Creators)
	}
	// What others keep there is no date, and is no fault.
	read.Ext = []byte(`{"tv.runnel.date":7}`)
	if got := read.Release().Credits.Date; got != "" {
		t.Errorf("date %q", got)
	}
}
