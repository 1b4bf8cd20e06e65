package catalog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
)

// indexed is what a release can be found by.
type indexed struct {
	Seq                                           int64
	Title, Description, Tags, ChannelName, Handle string
	Artist, AlbumArtist, Album                    string
}

// maxWords keeps the longest description within what a tsvector can hold.
const maxWords = 4096

// index writes the words of releases anew in the transaction that changed them.
// They are split and folded here: a server's own parsers and dictionaries differ
// between installations.
func (p *postgres) index(tx *gorm.DB, condition string, args ...any) error {
	rows, err := many[indexed](tx, `SELECT r.seq, r.title, r.description, r.tags, r.artist, r.album_artist, r.album, c.name AS channel_name, c.handle
		FROM releases r JOIN channels c ON c.id = r.channel_id WHERE `+condition, args...)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(rows, 500) {
		if err := p.indexRows(tx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (p *postgres) indexRows(tx *gorm.DB, rows []indexed) error {
	var values []any
	for _, r := range rows {
		words := lexemes(r.Title, r.Artist, r.AlbumArtist, r.Album, r.ChannelName, r.Handle, r.Tags, r.Description)
		values = append(values, r.Seq, strings.Join(words, " "))
	}
	row := "(CAST(? AS BIGINT), CAST(? AS TEXT)),"
	return tx.Exec(`INSERT INTO release_text (seq, words) SELECT seq, array_to_tsvector(string_to_array(words, ' '))
		FROM (VALUES `+strings.TrimSuffix(strings.Repeat(row, len(rows)), ",")+`) AS t (seq, words)
		ON CONFLICT (seq) DO UPDATE SET words = excluded.words`, values...).Error
}

func (p *postgres) unindex(tx *gorm.DB, seq int64) error {
	return tx.Exec("DELETE FROM release_text WHERE seq = ?", seq).Error
}

// search quotes every word, and casts instead of parsing, so that no operator of
// the query language is left in what a visitor typed
// (https://www.postgresql.org/docs/current/datatype-textsearch.html).
//
// The newest texts are looked at first: where the words are common, they fill a
// page. Where they do not, the words are rare and their index knows the few that
// have them; "+ 0" keeps the planner, who takes no prefix for rare, from walking
// every text from the newest on.
func (p *postgres) search(words []string, before int64) []search {
	var terms []string
	for _, w := range words {
		for _, l := range lexemes(w) {
			terms = append(terms, "'"+l+"':*")
		}
	}
	query := strings.Join(terms, " & ")
	// The bound stands on both sides of the join: it is not carried over.
	newest := fmt.Sprintf("(SELECT seq, words FROM release_text WHERE seq < %d ORDER BY seq DESC LIMIT %d) t", before, newestTexts)
	return []search{{
		from:      newest + " JOIN releases r ON r.seq = t.seq",
		condition: "t.words @@ CAST(? AS tsquery) AND r.seq < ?", order: "t.seq", args: []any{query, before},
	}, {
		from:      "release_text t JOIN releases r ON r.seq = t.seq",
		condition: "t.words @@ CAST(? AS tsquery) AND t.seq + 0 < ?", order: "t.seq + 0", args: []any{query, before},
	}}
}

// newestTexts is how many texts are looked at before the words' index is asked:
// some milliseconds' worth. Words that do not fill a page of 50 from them are in
// fewer than one release of 200.
const newestTexts = 10000

// lexemes returns the distinct words of texts, folded: lower case, without
// diacritics. They hold letters and digits alone.
func lexemes(texts ...string) []string {
	var out []string
	for _, text := range texts {
		for _, w := range strings.FieldsFunc(fold(text), func(r rune) bool { return !searchable(r) }) {
			if len(w) <= 256 {
				out = append(out, w)
			}
		}
	}
	out = out[:min(len(out), maxWords)]
	slices.Sort(out)
	return slices.Compact(out)
}

func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
}
