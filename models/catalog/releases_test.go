package catalog

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

func renditions() []models.Rendition {
	return []models.Rendition{
		{ID: "v/360p24", Media: models.MediaVideo, Codec: "avc1.64001e", Width: 640, Height: 360, FrameRate: big.NewRat(24000, 1001), Cap: 800000, Live: true},
		{ID: "a/aac-128-2/0-und", Media: models.MediaAudio, Codec: "mp4a.40.2", Channels: 2, Group: "aac-128-2", Language: "und", Name: "Sound",
			Bandwidth: 130000, Samples: 1 << 40, SampleRate: 48000, Priming: 1024, HashesSHA256: [32]byte{1, 2}},
	}
}

func testProgress(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	id := queued(t, c, creator(t, c, "anna").ID, models.Release{Kind: models.KindVideo})
	job := claimed(t, c, id)
	for range 2 {
		require.NoError(t, c.BeginTranscode(ctx, job, models.KindTrack, 90*time.Second, 640, 360, renditions()))
	}
	got, err := c.Renditions(ctx, id)
	require.NoError(t, err)
	require.Equal(t, renditions(), got)

	require.NoError(t, c.SetProgress(ctx, id, 0.5, 10*time.Second))
	require.NoError(t, c.SetProgress(ctx, id, 7, 4*time.Second))
	r, err := c.Release(ctx, id)
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, r.Playable)
	require.Equal(t, 1.0, r.Fraction)
	require.Equal(t, 90*time.Second, r.Duration)
	require.Equal(t, models.KindTrack, r.Kind)

	for range 2 {
		require.NoError(t, c.MarkPart(ctx, id, "v/360p24", 3))
	}
	parts, err := c.PartsDone(ctx, id)
	require.NoError(t, err)
	require.Equal(t, map[PartKey]bool{{"v/360p24", 3}: true}, parts)
	require.ErrorIs(t, c.MarkPart(ctx, "2222222222222", "v", 0), models.ErrNotFound)
}

func testSegments(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx := t.Context()
	id := queued(t, c, creator(t, c, "anna").ID, models.Release{})
	job := claimed(t, c, id)
	var all []models.Segment
	for n := models.InitNumber; n < 600; n++ {
		all = append(all, segment("v/360p24", n))
	}
	all[3].File.Blocks = append(all[3].File.Blocks, blockOf("leaf", 1))
	for range 2 {
		require.NoError(t, c.AddSegments(ctx, id, all))
	}
	require.NoError(t, c.AddSegments(ctx, id, []models.Segment{segment("a/aac", 0)}))
	got, err := c.Segments(ctx, id, "v/360p24")
	require.NoError(t, err)
	require.Equal(t, all, got)
	got, err = c.Segments(ctx, id, "")
	require.NoError(t, err)
	require.Len(t, got, len(all)+1)
	s, err := c.SegmentByPath(ctx, id, "v/360p24/00/00005.m4s")
	require.NoError(t, err)
	require.Equal(t, 5, s.Number)
	_, err = c.SegmentByPath(ctx, id, "v/360p24/../x")
	require.ErrorIs(t, err, models.ErrNotFound)

	require.NoError(t, c.Publish(ctx, job, Publication{Root: rootOf("r"), Blocks: blocksOf("r", 2)}))
	k.pass(23 * time.Hour)
	require.NoError(t, c.SweepSegments(ctx, k.now()))
	got, err = c.Segments(ctx, id, "")
	require.NoError(t, err)
	require.Len(t, got, len(all)+1)
	k.pass(2 * time.Hour)
	require.NoError(t, c.SweepSegments(ctx, k.now()))
	got, err = c.Segments(ctx, id, "")
	require.NoError(t, err)
	require.Empty(t, got)
}

func testPublish(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx := t.Context()
	id := queued(t, c, creator(t, c, "anna").ID, models.Release{Title: "Film"})
	job := claimed(t, c, id)
	require.ErrorIs(t, c.Publish(ctx, job, Publication{}), models.ErrInvalid)
	k.pass(time.Hour) // the lease ran out, but nobody took the job
	p := Publication{Root: rootOf("film"), Blocks: blocksOf("film", 5), Bytes: 1234, Renditions: renditions(), Duration: time.Minute,
		Poster: "x/poster.jpg", Loudness: &models.Loudness{Integrated: -14.5, Range: 3, TruePeak: -1}}
	require.NoError(t, c.Publish(ctx, job, p))
	require.ErrorIs(t, c.Publish(ctx, job, p), models.ErrNotFound)
	r, err := c.Release(ctx, id)
	require.NoError(t, err)
	require.Equal(t, models.StateFinal, r.State)
	require.Equal(t, rootOf("film"), r.Manifest)
	require.Equal(t, []int{640, 360, 1}, []int{r.Width, r.Height, r.Rev})
	require.Equal(t, int64(1234), r.Bytes)
	require.Equal(t, p.Loudness, r.Loudness)
	require.Equal(t, k.now(), r.FinalAt)
	require.True(t, r.Listed())
	require.Equal(t, 1.0, r.Fraction)
	require.Equal(t, time.Minute, r.Playable)

	byRoot, err := c.ReleaseByRoot(ctx, rootOf("film"))
	require.NoError(t, err)
	require.Equal(t, r, byRoot)
	pin, err := c.Pin(ctx, rootOf("film"))
	require.NoError(t, err)
	require.Equal(t, models.Pin{Root: rootOf("film").String(), Reason: models.PinOwn, State: models.PinHeld, Blocks: 5, Bytes: 1234, CreatedAt: k.now()}, pin)
	blocks, err := c.RootBlocks(ctx, rootOf("film"))
	require.NoError(t, err)
	require.ElementsMatch(t, append(p.Blocks, p.Root), blocks)
	require.True(t, servable(t, c, rootOf("film")))
	require.True(t, blockServable(t, c, p.Blocks[0]))
	require.True(t, blockServable(t, c, cid.NewCidV1(cid.DagProtobuf, p.Blocks[0].Hash())), "asked by another codec")
	_, known, err := c.RootServable(ctx, rootOf("other"))
	require.NoError(t, err)
	require.False(t, known)
	noFindings(t, c)
}

func testPublishSpeed(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	most := 100_000
	if raceEnabled {
		most = 10_000
	}
	for _, n := range []int{7200, most} {
		label := fmt.Sprint("film", n)
		job := claimed(t, c, queued(t, c, a.ID, models.Release{}))
		blocks := blocksOf(label, n)
		start := time.Now()
		require.NoError(t, c.Publish(ctx, job, Publication{Root: rootOf(label), Blocks: blocks}))
		took := time.Since(start)
		t.Logf("published %d blocks in %v", n, took)
		if n == 7200 && !raceEnabled {
			require.Less(t, took, 3*time.Second, "0.03 s on an idle machine")
		}
	}
	start := time.Now()
	for i := range 2000 {
		require.True(t, blockServable(t, c, blockOf("film7200", i)))
	}
	t.Logf("BlockServable %v each", time.Since(start)/2000)
}

func testLists(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a, b := creator(t, c, "anna"), creator(t, c, "bert")
	ch, err := c.ChannelsOf(ctx, b.ID)
	require.NoError(t, err)
	public := published(t, c, a.ID, models.Release{}, "1")
	track := published(t, c, b.ID, models.Release{Kind: models.KindTrack}, "2")
	unlisted := published(t, c, a.ID, models.Release{Visibility: models.Unlisted}, "3")
	private := published(t, c, a.ID, models.Release{Visibility: models.Private}, "4")
	waiting := queued(t, c, a.ID, models.Release{})
	hidden := published(t, c, b.ID, models.Release{}, "5")
	require.NoError(t, c.SetStanding(ctx, hidden, models.StandingHidden, "", a.ID, -1))

	for name, test := range map[string]struct {
		filter Filter
		want   []string
	}{
		"visitor":           {Filter{}, []string{track, public}},
		"visitor asks mine": {Filter{Scope: ScopeMine}, nil},
		"anna":              {Filter{Viewer: a.ID}, []string{waiting, private, unlisted, track, public}},
		"anna's":            {Filter{Viewer: a.ID, Scope: ScopeMine}, []string{waiting, private, unlisted, public}},
		"public":            {Filter{Viewer: a.ID, Scope: ScopePublic}, []string{track, public}},
		"unknown scope":     {Filter{Viewer: a.ID, Scope: "odd' OR 1=1"}, []string{track, public}},
		"all":               {Filter{Scope: ScopeAll}, []string{hidden, waiting, private, unlisted, track, public}},
		"tracks":            {Filter{Kind: models.KindTrack}, []string{track}},
		"channel":           {Filter{Channel: ch[0].ID}, []string{track}},
		"states":            {Filter{Viewer: a.ID, States: []models.State{models.StateQueued, models.StateFailed}}, []string{waiting}},
		"injection":         {Filter{Kind: "x' OR '1'='1"}, nil},
	} {
		for _, limit := range []int{0, 1, 2} {
			var got []string
			f := test.filter
			f.Limit = limit
			for {
				items, next, err := c.Releases(ctx, f)
				require.NoError(t, err, name)
				for _, r := range items {
					got = append(got, r.ID)
				}
				if f.Cursor = next; next == "" {
					break
				}
			}
			require.Equal(t, test.want, got, "%s, %d a page", name, limit)
		}
	}
	_, _, err = c.Releases(ctx, Filter{Cursor: "1 OR 1"})
	require.ErrorIs(t, err, models.ErrInvalid)
}

func testSearch(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	a := creator(t, c, "anna")
	sea := published(t, c, a.ID, models.Release{Title: "Über das Meer", Description: "Wellen & C++ <b>", Tags: []string{"ocean-life", "Wasser"}}, "1")
	hill := published(t, c, a.ID, models.Release{Title: "The hills"}, "2")
	find := func(q string) (ids []string) {
		items, _, err := c.Releases(ctx, Filter{Query: q})
		require.NoError(t, err, q)
		for _, r := range items {
			ids = append(ids, r.ID)
		}
		return ids
	}
	for q, want := range map[string][]string{
		"meer": {sea}, "uber": {sea}, "ÜB": {sea}, "das WELL": {sea}, "ocean": {sea}, "life": {sea}, "wass meer": {sea}, "ann": {hill, sea},
		"hills meer": nil, "eer": nil, "hill": {hill}, "C++": {sea}, "!!!": nil, "  ": {hill, sea}, "the-hills": {hill},
	} {
		require.Equal(t, want, find(q), q)
	}
	title := "Valleys"
	_, err := c.UpdateRelease(ctx, hill, Patch{Title: &title})
	require.NoError(t, err)
	require.Nil(t, find("hills"))
	require.Equal(t, []string{hill}, find("valleys"))
	ch, err := c.ChannelsOf(ctx, a.ID)
	require.NoError(t, err)
	require.NoError(t, c.RenameChannel(ctx, ch[0].ID, "Kino"))
	require.Equal(t, []string{hill, sea}, find("kino"))
	require.NoError(t, c.DeleteRelease(ctx, hill))
	require.Equal(t, []string{sea}, find("kino"))
}

func testHostileSearch(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	published(t, c, creator(t, c, "anna").ID, models.Release{Title: "near NOT and"}, "1")
	for _, q := range []string{`"`, `'`, `*`, `a*`, `^a`, `title:x`, `{title} : x`, `- x`, `NEAR(a b, 2)`, `NOT`, `AND OR NOT`, `a AND`, `(a`, `a)`, `a"b`,
		`"" ""`, `x' OR '1'='1`, `; DROP TABLE releases; --`, "a\x00b", "\xff\xfe", "%", "_", "?", "@x", "$1", ":a", strings.Repeat("a", 100_000),
		strings.Repeat("a ", 100_000), strings.Repeat(`"`, 1000), "é́́́", "\u0301", "日本", "🎬", "ا\u200dب", "\u202eabc"} {
		_, _, err := c.Releases(ctx, Filter{Query: q})
		require.NoError(t, err, "%.50q", q)
	}
	items, _, err := c.Releases(ctx, Filter{Query: "NOT near"})
	require.NoError(t, err)
	require.Len(t, items, 1, "operators are words")
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{`a "b* NEAR(`, "title:x", "\x00", "日本 é"} {
		f.Add(s)
	}
	var d sqlite
	f.Fuzz(func(t *testing.T, q string) {
		list := words(q)
		require.LessOrEqual(t, len(list), 8)
		arg := d.search(list, 1)[0].args[0]
		for _, w := range list {
			require.NotContains(t, w, `"`)
			require.Contains(t, arg, `"`+w+`"*`)
		}
	})
}

func testEdit(t *testing.T, open opener) {
	c, k := timed(t, open)
	ctx, a := t.Context(), creator(t, c, "anna")
	id := published(t, c, a.ID, models.Release{Title: "Old", Description: "Keep"}, "1")
	k.pass(time.Minute)
	title, tags, kind := "New\x00\u0007 ", []string{"b", "a"}, models.KindTrack
	r, err := c.UpdateRelease(ctx, id, Patch{Title: &title, Tags: &tags, Kind: &kind})
	require.NoError(t, err)
	require.Equal(t, []any{"New", "Keep", tags, kind, k.now()}, []any{r.Title, r.Description, r.Tags, r.Kind, r.UpdatedAt})

	bad, badKind, long, none := models.Visibility("secret"), models.Kind("book"), strings.Repeat("x", 501), ""
	_, err = c.UpdateRelease(ctx, id, Patch{Visibility: &bad})
	require.ErrorIs(t, err, models.ErrInvalid)
	_, err = c.UpdateRelease(ctx, id, Patch{Kind: &badKind})
	require.ErrorIs(t, err, models.ErrInvalid)
	empty := models.Visibility("")
	_, err = c.UpdateRelease(ctx, id, Patch{Visibility: &empty})
	require.ErrorIs(t, err, models.ErrInvalid, "empty must not turn a private release public")
	_, err = c.UpdateRelease(ctx, id, Patch{Title: &long})
	require.ErrorIs(t, err, models.ErrTooLarge)
	many := strings.Split(strings.Repeat("a,", 60), ",")
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	_, err = c.UpdateRelease(ctx, id, Patch{Tags: &many})
	require.ErrorIs(t, err, models.ErrTooLarge)
	r, err = c.UpdateRelease(ctx, id, Patch{Title: &none})
	require.NoError(t, err)
	require.Equal(t, "Untitled", r.Title)
	_, err = c.UpdateRelease(ctx, "nope", Patch{})
	require.ErrorIs(t, err, models.ErrNotFound)
	require.ErrorIs(t, c.SetStanding(ctx, id, "awful", "", 1, -1), models.ErrInvalid)
	require.ErrorIs(t, c.SetStanding(ctx, "nope", models.StandingGood, "", 1, -1), models.ErrNotFound)
}

func testSources(t *testing.T, open opener) {
	c, ctx := plain(t, open), t.Context()
	id := queued(t, c, creator(t, c, "anna").ID, models.Release{})
	_, err := c.Source(ctx, id)
	require.ErrorIs(t, err, models.ErrNotFound)
	require.NoError(t, c.SetSource(ctx, id, "uploads/x", [32]byte{9}, 42))
	s, err := c.Source(ctx, id)
	require.NoError(t, err)
	require.Equal(t, Source{"uploads/x", [32]byte{9}, 42}, s)
	held, err := c.SourceHeld(ctx, "uploads/x")
	require.NoError(t, err)
	require.True(t, held)
	require.NoError(t, c.DeleteRelease(ctx, id))
	held, err = c.SourceHeld(ctx, "uploads/x")
	require.NoError(t, err)
	require.False(t, held)
}
