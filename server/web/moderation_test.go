package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"runnel/models"
)

// decide posts a decision and returns status and code or entry.
func (n *node) decide(as person, body string) (status int, code string, entry Entry) {
	n.t.Helper()
	res := n.do(request{method: "POST", path: apiPath + "/moderation/decisions", as: &as, body: body})
	var told struct {
		Code string `json:"code"`
		Entry
	}
	decode(n.t, res, &told)
	return res.StatusCode, told.Code, told.Entry
}

func (n *node) cases(as person, query string) (page caseList) {
	n.t.Helper()
	decode(n.t, n.get(apiPath+"/moderation/queue"+query, &as), &page.Body)
	return page
}

func (n *node) words(as person, id string) []Word {
	n.t.Helper()
	var list wordList
	decode(n.t, n.get(apiPath+"/releases/"+id+"/decisions", &as), &list.Body)
	return list.Body.Items
}

// TestReports: one visitor's parallel reports are held to the limit, and what
// they say comes back as text.
func TestReports(t *testing.T) {
	n := newNode(t)
	ada, mod := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator)
	var ids []string
	for range 20 {
		ids = append(ids, n.final(ada, models.Public).ID)
	}
	file := func(id, body string) int {
		return n.do(request{method: "POST", path: apiPath + "/releases/" + id + "/reports", body: body}).StatusCode
	}
	count := func(ids []string) map[int]int {
		var mu sync.Mutex
		var all sync.WaitGroup
		got := map[int]int{}
		for _, id := range ids {
			all.Go(func() {
				status := file(id, `{"reason":"spam"}`)
				mu.Lock()
				defer mu.Unlock()
				got[status]++
			})
		}
		all.Wait()
		return got
	}
	same := make([]string, 20)
	for i := range same {
		same[i] = ids[0]
	}
	if got := count(same); got[201] != 1 || got[409] != 19 {
		t.Errorf("20 at once of one release: %v", got)
	}
	if got := count(ids[1:19]); got[201] != 9 || got[429] != 9 {
		t.Errorf("18 at once of others: %v", got)
	}
	n.clock.advance(48 * time.Hour)
	for body, want := range map[string]int{
		`{"reason":"nothing"}`: 400, `{"reason":"other"}`: 400, `{}`: 400,
		`{"reason":"other","text":"` + strings.Repeat("é", 2001) + `"}`: 400,
	} {
		if got := file(ids[19], body); got != want {
			t.Errorf("%.60s: %d", body, got)
		}
	}
	evil := `<img src=x onerror=alert(1)>`
	if got := file(ids[19], `{"reason":"other","text":"`+evil+" \u202e"+` \u0007"}`); got != 201 {
		t.Errorf("after what was refused: %d", got)
	}
	page := n.cases(mod, "?kind=report&limit=50")
	if len(page.Body.Items) != 11 || page.Body.Counts["report"] != 11 || page.Body.Counts["new"] != 9 {
		t.Errorf("%d wait, %v", len(page.Body.Items), page.Body.Counts)
	}
	for _, k := range page.Body.Items {
		if k.Release.ID == ids[19] && (!strings.HasPrefix(k.Reports[0].Text, evil) || strings.Contains(k.Reports[0].Text, "\a") || k.Reports[0].Reporter != "") {
			t.Errorf("%q", k.Reports[0].Text)
		}
	}
	res := n.get(apiPath+"/moderation/queue", &mod)
	if res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Content-Security-Policy") != apiPolicy {
		t.Errorf("%v", res.Header)
	}
}

// TestTakingDown walks one release through a moderator's decisions, with every
// way to its bytes.
func TestTakingDown(t *testing.T) {
	n := newNode(t)
	ada, mod, rival := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator), n.join("rival", models.RoleModerator)
	r := n.final(ada, models.Public)
	media, _ := n.web.playURLs(Caller{}, &r, n.clock.now())
	token := n.web.mediaURL(Caller{Account: ada.account}, &r, rightView, n.clock.now())
	ways := map[string]string{
		"page": apiPath + "/releases/" + r.ID, "root": strings.TrimPrefix(media, "http://localhost:8080"), "raw": "/ipfs/" + r.Manifest.String() + "?format=raw",
		"archive": "/ipfs/" + r.Manifest.String() + "?format=car", "segment": "/ipfs/" + r.Manifest.String() + "/v/360p24/00/00001.m4s",
		"media": strings.TrimPrefix(token, "http://localhost:8080") + "master.m3u8", "live": apiPath + "/releases/" + r.ID + "/live/master.m3u8",
	}
	check := func(what string, want func(way string) int, listed bool) {
		t.Helper()
		for way, path := range ways {
			res := n.get(path, nil)
			if res.StatusCode != want(way) || res.StatusCode >= 400 && res.Header.Get("Content-Type") != problemType {
				t.Errorf("%s, %s: %d %s", what, way, res.StatusCode, res.Header.Get("Content-Type"))
			}
		}
		for _, query := range []string{"", "?q=film", "?scope=public"} {
			if got := strings.Contains(text(t, n.get(apiPath+"/releases"+query, nil)), r.ID); got != listed {
				t.Errorf("%s: listed by %q: %v", what, query, got)
			}
		}
	}
	fine := func(way string) int { return map[bool]int{true: 307, false: 200}[way == "live"] }
	check("published", fine, true)
	body := func(action, reason string, seen int64) string {
		return fmt.Sprintf(`{"action":%q,"release":%q,"reason":%q,"seen":%d}`, action, r.ID, reason, seen)
	}
	if status, code, _ := n.decide(mod, body("take_down", "", 0)); status != 400 || code != "reason_needed" {
		t.Errorf("without a reason: %d %s", status, code)
	}
	status, _, down := n.decide(mod, body("take_down", "A claim.", 0))
	if status != 201 || down.By != "mod" || down.Standing != "taken_down" {
		t.Fatalf("%d %+v", status, down)
	}
	check("taken down", func(string) int { return 451 }, false)
	if status, code, _ := n.decide(rival, body("hide", "", 0)); status != 409 || code != "decided_meanwhile" {
		t.Errorf("the slower one: %d %s", status, code)
	}
	status, _, undone := n.decide(rival, body("undo", "", down.ID))
	if status != 201 {
		t.Fatal(status)
	}
	check("undone", fine, true)
	status, _, hidden := n.decide(mod, body("hide", "", undone.ID))
	if status != 201 {
		t.Fatal(status)
	}
	check("hidden", func(string) int { return 404 }, false)
	if status, _, _ = n.decide(mod, body("restore", "", hidden.ID)); status != 201 {
		t.Error(status)
	}
	check("restored", fine, true)
	var trail entryList
	decode(t, n.get(apiPath+"/moderation/trail?release="+r.ID, &mod), &trail.Body)
	if len(trail.Body.Items) != 4 || trail.Body.Items[3].Reason != "A claim." || trail.Body.Items[3].By != "mod" || trail.Body.Items[2].By != "rival" {
		t.Errorf("%+v", trail.Body.Items)
	}
	first := n.get(apiPath+"/moderation/trail?limit=1", &mod)
	decode(t, first, &trail.Body)
	decode(t, n.get(apiPath+"/moderation/trail?limit=100&cursor="+trail.Body.Next, &mod), &trail.Body)
	if len(trail.Body.Items) != 3 {
		t.Errorf("the second page: %d", len(trail.Body.Items))
	}
	for _, bad := range []string{"?cursor=x", "?release=..%00", "?account=-1", "?limit=1000"} {
		if res := n.get(apiPath+"/moderation/trail"+bad, &mod); res.StatusCode != 400 {
			t.Errorf("%s: %d", bad, res.StatusCode)
		}
	}
}

// TestAtOnce: of moderators who decide on one item at once one wins, the others
// are told.
func TestAtOnce(t *testing.T) {
	n := newNode(t)
	ada, mod, rival := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator), n.join("rival", models.RoleModerator)
	r := n.final(ada, models.Public)
	got := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 8 {
		as, action := mod, "hide"
		if i%2 == 0 {
			as, action = rival, "dismiss"
		}
		all.Go(func() {
			status, _, _ := n.decide(as, fmt.Sprintf(`{"action":%q,"release":%q}`, action, r.ID))
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	all.Wait()
	if got[201] != 1 || got[409] != 7 {
		t.Errorf("%v", got)
	}
}

// TestWhoDecides: nobody decides on themselves, and moderators not on each other.
func TestWhoDecides(t *testing.T) {
	n := newNode(t)
	admin, mod, rival := n.join("admin", models.RoleAdmin), n.join("mod", models.RoleModerator), n.join("rival", models.RoleModerator)
	ada := n.join("ada", models.RoleCreator)
	own, adas, boss := n.final(mod, models.Public).ID, n.final(ada, models.Public).ID, n.final(admin, models.Public).ID
	account := func(action string, p person) string {
		return fmt.Sprintf(`{"action":%q,"account":%d,"reason":"x"}`, action, p.account.ID)
	}
	channel := func(action string, p person) string {
		return fmt.Sprintf(`{"action":%q,"channel":%q,"reason":"x"}`, action, p.channel.ID)
	}
	for _, test := range []struct {
		as   person
		body string
		want int
		code string
	}{
		{mod, `{"action":"restore","release":"` + own + `"}`, 403, "own_release"},
		{admin, `{"action":"restore","release":"` + boss + `"}`, 201, ""},
		{rival, `{"action":"hide","release":"` + own + `"}`, 201, ""},
		{mod, account("block_account", mod), 403, "yourself"},
		{mod, channel("block_channel", mod), 403, "yourself"},
		{mod, account("block_account", rival), 403, "role"},
		{mod, channel("block_channel", rival), 403, "role"},
		{mod, account("block_account", admin), 403, "role"},
		{admin, account("block_account", admin), 403, "yourself"},
		{mod, `{"action":"block_channel","channel":"k51none","reason":"x"}`, 404, "not_found"},
		{mod, `{"action":"block_channel","channel":"../x","reason":"x"}`, 404, "not_found"},
		{mod, `{"action":"block_channel","reason":"x"}`, 404, "not_found"},
		{mod, `{"action":"appeal","release":"` + adas + `"}`, 400, "invalid"},
		{mod, account("block_account", ada), 201, ""},
		{rival, account("block_account", ada), 409, "already_so"},
		{admin, account("block_account", rival), 201, ""},
		{rival, `{"action":"hide","release":"` + adas + `"}`, 401, "bad_token"},
	} {
		if status, code, _ := n.decide(test.as, test.body); status != test.want || code != test.code {
			t.Errorf("%s %s: %d %s", test.as.account.Name, test.body, status, code)
		}
	}
	cookie := cookiesAt(n.web.public, httptest.NewRequest("GET", n.http.URL, nil)).set(rival.session)
	session := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Sec-Fetch-Site": {"same-origin"}}
	res := n.do(request{method: "POST", path: apiPath + "/moderation/decisions", header: session, body: `{"action":"hide","release":"` + adas + `"}`})
	if res.StatusCode != 401 {
		t.Errorf("a blocked moderator's session: %d", res.StatusCode)
	}
	if res := n.get(apiPath+"/releases/"+adas, nil); res.StatusCode != 404 {
		t.Errorf("a blocked account's release: %d", res.StatusCode)
	}
	if status, _, _ := n.decide(mod, account("unblock_account", ada)); status != 201 {
		t.Errorf("unblock: %d", status)
	}
	if res := n.get(apiPath+"/releases/"+adas, nil); res.StatusCode != 200 {
		t.Errorf("let in again: %d", res.StatusCode)
	}
	// A moderator's own is theirs to withdraw, and no more.
	stand := func(body string) int {
		return n.do(request{method: "POST", path: apiPath + "/releases/" + own + "/standing", as: &mod, body: body}).StatusCode
	}
	if got := stand(`{"standing":"good"}`); got != 403 {
		t.Errorf("a moderator undid another's word on their own release: %d", got)
	}
}

// TestAppeal: the creator reads what was decided and answers it once.
func TestAppeal(t *testing.T) {
	n := newNode(t)
	ada, ben, mod := n.join("ada", models.RoleCreator), n.join("ben", models.RoleCreator), n.join("mod", models.RoleModerator)
	id := n.final(ada, models.Public).ID
	if res := n.do(request{method: "POST", path: apiPath + "/releases/" + id + "/reports", as: &ben, body: reportBody}); res.StatusCode != 201 {
		t.Fatal(res.StatusCode)
	}
	_, _, dismissed := n.decide(mod, `{"action":"dismiss","release":"`+id+`"}`)
	if got := n.words(ada, id); len(got) != 0 {
		t.Errorf("who was reported is told: %+v", got)
	}
	_, _, down := n.decide(mod, fmt.Sprintf(`{"action":"take_down","release":%q,"reason":"<b>A claim.","seen":%d}`, id, dismissed.ID))
	got := n.words(ada, id)
	if len(got) != 1 || got[0].Reason != "<b>A claim." || !got[0].Answerable || got[0].By != "moderator" {
		t.Fatalf("%+v", got)
	}
	answer := func(as person, body string) int {
		return n.do(request{method: "POST", path: apiPath + "/releases/" + id + "/appeals", as: &as, body: body}).StatusCode
	}
	mine := fmt.Sprintf(`{"decision":%d,"text":"I made it."}`, down.ID)
	for _, test := range []struct {
		as   person
		body string
		want int
	}{
		{ada, fmt.Sprintf(`{"decision":%d,"text":"x"}`, dismissed.ID), 400}, {ada, fmt.Sprintf(`{"decision":%d,"text":" "}`, down.ID), 400},
		{ben, mine, 451}, {mod, mine, 403}, {ada, mine, 201}, {ada, mine, 409},
	} {
		if status := answer(test.as, test.body); status != test.want {
			t.Errorf("%s %s: %d", test.as.account.Name, test.body, status)
		}
	}
	page := n.cases(mod, "")
	if k := page.Body.Items[0]; k.Kind != "appeal" || k.Appeal == nil || k.Appeal.Reason != "I made it." || k.Decision == nil || k.Decision.ID != down.ID || k.AccountName != "ada" {
		t.Errorf("%+v", k)
	}
	if status, code, _ := n.decide(mod, fmt.Sprintf(`{"action":"restore","release":%q,"seen":%d}`, id, down.ID)); status != 409 {
		t.Errorf("decided without reading the answer: %d %s", status, code)
	}
	if status, _, _ := n.decide(mod, fmt.Sprintf(`{"action":"dismiss","release":%q,"reason":"No.","seen":%d}`, id, page.Body.Items[0].Seen)); status != 201 {
		t.Error(status)
	}
	got = n.words(ada, id)
	if len(got) != 3 || got[0].Action != "dismiss" || got[0].Reason != "No." || got[1].Action != "appeal" || got[1].By != "creator" || got[2].Answerable {
		t.Errorf("%+v", got)
	}
	if answer(ada, mine) != 409 {
		t.Error("answered twice")
	}
}

func TestAbout(t *testing.T) {
	n := newNode(t, func(c *Config, _ *Deps) {
		c.About = About{Name: "The library", Contact: "desk@example.org", Rules: "Be kind."}
	})
	var told About
	if decode(t, n.get(apiPath+"/about", nil), &told); told.Name != "The library" || told.Rules != "Be kind." {
		t.Errorf("%+v", told)
	}
}
