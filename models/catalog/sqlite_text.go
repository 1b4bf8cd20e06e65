package catalog

import (
	"strings"

	"gorm.io/gorm"
)

// index writes the rows of the FTS5 table anew in the transaction that changed
// the release, so that text and index cannot part.
func (s *sqlite) index(tx *gorm.DB, condition string, args ...any) error {
	which := "SELECT r.seq FROM releases r WHERE " + condition
	if err := tx.Exec("DELETE FROM release_text WHERE rowid IN ("+which+")", args...).Error; err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO release_text (rowid, title, description, tags, channel)
		SELECT r.seq, r.title, r.description, r.tags || ' ' || r.artist || ' ' || r.album_artist || ' ' || r.album, c.name || ' ' || c.handle
		FROM releases r JOIN channels c ON c.id = r.channel_id WHERE `+condition, args...).Error
}

func (s *sqlite) unindex(tx *gorm.DB, seq int64) error {
	return tx.Exec("DELETE FROM release_text WHERE rowid = ?", seq).Error
}

// search quotes every word, so that no operator of FTS5's query language is left
// in what a visitor typed (https://www.sqlite.org/fts5.html#fts5_strings). The
// full text comes first in the join: it is walked from the newest on, and no
// further than a page needs.
func (s *sqlite) search(words []string, before int64) []search {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(`"` + strings.ReplaceAll(w, `"`, `""`) + `"* `)
	}
	return []search{{
		from:      "release_text t CROSS JOIN releases r ON r.seq = t.rowid",
		condition: "t.release_text MATCH ? AND t.rowid < ?", order: "t.rowid", args: []any{b.String(), before},
	}}
}
