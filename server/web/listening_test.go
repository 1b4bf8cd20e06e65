package web

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/models/catalog"
)

// What listeners do: collections, follows, plays, feeds, embeds.

// everyone is a row of what is not asked who is calling.
func everyone(status int) [8]int {
	return [8]int{status, status, status, status, status, status, status, status}
}

func listOf(v models.Visibility, kind models.CollectionKind) func(*node, person) string {
	return func(n *node, p person) string {
		k, err := n.cat.CreateCollection(n.t.Context(), models.Collection{AccountID: p.account.ID, Kind: kind, Title: "Mine", Visibility: v})
		must(n.t, err)
		return k.ID
	}
}

// holding makes a collection with one release and puts both into a path.
func holding(path string) cell {
	return func(n *node, p person) string {
		k, r := listOf(models.Public, models.Album)(n, p), n.final(p, models.Public)
		must(n.t, n.cat.AddItems(n.t.Context(), k, []string{r.ID}))
		return strings.NewReplacer("{id}", k, "{release}", r.ID).Replace(path)
	}
}

func channelWith(v models.Visibility, path string) cell {
	return func(n *node, p person) string {
		shy := p
		if v == models.Private { // a channel that shows nothing
			shy = n.join(fmt.Sprint("shy", len(n.people)), models.RoleCreator)
		}
		n.final(shy, v)
		return strings.ReplaceAll(path, "{id}", shy.channel.ID)
	}
}

func listening() []matrixRow {
	k, ch := apiPath+"/collections/{id}", apiPath+"/channels/{id}"
	embed := func(v models.Visibility) cell {
		return of(finalOf(v), "/oembed?url=http://localhost:8080/watch/{id}")
	}
	order := [8]int{401, 403, 200, 403, 403, 200, 401, 401}
	return []matrixRow{
		{route: "GET /api/v1/collections", path: fixed(apiPath + "/collections"), want: all(200)},
		{route: "GET /api/v1/collections", what: "mine", path: fixed(apiPath + "/collections?scope=mine"), want: signedInOnly(200)},
		{route: "POST /api/v1/collections", what: "album", path: fixed(apiPath + "/collections"), body: `{"kind":"album","title":"x"}`, want: creators(201)},
		{route: "POST /api/v1/collections", what: "playlist", path: fixed(apiPath + "/collections"), body: `{"kind":"playlist","title":"x"}`, want: signedInOnly(201)},
		{route: "GET /api/v1/collections/:id", what: "public", path: of(listOf(models.Public, models.Album), k), want: all(200)},
		{route: "GET /api/v1/collections/:id", what: "unlisted", path: of(listOf(models.Unlisted, models.Album), k), want: all(200)},
		{route: "GET /api/v1/collections/:id", what: "private", path: of(listOf(models.Private, models.Album), k), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/collections/:id/items", what: "private", path: of(listOf(models.Private, models.Album), k+"/items"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "PATCH /api/v1/collections/:id", path: of(listOf(models.Public, models.Playlist), k), body: `{"title":"New"}`, want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "PATCH /api/v1/collections/:id", what: "private", path: of(listOf(models.Private, models.Playlist), k), body: `{"title":"New"}`, want: [8]int{404, 404, 200, 404, 403, 200, 401, 401}},
		{route: "DELETE /api/v1/collections/:id", path: of(listOf(models.Public, models.Series), k), want: [8]int{401, 403, 204, 403, 403, 204, 401, 401}},
		{route: "POST /api/v1/collections/:id/items", path: of(listOf(models.Public, models.Playlist), k+"/items"), body: `{"releases":["3zzzzzzzzzzzz"]}`, want: [8]int{401, 403, 404, 403, 403, 404, 401, 401}},
		{route: "DELETE /api/v1/collections/:id/items/:release", path: holding(k + "/items/{release}"), want: [8]int{401, 403, 204, 403, 403, 204, 401, 401}},
		{route: "POST /api/v1/collections/:id/moves", path: holding(k + "/moves"), body: `{"release":"3zzzzzzzzzzzz","after":""}`, want: [8]int{401, 403, 404, 403, 403, 404, 401, 401}},
		{route: "PUT /api/v1/collections/:id/order", path: of(listOf(models.Public, models.Album), k+"/order"), body: `{"releases":[]}`, want: order},

		{route: "GET /api/v1/channels/:id", path: channelWith(models.Public, ch), want: all(200)},
		{route: "GET /api/v1/channels/:id", what: "that shows nothing", path: channelWith(models.Private, ch), want: [8]int{404, 404, 404, 404, 200, 200, 401, 401}},
		{route: "PUT /api/v1/channels/:id/follow", path: channelWith(models.Public, ch+"/follow"), want: signedInOnly(204)},
		{route: "PUT /api/v1/channels/:id/follow", what: "that shows nothing", path: channelWith(models.Private, ch+"/follow"), want: [8]int{401, 404, 404, 404, 204, 204, 401, 401}},
		{route: "DELETE /api/v1/channels/:id/follow", path: channelWith(models.Public, ch+"/follow"), want: signedInOnly(204)},
		{route: "GET /api/v1/follows", path: fixed(apiPath + "/follows"), want: signedInOnly(200)},
		{route: "GET /api/v1/releases", what: "followed", path: fixed(apiPath + "/releases?followed=true"), want: signedInOnly(200)},

		{route: "POST /api/v1/releases/:id/plays", what: "public", path: of(finalOf(models.Public), apiPath+"/releases/{id}/plays"), body: `{"seconds":8}`, want: all(204)},
		{route: "POST /api/v1/releases/:id/plays", what: "private", path: of(finalOf(models.Private), apiPath+"/releases/{id}/plays"), body: `{"seconds":8}`, want: [8]int{404, 404, 204, 404, 204, 204, 401, 401}},
		{route: "GET /api/v1/releases/:id/audio.m4a", what: "public", path: of(trackOf(models.Public), apiPath+"/releases/{id}/audio.m4a"), want: all(200)},
		{route: "GET /api/v1/releases/:id/audio.m4a", what: "private", path: of(trackOf(models.Private), apiPath+"/releases/{id}/audio.m4a"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "HEAD /api/v1/releases/:id/audio.m4a", what: "private", path: of(trackOf(models.Private), apiPath+"/releases/{id}/audio.m4a"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /c/:channel/feed.xml", path: channelWith(models.Public, "/c/{id}/feed.xml"), want: everyone(200)},
		{route: "HEAD /c/:channel/feed.xml", what: "that shows nothing", path: channelWith(models.Private, "/c/{id}/feed.xml"), want: everyone(404)},
		{route: "GET /oembed", what: "public", path: embed(models.Public), want: everyone(200)},
		{route: "GET /oembed", what: "private", path: embed(models.Private), want: everyone(404)},
		{route: "HEAD /oembed", what: "private", path: embed(models.Private), want: everyone(404)},
	}
}

// soundFiles are those of a track: two encodings, the better one of so many
// segments.
func soundFiles(segments int) map[string]string {
	files := map[string]string{"master.m3u8": testFiles["master.m3u8"], "x/poster.jpg": "jpeg"}
	for id, n := range map[string]int{"a/aac-64-2/0-und": 2, "a/aac-128-2/0-und": segments} {
		files[id+"/index.m3u8"], files[id+"/init.mp4"] = "#EXTM3U\n", "init of "+id
		for i := range n {
			files[fmt.Sprintf("%s/%02d/%05d.m4s", id, i/256, i)] = fmt.Sprintf("<%s %d %s>", id, i, strings.Repeat("x", i%7))
		}
	}
	return files
}

func sounds(segments int) []models.Rendition {
	r := models.Rendition{ID: "a/aac-64-2/0-und", Media: models.MediaAudio, Codec: "mp4a.40.2", Channels: 2, Group: "aac-64-2", Language: "und", AverageBandwidth: 64000, Live: true, Segments: 2}
	best := r
	best.ID, best.Group, best.AverageBandwidth, best.Segments = "a/aac-128-2/0-und", "aac-128-2", 128000, segments
	surround := best
	surround.ID, surround.Channels, surround.AverageBandwidth = "a/aac-384-6/0-und", 6, 384000
	return []models.Rendition{r, best, surround}
}

// wholeSound is what audio.m4a of a track holds.
func wholeSound(segments int) string {
	id, files := "a/aac-128-2/0-und", soundFiles(segments)
	text := files[id+"/init.mp4"]
	for i := range segments {
		text += files[fmt.Sprintf("%s/%02d/%05d.m4s", id, i/256, i)]
	}
	return text
}

func trackOf(v models.Visibility) func(*node, person) string {
	return func(n *node, p person) string { return n.track(p, v, 3).ID }
}

// track publishes a release of soundFiles.
func (n *node) track(p person, v models.Visibility, segments int) models.Release {
	n.t.Helper()
	ctx, id := n.t.Context(), n.queued(p, v)
	job, err := n.cat.ClaimJob(ctx, "test", id, time.Hour, n.clock.now())
	must(n.t, err)
	r, err := n.cat.Release(ctx, id)
	must(n.t, err)
	key, err := n.cat.SigningKey(ctx, p.channel.ID)
	must(n.t, err)
	rel := blockset.Release{Release: r, Encoder: "test", Profile: "test", Renditions: sounds(segments)[:2]}
	rel.Kind = models.KindTrack
	for path, text := range soundFiles(segments) {
		f, err := blockset.AddFile(ctx, n.blocks, path, strings.NewReader(text))
		must(n.t, err)
		rel.Files = append(rel.Files, f)
	}
	set, err := blockset.Write(ctx, n.blocks, key, rel)
	must(n.t, err)
	all := sounds(segments)
	all[1].Bytes = int64(len(wholeSound(segments)))
	must(n.t, n.cat.Publish(ctx, job, catalog.Publication{
		Root: set.Root, Blocks: set.Blocks, Bytes: set.Bytes, Kind: models.KindTrack, Renditions: all, Duration: time.Duration(segments) * testSegment, Poster: "x/poster.jpg",
	}))
	r, err = n.cat.Release(ctx, id)
	must(n.t, err)
	return r
}

func TestAudioAsOneFile(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.track(p, models.Public, 260) // more than a folder of segments
	path, whole := apiPath+"/releases/"+r.ID+"/audio.m4a", wholeSound(260)
	res := n.get(path, nil)
	if text(t, res) != whole || res.Header.Get("Content-Type") != "audio/mp4" || res.ContentLength != int64(len(whole)) || res.Header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("%d %v: %d bytes, want %d", res.StatusCode, res.Header, len(text(t, res)), len(whole))
	}
	tag := res.Header.Get("ETag")
	for _, span := range [][2]int{{0, 0}, {0, len(whole) - 1}, {5, 6000}, {len(whole) - 1, len(whole) - 1}, {6000, 6001}} {
		res := n.do(request{method: "GET", path: path, header: map[string][]string{"Range": {fmt.Sprintf("bytes=%d-%d", span[0], span[1])}, "If-Range": {tag}}})
		if res.StatusCode != 206 || text(t, res) != whole[span[0]:span[1]+1] {
			t.Errorf("%v: %d, %d bytes", span, res.StatusCode, len(text(t, res)))
		}
	}
	for header, want := range map[string]int{"bytes=999999999-": 416, "bytes=-7": 206} {
		if res := n.do(request{method: "GET", path: path, header: map[string][]string{"Range": {header}}}); res.StatusCode != want {
			t.Errorf("%s: %d", header, res.StatusCode)
		}
	}
	if res := n.do(request{method: "GET", path: path, header: map[string][]string{"If-None-Match": {tag}}}); res.StatusCode != 304 {
		t.Errorf("again: %d", res.StatusCode)
	}
	if res := n.get(apiPath+"/releases/"+n.final(p, models.Public).ID+"/audio.m4a", nil); res.StatusCode != 404 || !strings.Contains(text(t, res), "no_sound") {
		t.Errorf("without sound: %d %s", res.StatusCode, text(t, res))
	}
	job, _ := n.transcoding(p, models.Public)
	if res := n.get(apiPath+"/releases/"+job.ReleaseID+"/audio.m4a", nil); res.StatusCode != 404 || !strings.Contains(text(t, res), "not_playable") {
		t.Errorf("before it is final: %d %s", res.StatusCode, text(t, res))
	}
	must(t, n.cat.SetStanding(t.Context(), r.ID, models.StandingTakenDown, "", p.account.ID, -1))
	if res := n.get(path, nil); res.StatusCode != 451 {
		t.Errorf("taken down: %d", res.StatusCode)
	}
}

// TestPlaysAreCounted once a day and client, and only where enough was played.
func TestPlaysAreCounted(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public) // of eight seconds
	report := func(seconds float64) {
		t.Helper()
		res := n.do(request{method: "POST", path: apiPath + "/releases/" + r.ID + "/plays", body: fmt.Sprintf(`{"seconds":%g,"bytes":1000}`, seconds)})
		if res.StatusCode != 204 {
			t.Fatalf("%d %s", res.StatusCode, text(t, res))
		}
	}
	expect := func(what string, plays, seconds int64) {
		t.Helper()
		days, err := n.cat.Plays(t.Context(), r.ID, n.clock.now(), n.clock.now())
		must(t, err)
		got := models.DayPlays{}
		if len(days) > 0 {
			got = days[0]
		}
		if got.Plays != plays || got.Seconds != seconds {
			t.Errorf("%s: %+v, want %d plays, %d s", what, got, plays, seconds)
		}
	}
	report(3.9)
	expect("less than half", 0, 0)
	report(4)
	expect("half", 1, 4)
	n.clock.advance(3 * time.Second)
	report(2)
	expect("some more", 1, 6)
	n.clock.advance(5 * time.Second)
	report(86400)
	expect("more than can be", 1, 16)
	n.clock.advance(24 * time.Hour)
	report(5)
	expect("the next day", 1, 5)
	var v Release
	decode(t, n.get(apiPath+"/releases/"+r.ID, nil), &v)
	if v.Plays != 2 {
		t.Errorf("told %d plays", v.Plays)
	}
	if o, said := told(t, text(t, n.get("/watch/"+r.ID, nil))); !said || o.Release.Plays != 2 {
		t.Errorf("the page tells %d plays", o.Release.Plays)
	}
	for _, body := range []string{`{"seconds":-1}`, `{"seconds":86401}`, `{}`, `{"seconds":9,"bytes":-1}`, `{"seconds":"x"}`} {
		if res := n.do(request{method: "POST", path: apiPath + "/releases/" + r.ID + "/plays", body: body}); res.StatusCode != 400 {
			t.Errorf("%s: %d", body, res.StatusCode)
		}
	}
}

// TestAudiencesKeepNoAddress: what is remembered of a client cannot be made
// again from its address a day later, and is bounded.
func TestAudiencesKeepNoAddress(t *testing.T) {
	a, at := newAudiences(nil, testSecret[:]), time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	key, left := a.key("r", "192.0.2.1/32", at)
	again, _ := a.key("r", "192.0.2.1/32", at)
	other, _ := a.key("r", "192.0.2.2/32", at)
	next, _ := a.key("r", "192.0.2.1/32", at.Add(time.Hour))
	if key != again || key == other || key == next || left != time.Hour {
		t.Error(key, again, other, next, left)
	}
	if unsalted := sha256.Sum256([]byte("r\n192.0.2.1/32")); string(unsalted[:8]) == string(key[:]) {
		t.Error("no salt")
	}
	for i := range maxAudience + 10 {
		a.report(t.Context(), "r", fmt.Sprint(i), true, at)
	}
	if len(a.last) > maxAudience {
		t.Errorf("%d remembered", len(a.last))
	}
}

func TestCollectionPages(t *testing.T) {
	n := newNode(t)
	ada, lena := n.join("ada", models.RoleCreator), n.join("lena", models.RoleListener)
	public, unlisted, private := n.final(ada, models.Public).ID, n.final(ada, models.Unlisted).ID, n.final(ada, models.Private).ID
	ask := func(method, path, body string, as *person, out any) int {
		t.Helper()
		res := n.do(request{method: method, path: apiPath + "/collections" + path, body: body, as: as})
		if out != nil {
			must(t, json.Unmarshal([]byte(text(t, res)), out))
		}
		return res.StatusCode
	}
	var k, seen Collection
	if s := ask("POST", "", `{"kind":"playlist","title":" My \u0000list ","releases":["`+public+`","`+unlisted+`"]}`, &lena, &k); s != 201 || k.Title != "My list" || k.Items != 1 || k.By != "lena" || !k.Mine {
		t.Fatalf("%d %+v", s, k)
	}
	var items releaseList
	if s := ask("GET", "/"+k.ID+"/items", "", nil, &items.Body); s != 200 || len(items.Body.Items) != 1 || items.Body.Items[0].ID != public {
		t.Errorf("a public list shows %+v", items.Body.Items)
	}
	if ask("PATCH", "/"+k.ID, `{"visibility":"unlisted"}`, &lena, nil); ask("GET", "/"+k.ID, "", nil, &seen) != 200 || seen.Items != 2 || seen.Mine || seen.CoverURL == "" || seen.DurationSeconds != 16 {
		t.Errorf("an unlisted list shows %+v", seen)
	}
	for what, s := range map[string]int{
		"a private release":        ask("POST", "/"+k.ID+"/items", `{"releases":["`+private+`"]}`, &lena, nil) - 404,
		"no release":               ask("POST", "/"+k.ID+"/items", `{"releases":["../x"]}`, &lena, nil) - 404,
		"none":                     ask("POST", "/"+k.ID+"/items", `{"releases":[]}`, &lena, nil) - 400,
		"no title":                 ask("POST", "", `{"kind":"playlist","title":" \u0007 "}`, &lena, nil) - 400,
		"another kind":             ask("POST", "", `{"kind":"mixtape","title":"x"}`, &lena, nil) - 400,
		"a missing release":        ask("POST", "", `{"kind":"playlist","title":"x","releases":["3zzzzzzzzzzzz"]}`, &lena, nil) - 404,
		"an order with a hole":     ask("PUT", "/"+k.ID+"/order", `{"releases":["`+public+`"]}`, &lena, nil) - 400,
		"an order of another time": ask("PUT", "/"+k.ID+"/order", `{"releases":["`+unlisted+`","`+public+`"],"version":1}`, &lena, nil) - 409,
		"an order":                 ask("PUT", "/"+k.ID+"/order", fmt.Sprintf(`{"releases":["%s","%s"],"version":%d}`, unlisted, public, seen.Version), &lena, &k) - 200,
		"a move":                   ask("POST", "/"+k.ID+"/moves", `{"release":"`+unlisted+`","after":"`+public+`"}`, &lena, nil) - 200,
		"a strange cursor":         ask("GET", "/"+k.ID+"/items?cursor=zzzz", "", nil, nil) - 400,
		"NUL in a query":           ask("GET", "?channel=%00", "", nil, nil) - 400,
	} {
		if s != 0 {
			t.Errorf("%s: off by %d", what, s)
		}
	}
	var list collectionList
	if ask("GET", "?scope=mine&holds="+public, "", &lena, &list.Body); len(list.Body.Items) != 1 || list.Body.Items[0].ID != k.ID {
		t.Errorf("mine: %+v", list.Body)
	}
	if ask("GET", "", "", nil, &list.Body); len(list.Body.Items) != 0 {
		t.Errorf("unlisted ones are listed: %+v", list.Body)
	}
	long := `{"releases":["` + strings.Repeat(public+`","`, models.MaxItems-1) + public + `"]}`
	if s := ask("PUT", "/"+k.ID+"/order", long, &lena, nil); s != 400 { // read whole, and refused for what it says
		t.Errorf("ten thousand ids: %d", s)
	}
}

func TestTagsAndFollows(t *testing.T) {
	n := newNode(t)
	ada, ben := n.join("ada", models.RoleCreator), n.join("ben", models.RoleListener)
	r := n.final(ada, models.Public)
	tags := []string{"sea & sky"}
	_, err := n.cat.UpdateRelease(t.Context(), r.ID, catalog.Patch{Tags: &tags})
	must(t, err)
	count := func(query string, as *person) int {
		t.Helper()
		var list releaseList
		decode(t, n.get(apiPath+"/releases?"+query, as), &list.Body)
		return len(list.Body.Items)
	}
	ch := apiPath + "/channels/ada" // by its handle
	var page ChannelPage
	decode(t, n.get(ch, &ben), &page)
	if page.ID != ada.channel.ID || page.Followed || !strings.HasSuffix(page.FeedURL, "/c/"+page.ID+"/feed.xml") {
		t.Errorf("%+v", page)
	}
	before := count("followed=true", &ben)
	n.do(request{method: "PUT", path: ch + "/follow", as: &ben})
	decode(t, n.get(ch, &ben), &page)
	if after := count("followed=true", &ben); before != 0 || after != 1 || !page.Followed || page.Followers != 1 {
		t.Errorf("followed: %d, then %d, %+v", before, after, page)
	}
	if a, b, c := count("tag=SEA+%26+sky", nil), count("tag=sea", nil), count("channels="+page.ID+",k51other", nil); a != 1 || b != 0 || c != 1 {
		t.Errorf("by tag %d, by part of it %d, by channels %d", a, b, c)
	}
	n.do(request{method: "DELETE", path: ch + "/follow", as: &ben})
	if left := count("followed=true", &ben); left != 0 {
		t.Errorf("%d followed after it was ended by handle", left)
	}
	for _, page := range []string{"/tag/node.js", "/c/a.da", "/tag/a%2Fb"} {
		if res := n.get(page, nil); res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d", page, res.StatusCode)
		}
	}
	if res := n.get(apiPath+"/releases?tag=%00", nil); res.StatusCode != 400 {
		t.Errorf("NUL: %d", res.StatusCode)
	}
}
