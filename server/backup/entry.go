package backup

import (
	"fmt"
	"strings"

	"runnel/models"
)

// Kind is what an entry is.
type Kind string

// The kinds, in the order in which they stand in a file.
const (
	about     Kind = "runnel-backup" // the file's own head
	Secret    Kind = "secret"        // the node's secret
	NodeKey   Kind = "node.key"      // its identity among peers
	Catalogue Kind = "catalogue"     // a part of the catalogue, in its portable form
	Block     Kind = "blocks"        // a block, named by its CID
	Upload    Kind = "uploads"       // an upload or the source of a release, named by its id
)

// order also says whether a kind has many entries, each with an id.
var order = []struct {
	kind Kind
	many bool
}{{about, false}, {Secret, false}, {NodeKey, false}, {Catalogue, true}, {Block, true}, {Upload, true}}

// Entry is one thing in a backup.
type Entry struct {
	Kind Kind
	ID   string // letters and digits; empty for what there is one of
	Size int64  // bytes
}

// name returns what the entry is called in the archive.
func (e Entry) name() string {
	if e.ID == "" {
		return string(e.Kind)
	}
	return string(e.Kind) + "/" + e.ID
}

// parseName reads a name of the archive, and returns the kind's place in order.
func parseName(name string) (e Entry, rank int, err error) {
	kind, id, many := strings.Cut(name, "/")
	for rank, o := range order {
		if string(o.kind) == kind && o.many == many && (!many || validID(id)) {
			return Entry{Kind: o.kind, ID: id}, rank, nil
		}
	}
	return e, 0, Damaged(fmt.Errorf("an entry named %.100q", name))
}

// validID keeps ids such that they can be part of a file's name anywhere.
func validID(id string) bool {
	if id == "" || len(id) > 100 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// Damaged is what a file is called that is not as it was written; why is for the
// log.
func Damaged(why error) error {
	return fmt.Errorf("backup: %w: %w", models.NewFault(models.ErrCorrupt, "backup_damaged",
		"This backup is damaged or cut short; nothing was restored from it."), why)
}
