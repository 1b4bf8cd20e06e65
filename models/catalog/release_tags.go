package catalog

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
)

// reindex renews all by which the releases that the condition names are found.
func reindex(d dialect, tx *gorm.DB, condition string, args ...any) error {
	if err := indexTags(tx, condition, args...); err != nil {
		return err
	}
	return d.index(tx, condition, args...)
}

// indexTags writes the rows by which releases are found by their tags anew, in
// the transaction that changed them.
func indexTags(tx *gorm.DB, condition string, args ...any) error {
	rows, err := many[struct {
		Seq  int64
		Tags string
	}](tx, "SELECT r.seq, r.tags FROM releases r WHERE "+condition, args...)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(rows, 500) {
		seqs, values := make([]any, len(some)), []any(nil)
		for i, r := range some {
			seqs[i] = r.Seq
			for _, tag := range fromJSON[[]string](r.Tags) {
				values = append(values, foldTag(tag), r.Seq)
			}
		}
		if err := tx.Exec("DELETE FROM release_tags WHERE seq IN ("+marks(len(seqs))+")", seqs...).Error; err != nil {
			return err
		}
		if err := insertRows(tx, "INSERT INTO release_tags (tag, seq)", "ON CONFLICT DO NOTHING", 2, values); err != nil {
			return err
		}
	}
	return nil
}

// foldTag is the form in which tags are compared.
func foldTag(tag string) string {
	return strings.ToLower(strings.TrimSpace(norm.NFC.String(strings.ToValidUTF8(tag, "\uFFFD"))))
}
