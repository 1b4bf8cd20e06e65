package catalog

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"runnel/models"
)

var growthStart = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// writeReleases writes the export of a catalogue with n releases, one a second:
// all with one word, a tenth and a hundredth with another, each with one of its
// own, the oldest half with "ancient", and twenty of a vocabulary.
func writeReleases(w io.Writer, n int) error {
	out := newPortableWriter(w)
	put := func(table string, last int64, columns string, rows int, row func(i int) []any) error {
		if err := out.line(portableStart{table, strings.Fields(columns), last}); err != nil {
			return err
		}
		out.rows[table] = int64(rows)
		for i := range rows {
			if err := out.line(row(i)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := out.line(portableHeader{portableFormat, portableVersion, 1}); err != nil {
		return err
	}
	hash := func(i int) string {
		sum := sha256.Sum256(fmt.Append(nil, i))
		return base64.StdEncoding.EncodeToString(append([]byte{0x12, 0x20}, sum[:]...))
	}
	root := base64.StdEncoding.EncodeToString(rootOf("growth").Bytes())
	random := rand.New(rand.NewPCG(1, 2))
	for _, err := range []error{
		put("accounts", 2, "id name role created_at", 2, func(i int) []any { return []any{i + 1, []string{"anna", "bea"}[i], "creator", 1} }),
		put("channels", 0, "id account_id handle name sealed_key created_at", 100, func(i int) []any {
			return []any{fmt.Sprint("k51", i), 1 + i%2, fmt.Sprint("c", i), fmt.Sprint("Channel ", i), "AA==", i}
		}),
		put("roots", int64(n), "id mh cid servable created_at", n, func(i int) []any { return []any{i + 1, hash(i), root, true, 1} }),
		put("pins", 0, "root_id reason state created_at", n, func(i int) []any { return []any{i + 1, "own", "pinned", 1} }),
		put("releases", 0, "id account_id channel_id kind title description visibility state root_id created_at updated_at", n, func(i int) []any {
			at := growthStart.Add(time.Duration(i) * time.Second)
			id, kind, age := models.NewTID(at), "video", ""
			if i%1000 == 0 {
				kind = "track"
			}
			if i < n/2 {
				age = "ancient"
			}
			var text strings.Builder
			for range 20 {
				fmt.Fprintf(&text, "w%d ", int(random.ExpFloat64()*2000))
			}
			title := fmt.Sprintf("Film tenth%d hundredth%d only%d %s", i%10, i%100, i, age)
			return []any{id, 1 + i%2, fmt.Sprint("k51", i%100), kind, title, text.String(), "public", "final", i + 1, micros(at), micros(at)}
		}),
	} {
		if err != nil {
			return err
		}
	}
	return out.end()
}
