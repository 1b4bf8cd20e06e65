package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
)

// furnish puts something into every table, and returns a release that waits.
func furnish(t *testing.T, c *Catalog) (waiting string) {
	t.Helper()
	ctx, a := t.Context(), creator(t, c, "anna")
	_, _, _, err := c.CreateAccount(ctx, "lena", models.RoleListener, "")
	require.NoError(t, err)
	_, _, err = c.CreateToken(ctx, a.ID, "üñî <b>", models.ScopeUpload, time.Hour)
	require.NoError(t, err)
	_, err = c.CreateSetupLink(ctx, a.ID, time.Hour)
	require.NoError(t, err)
	_, err = c.CreateSession(ctx, a.ID, time.Hour)
	require.NoError(t, err)

	film := queued(t, c, a.ID, models.Release{Title: "Über das Meer", Description: "Line\nbreak \"quoted\" \\ 🎬", Tags: []string{"ocean", "a<b>&c"}})
	job := claimed(t, c, film)
	require.NoError(t, c.Publish(ctx, job, Publication{Root: rootOf("film"), Blocks: blocksOf("film", 1200), Bytes: math.MaxInt64, Duration: time.Hour,
		Renditions: renditions(), Likeness: models.Likeness{Sound: []uint32{1, 2}, Pictures: []uint64{3}}, Loudness: &models.Loudness{Integrated: -23.1, Range: 0.1 + 0.2, TruePeak: math.Inf(-1)}}))
	require.NoError(t, c.SetSource(ctx, film, "sources/ab", sha256.Sum256(nil), 7))
	down := published(t, c, a.ID, models.Release{Visibility: models.Private}, "down")
	require.NoError(t, c.SetStanding(ctx, down, models.StandingTakenDown, "because", a.ID, -1))
	_, err = c.Report(ctx, models.Report{ReleaseID: film, AccountID: a.ID, Reason: models.ReportOther, Text: "“why?”"})
	require.NoError(t, err)
	_, err = c.PutPin(ctx, rootOf("elsewhere"))
	require.NoError(t, err)
	require.NoError(t, c.ImportRelease(ctx, models.Release{ID: models.NewTID(c.cfg.Now()), ChannelID: "k51other", ChannelName: "Other", Manifest: rootOf("elsewhere")}, nil))

	block(t, c, models.ActionBlockChannel, 0, "k51other")

	live := queued(t, c, a.ID, models.Release{})
	job = claimed(t, c, live)
	require.NoError(t, c.BeginTranscode(ctx, job, models.KindVideo, time.Hour, 1, 2, renditions()))
	bare := segment("v/360p24", 1)
	bare.File.Blocks = nil
	require.NoError(t, c.AddSegments(ctx, live, []models.Segment{segment("v/360p24", 0), bare}))
	require.NoError(t, c.MarkPart(ctx, live, "v/360p24", 0))
	require.NoError(t, c.SetProgress(ctx, live, 1.0/3, time.Second))
	_, err = c.CreateUpload(ctx, models.Upload{AccountID: a.ID, Length: -1, Metadata: map[string]string{"filename": "ä"}}, models.Release{})
	require.NoError(t, err)
	require.NoError(t, c.Amend(ctx, film, Publication{Root: rootOf("film 2"), Blocks: blocksOf("film", 3), Bytes: 5, Duration: time.Hour,
		Rev: 2, Supersedes: rootOf("film"), Own: math.MaxInt64, Renditions: renditions(), Loudness: &models.Loudness{TruePeak: math.Inf(-1)}}))
	none := int64(0)
	require.NoError(t, c.SetLimits(ctx, a.ID, OwnLimits{Bytes: &none}))
	album := collection(t, c, models.Collection{AccountID: a.ID, Kind: models.Album, Title: "Über"}, live, film)
	require.NoError(t, c.Follow(ctx, a.ID, album.ChannelID))
	require.NoError(t, c.AddPlays(ctx, film, c.cfg.Now(), models.DayPlays{Plays: 3, Seconds: 4, Bytes: 5}))
	gone, err := c.putRoot(c.db(ctx), rootOf("gone"))
	require.NoError(t, err)
	require.NoError(t, dropRoot(c.db(ctx), gone))
	return queued(t, c, a.ID, models.Release{Title: "Waiting"})
}

func exported(t *testing.T, c *Catalog) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, c.Export(t.Context(), &b))
	return b.Bytes()
}

func imported(t *testing.T, c *Catalog, text []byte) error {
	t.Helper()
	_, err := c.Import(t.Context(), bytes.NewReader(text), nil)
	return err
}

func testMove(t *testing.T, open opener) {
	from := plain(t, open)
	moved(t, from, open, furnish(t, from))
	empty := plain(t, open)
	require.NoError(t, imported(t, empty, exported(t, plain(t, open))))
	require.ErrorIs(t, imported(t, from, nil), models.ErrExists)
	require.ErrorIs(t, from.CheckEmpty(t.Context()), models.ErrExists)
}

// testMoveAcross goes to the other engine and back.
func testMoveAcross(t *testing.T, one, other opener) {
	first := plain(t, one)
	waiting := furnish(t, first)
	moved(t, moved(t, first, other, waiting), one, waiting)
}

// moved returns a new catalogue into which another one was moved, and shows that
// it holds the same and works.
func moved(t *testing.T, from *Catalog, open opener, waiting string) *Catalog {
	t.Helper()
	ctx, text := t.Context(), exported(t, from)
	to := plain(t, open)
	require.NoError(t, to.CheckEmpty(ctx))
	counts, err := to.Import(ctx, bytes.NewReader(text), func(context.Context, cid.Cid) (bool, error) { return true, nil })
	require.NoError(t, err)
	require.Equal(t, Imported{Accounts: 2, Channels: 2, Releases: 6}, counts)
	require.True(t, bytes.Equal(text, exported(t, to)))
	noFindings(t, to)

	found, _, err := to.Releases(ctx, Filter{Query: "uber oce"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.True(t, math.IsInf(found[0].Loudness.TruePeak, -1))
	tagged, _, err := to.Releases(ctx, Filter{Tag: "A<B>&C"})
	require.NoError(t, err)
	require.Len(t, tagged, 1)
	_, err = to.SigningKey(ctx, found[0].ChannelID)
	require.NoError(t, err)
	jobs, err := many[string](to.db(ctx), "SELECT args ->> 'release_id' FROM river_job")
	require.NoError(t, err)
	require.Equal(t, []string{waiting}, jobs)

	ids := make(map[*Catalog]int64)
	for _, c := range []*Catalog{from, to} {
		root, err := c.putRoot(c.db(ctx), rootOf("next"))
		require.NoError(t, err)
		require.NoError(t, dropRoot(c.db(ctx), root))
		ids[c] = root
	}
	require.Equal(t, ids[from], ids[to], "ids count on")
	return to
}

func testMoveRefused(t *testing.T, open opener) {
	from := plain(t, open)
	waiting := furnish(t, from)
	text := exported(t, from)
	to := plain(t, open)
	lines := bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	joined := func(parts ...[][]byte) []byte { return bytes.Join(append([][]byte{}, flat(parts)...), nil) }
	last := len(lines) - 1
	for name, bad := range map[string][]byte{
		"nothing": {}, "half": text[:len(text)/2], "no line feed at the end": text[:len(text)-1], "no trailer": joined(lines[:last]),
		"no header": joined(lines[1:]), "a row less": joined(lines[:3], lines[4:]), "a row twice": joined(lines[:4], lines[3:]),
		"a letter changed":     bytes.Replace(text, []byte("Meer"), []byte("meer"), 1),
		"an id that is a path": resealed(bytes.ReplaceAll(text, []byte(waiting), []byte("../../../etc/x"))),
		"a role of none":       resealed(bytes.Replace(text, []byte(`"creator"`), []byte(`"emperor"`), 1)),
		"an orphan":            resealed(bytes.Replace(text, []byte(`["k51other"`), []byte(`["k51else"`), 1)),
		"a huge number":        resealed(bytes.Replace(text, []byte(`,false,`), []byte(`,99999999999999999999,`), 1)),
		"trailing":             append(bytes.Clone(text), "\n"...), "junk": []byte("PK\x03\x04 not ours\n"),
		"an unknown column": resealed(bytes.Replace(text, []byte(`"password_hash"`), []byte(`"role) SELECT 1--"`), 1)),
	} {
		require.ErrorIs(t, imported(t, to, bad), models.ErrCorrupt, name)
	}
	var fault *models.Fault
	require.ErrorAs(t, imported(t, to, []byte(`{"format":"runnel-catalogue","version":1,"schema":99}`+"\n")), &fault)
	require.Equal(t, "schema_too_new", fault.Code)
	broken := errors.New("the disk broke")
	_, err := to.Import(t.Context(), io.MultiReader(bytes.NewReader(text[:9999]), iotest.ErrReader(broken)), nil)
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, from.Export(t.Context(), failingWriter{broken}), broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = to.Import(ctx, bytes.NewReader(text), nil)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, from.Export(ctx, io.Discard), context.Canceled)

	older := withoutColumn(t, bytes.Replace(text, fmt.Appendf(nil, `"schema":%d`, portableSchema(t, to)), []byte(`"schema":1`), 1), "releases", "poster")
	require.NoError(t, imported(t, to, older), "nothing was left by what was refused")
	require.ErrorAs(t, imported(t, to, text), &fault)
	require.Equal(t, "database_not_empty", fault.Code)
}

func portableSchema(t *testing.T, c *Catalog) int64 {
	t.Helper()
	version, err := schemaOf(t.Context(), c.sql)
	require.NoError(t, err)
	return version
}

// withoutColumn takes a column out of a table, as an older schema has it.
func withoutColumn(t *testing.T, text []byte, table, column string) []byte {
	t.Helper()
	var out []byte
	at := -1
	for line := range bytes.Lines(text) {
		var start portableStart
		var row []json.RawMessage
		switch {
		case json.Unmarshal(line, &start) == nil && start.Table != "":
			if at = -1; start.Table == table {
				at = slices.Index(start.Columns, column)
				require.GreaterOrEqual(t, at, 0)
				start.Columns = slices.Delete(start.Columns, at, at+1)
				line = append(marshalled(t, start), '\n')
			}
		case at >= 0 && json.Unmarshal(line, &row) == nil:
			line = append(marshalled(t, slices.Delete(row, at, at+1)), '\n')
		}
		out = append(out, line...)
	}
	return resealed(out)
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func flat[T any](parts [][]T) (all []T) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// resealed gives changed text the trailer's hash that it would have.
func resealed(text []byte) []byte {
	at := bytes.LastIndex(text, []byte(`{"rows"`))
	sum := sha256.Sum256(text[:at])
	head, _, _ := bytes.Cut(text[at:], []byte(`"sha256":"`))
	return fmt.Appendf(bytes.Clone(text[:at]), "%s\"sha256\":%q}\n", head, hex.EncodeToString(sum[:]))
}

// testMoveWithoutMedia has all blocks but one of a root: its pin is queued and
// becomes held again once the blocks are there, though nobody asked for it.
func testMoveWithoutMedia(t *testing.T, open opener) {
	ctx, from, to := t.Context(), plain(t, open), plain(t, open)
	a := creator(t, from, "anna")
	lost, kept := published(t, from, a.ID, models.Release{}, "lost"), published(t, from, a.ID, models.Release{}, "kept")
	gone := blockOf("lost", 1)
	counts, err := to.Import(ctx, bytes.NewReader(exported(t, from)), func(_ context.Context, b cid.Cid) (bool, error) { return !b.Equals(gone), nil })
	require.NoError(t, err)
	require.Equal(t, 1, counts.Missing)
	noFindings(t, to)
	require.False(t, servable(t, to, rootOf("lost")))
	require.True(t, servable(t, to, rootOf("kept")))
	for _, id := range []string{lost, kept} {
		r, err := to.Release(ctx, id)
		require.NoError(t, err)
		require.Equal(t, models.StateFinal, r.State)
	}
	state := func() models.PinState {
		pin, err := to.Pin(ctx, rootOf("lost"))
		require.NoError(t, err)
		return pin.State
	}
	require.Equal(t, models.PinQueued, state())
	require.NoError(t, to.SetPinState(ctx, rootOf("lost"), models.PinFailed, 0, 0, "nobody has it"))
	require.NoError(t, to.RetryOwn(ctx))
	require.Equal(t, models.PinQueued, state())
	require.NoError(t, to.PinHeld(ctx, rootOf("lost"), blocksOf("lost", 3), 99))
	require.Equal(t, models.PinHeld, state())
	require.True(t, servable(t, to, rootOf("lost")))
	broken := errors.New("the disk broke")
	_, err = plain(t, open).Import(ctx, bytes.NewReader(exported(t, from)), func(context.Context, cid.Cid) (bool, error) { return false, broken })
	require.ErrorIs(t, err, broken)
}

// testMoveBusy exports while others write: every release has its upload, and
// every upload its release.
func testMoveBusy(t *testing.T, open opener) {
	from := plain(t, open)
	a := creator(t, from, "anna")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var g errgroup.Group
	for range 4 {
		g.Go(func() error {
			for ctx.Err() == nil {
				if _, err := from.CreateUpload(ctx, models.Upload{AccountID: a.ID}, models.Release{}); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		})
	}
	for range 3 {
		to := plain(t, open)
		require.NoError(t, imported(t, to, exported(t, from)))
		noFindings(t, to)
	}
	cancel()
	require.NoError(t, g.Wait())
}

// testMoveHoldsAll compares what moves with the tables that there are, so that
// no migration adds a column that would be left behind.
func testMoveHoldsAll(t *testing.T, open opener) {
	c := plain(t, open)
	query := `SELECT m.name AS "table", p.name AS "column" FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`
	if _, ok := c.dialect.(*postgres); ok {
		query = `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = 'public'`
	}
	type column struct{ Table, Column string }
	have, err := many[column](c.db(t.Context()), query)
	require.NoError(t, err)
	moved := map[column]bool{}
	for _, table := range portable {
		names, _ := table.fields()
		for _, name := range names {
			moved[column{table.name, name}] = true
		}
	}
	n := 0
	for _, h := range have {
		stays := h.Table == "sessions" || strings.HasPrefix(h.Table, "release_text") || h.Table == "release_tags" || strings.HasPrefix(h.Table, "river_") ||
			strings.HasPrefix(h.Table, "goose_") || strings.HasPrefix(h.Table, "sqlite_")
		if !stays && h != (column{"releases", "seq"}) {
			require.True(t, moved[h], "%v", h)
			n++
		}
	}
	require.Len(t, moved, n)
}

// counting is a portableSink that keeps nothing.
type counting struct{ rows int }

func (c *counting) begin(portableTable, []string, int64) error { return nil }
func (c *counting) row([]any, int) error                       { c.rows++; return nil }

func FuzzReadPortable(f *testing.F) {
	head := `{"format":"runnel-catalogue","version":1,"schema":2}` + "\n"
	body := head + `{"table":"accounts","columns":["id","name","blocked"],"last":3}` + "\n" + `[1,"a",null]` + "\n"
	for _, s := range []string{"", head, body, body + `{"table":"roots","columns":["mh"]}` + "\n" + `["AA=="]` + "\n", body + "[", head + "[]\n"} {
		f.Add([]byte(s), []byte(`{"rows":{"accounts":1},"sha256":""}`+"\n"))
		f.Add(resealed([]byte(s+`{"rows":{"accounts":1},"sha256":""}`)), []byte{})
	}
	f.Fuzz(func(t *testing.T, text, more []byte) {
		text = append(text, more...)
		var c counting
		_, err := readPortable(bytes.NewReader(text), 2, &c)
		if err == nil {
			at := bytes.LastIndex(text, []byte("{\"rows\""))
			require.Equal(t, resealed(text)[:at], text[:at])
			return
		}
		var fault *models.Fault
		require.True(t, errors.Is(err, models.ErrCorrupt) || errors.As(err, &fault), "%v", err)
	})
}
