package models

// Credits is what is known of who made a work and where it belongs. Texts are
// plain, one line, and empty where nothing is known; numbers are then zero.
type Credits struct {
	Artist      string
	AlbumArtist string // of the whole album, where it differs or stands beside
	Composer    string
	Album       string
	Disc        int // from 1
	Track       int // on the disc, from 1
	ISRC        string
	Date        string // of the first publication: "2019", "2019-05" or "2019-05-04"
}
