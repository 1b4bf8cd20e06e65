package catalog

import (
	"regexp"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"runnel/models"
)

var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,31}$`)

// NormalName returns the form in which an account's name is kept and compared:
// NFKC, case folded, and then nothing but a–z, 0–9, "_", "." and "-", so that
// no two names look alike. Anything else is a Fault of code "account_name".
func NormalName(name string) (string, error) {
	if len(name) <= 256 {
		name = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
		if accountName.MatchString(name) {
			return name, nil
		}
	}
	return "", models.NewFault(models.ErrInvalid, "account_name",
		"A name has 1 to 32 characters: letters a to z, digits, _ . and -, beginning with a letter or digit.")
}

// seqOf returns the number that a TID writes in base32-sortable
// (https://atproto.com/specs/tid): the key of a release's row and of its full
// text, so that both lie in the order of lists.
func seqOf(tid string) (n int64) {
	for i := range len(tid) {
		n = n<<5 | int64(strings.IndexByte("234567abcdefghijklmnopqrstuvwxyz", tid[i]))
	}
	return n
}
