package models

import "time"

// CollectionKind says what a collection is.
type CollectionKind string

// The kinds of collection. An album or a series holds releases of its own
// channel; a playlist holds releases of anyone.
const (
	Album    CollectionKind = "album"
	Series   CollectionKind = "series"
	Playlist CollectionKind = "playlist"
)

// Valid reports whether k is a known kind.
func (k CollectionKind) Valid() bool { return k == Album || k == Series || k == Playlist }

// MaxItems is how many releases a collection holds at most.
const MaxItems = 10_000

// Collection is releases in an order.
type Collection struct {
	ID          string // a TID
	AccountID   int64  // whose it is
	ChannelID   string // empty where that account has none
	ByName      string // of the channel, else of the account
	Kind        CollectionKind
	Title       string
	Description string
	Visibility  Visibility
	Version     int64 // counts the changes of the order
	CreatedAt   time.Time
	UpdatedAt   time.Time

	// What the one who asks may see of it.
	Items    int           // how many
	Duration time.Duration // of all of them; zero in lists
	Cover    string        // the id of the first that has a picture, or empty
}

// DayPlays is how a release was played on one day.
type DayPlays struct {
	Day     time.Time // its beginning, UTC
	Plays   int64
	Seconds int64
	Bytes   int64
}
