package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"runnel/models"
)

const goodSignIn = `{"name":"ada","password":"` + testPassword + `"}`

func (n *node) signIn(body string, h http.Header) *http.Response {
	n.t.Helper()
	return n.do(request{method: http.MethodPost, path: apiPath + "/sessions", body: body, header: h})
}

func cookieOf(t *testing.T, res *http.Response) *http.Cookie {
	t.Helper()
	if len(res.Cookies()) != 1 {
		t.Fatalf("%d: cookies %v: %s", res.StatusCode, res.Cookies(), text(t, res))
	}
	return res.Cookies()[0]
}

func TestSessionLifetime(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	res := n.signIn(goodSignIn, nil)
	ck := cookieOf(t, res)
	if res.StatusCode != 201 || ck.Name != "__Host-runnel" || !ck.Secure || !ck.HttpOnly || ck.SameSite != http.SameSiteLaxMode || ck.Path != "/" || ck.Domain != "" {
		t.Fatalf("%d %+v", res.StatusCode, ck)
	}
	with := http.Header{"Cookie": {ck.Name + "=" + ck.Value}, "Origin": {"http://localhost:8080"}}
	whoami := func() int { return n.do(request{method: "GET", path: apiPath + "/me", header: with}).StatusCode }
	if got := whoami(); got != 200 {
		t.Fatalf("signed in: %d", got)
	}
	n.clock.advance(sessionLife - time.Second)
	if got := whoami(); got != 200 {
		t.Errorf("a second early: %d", got)
	}
	n.clock.advance(2 * time.Second)
	if got := whoami(); got != 401 {
		t.Errorf("after its time: %d", got)
	}
	end := map[string]func(){
		"sign-out": func() {
			res := n.do(request{method: "DELETE", path: apiPath + "/sessions/current", header: with})
			if res.StatusCode != 204 || cookieOf(t, res).MaxAge != -1 {
				t.Errorf("sign-out: %d %v", res.StatusCode, res.Header)
			}
		},
		"password change": func() {
			hash, err := n.web.passwords.hash(t.Context(), testPassword)
			must(t, err)
			must(t, n.cat.SetPassword(t.Context(), p.account.ID, hash))
		},
		"block": func() { n.block(p.account.ID, true) },
	}
	for _, name := range []string{"sign-out", "password change", "block"} {
		ck := cookieOf(t, n.signIn(goodSignIn, nil))
		with.Set("Cookie", ck.Name+"="+ck.Value)
		if got := whoami(); got != 200 {
			t.Fatalf("before %s: %d", name, got)
		}
		end[name]()
		if got := whoami(); got != 401 {
			t.Errorf("after %s: %d", name, got)
		}
	}
	if res := n.signIn(goodSignIn, nil); res.StatusCode != 401 {
		t.Errorf("a blocked account signed in: %d", res.StatusCode)
	}
}

// A browser keeps a Secure cookie over https and at localhost only; elsewhere
// signing in must work all the same, and a public https name takes no other.
func TestCookieFitsTheHost(t *testing.T) {
	for _, c := range []struct {
		public, host string
		secure       bool
	}{
		{"http://localhost:8080", "localhost:8080", true},
		{"http://localhost:8080", "127.0.0.1:8080", true},
		{"http://localhost:8080", "[::1]:8080", true},
		{"http://localhost:8080", "192.168.1.5:8080", false},
		{"http://localhost:8080", "nas.local:8080", false},
		{"http://music.example:8080", "music.example:8080", false},
		{"https://music.example", "music.example", true},
		{"https://music.example", "192.168.1.5:8080", false},
		{"https://music.example", "[fd00::5]:8080", false},
	} {
		n := newNode(t, func(cfg *Config, _ *Deps) { cfg.PublicURL = c.public })
		n.join("ada", models.RoleCreator)
		ck := cookieOf(t, n.signIn(goodSignIn, http.Header{"Host": {c.host}, "Origin": {"http://" + c.host}}))
		if ck.Secure != c.secure || (ck.Name == "__Host-runnel") != c.secure || !ck.HttpOnly {
			t.Errorf("%s reached at %s: %+v", c.public, c.host, ck)
			continue
		}
		res := n.do(request{method: "GET", path: apiPath + "/me", header: http.Header{"Host": {c.host}, "Cookie": {ck.Name + "=" + ck.Value}}})
		if res.StatusCode != 200 {
			t.Errorf("%s reached at %s: %d with its cookie", c.public, c.host, res.StatusCode)
		}
	}
}

func TestSignInIsOneAnswer(t *testing.T) {
	n := newNode(t)
	n.join("ada", models.RoleCreator)
	_, _, _, err := n.cat.CreateAccount(t.Context(), "empty", models.RoleListener, "")
	must(t, err)
	want := ""
	for _, body := range []string{
		`{"name":"ada","password":"wrong"}`, `{"name":"nobody","password":"wrong"}`, `{"name":"empty","password":""}`,
		`{"name":"not a name ☃","password":"x"}`, `{"name":"ada","password":"` + strings.Repeat("x", 3000) + `"}`,
		`{"name":"ada","password":"` + testPassword + `\u0000"}`,
	} {
		res := n.signIn(body, nil)
		got := fmt.Sprint(res.StatusCode, text(t, res))
		if want == "" {
			want = got
		}
		if got != want || res.StatusCode != 401 {
			t.Errorf("%.60s: %s, want %s", body, got, want)
		}
	}
	for _, name := range []string{"ADA", "ａｄａ", "Ada"} {
		if res := n.signIn(`{"name":"`+name+`","password":"`+testPassword+`"}`, nil); res.StatusCode != 201 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if strings.Contains(n.log.String(), testPassword) || strings.Contains(n.log.String(), "wrong") {
		t.Error("a password is in the log")
	}
}

func TestUnknownNamesTakeAsLong(t *testing.T) {
	params := cheap
	params.Memory = 16 << 10
	n := newNode(t, func(c *Config, _ *Deps) { c.Password = &params })
	n.join("ada", models.RoleCreator)
	fastest := map[string]time.Duration{}
	for range 5 { // in turns, for other work on the machine slows both
		for _, name := range []string{"ada", "nobody"} {
			start := time.Now()
			n.signIn(`{"name":"`+name+`","password":"wrong"}`, nil)
			if took := time.Since(start); fastest[name] == 0 || took < fastest[name] {
				fastest[name] = took
			}
		}
		n.clock.advance(3 * time.Minute)
	}
	known, unknown := fastest["ada"], fastest["nobody"]
	// The hash takes tens of milliseconds, everything else one or two: without it
	// an unknown name would answer in a tenth of the time.
	if unknown < known/2 || unknown > known*2 {
		t.Errorf("known %v, unknown %v", known, unknown)
	}
}

func TestSignInLimit(t *testing.T) {
	n := newNode(t)
	n.join("ada", models.RoleCreator)
	got := map[int]int{}
	for range 14 {
		got[n.signIn(`{"name":"ada","password":"wrong"}`, nil).StatusCode]++
	}
	if got[401] != 10 || got[429] != 4 {
		t.Errorf("wrong guesses: %v", got)
	}
	res := n.signIn(goodSignIn, http.Header{"X-Forwarded-For": {"198.51.100.7"}, "X-Real-Ip": {"198.51.100.8"}})
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a forged address lifted the limit: %d %v", res.StatusCode, res.Header)
	}
	n.clock.advance(2 * time.Minute)
	for range 15 { // successes are not counted
		if res := n.signIn(goodSignIn, nil); res.StatusCode != 201 {
			t.Fatalf("after a rest: %d %s", res.StatusCode, text(t, res))
		}
	}
}

func TestTrustedProxy(t *testing.T) {
	n := newNode(t, func(c *Config, _ *Deps) { c.TrustedProxies = []string{"127.0.0.0/8"} })
	n.join("ada", models.RoleCreator)
	for i := range 12 {
		h := http.Header{"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", i)}}
		if res := n.signIn(`{"name":"ada","password":"wrong"}`, h); res.StatusCode != 401 {
			t.Fatalf("client %d: %d", i, res.StatusCode)
		}
	}
	if !strings.Contains(n.log.String(), `"client":"198.51.100.0/24"`) || strings.Contains(n.log.String(), "198.51.100.7") {
		t.Error("the log does not hold the truncated address of the client")
	}
}

func TestTokens(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	for scope, want := range map[string][3]int{ // read, upload, change
		"all": {200, 201, 201}, "upload": {200, 201, 403}, "read": {200, 403, 403},
	} {
		res := n.do(request{method: "POST", path: apiPath + "/tokens", as: &p, body: `{"label":"cli","scope":"` + scope + `","days":1}`})
		var made struct{ ID, Token string }
		decode(t, res, &made)
		if !strings.HasPrefix(made.Token, tokenPrefix) {
			t.Fatalf("%d %+v", res.StatusCode, made)
		}
		q := person{token: made.Token}
		got := [3]int{
			n.get(apiPath+"/me", &q).StatusCode, n.sendUpload(q, "1", "").StatusCode,
			n.do(request{method: "POST", path: apiPath + "/tokens", as: &q, body: `{}`}).StatusCode,
		}
		if got != want {
			t.Errorf("%s: %v, want %v", scope, got, want)
		}
		if list := text(t, n.get(apiPath+"/tokens", &p)); strings.Contains(list, made.Token) || !strings.Contains(list, made.ID) {
			t.Errorf("list: %s", list)
		}
		if strings.Contains(n.log.String(), made.Token) {
			t.Error("a token is in the log")
		}
		n.clock.advance(25 * time.Hour)
		if got := n.get(apiPath+"/me", &q).StatusCode; got != 401 {
			t.Errorf("expired: %d", got)
		}
	}
	for _, h := range []string{"Bearer", "Bearer ", "Bearer rnl_x", "Basic YTpi", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer rnl_" + strings.Repeat("a", 10_000)} {
		res := n.do(request{method: "GET", path: apiPath + "/node", header: http.Header{"Authorization": {h}}})
		if res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%.30q: %d %v", h, res.StatusCode, res.Header)
		}
	}
}

func TestSetUp(t *testing.T) {
	n := newNode(t)
	account, channel, _, err := n.cat.CreateAccount(t.Context(), "owner", models.RoleAdmin, "")
	must(t, err)
	secret, err := n.cat.CreateSetupLink(t.Context(), account.ID, time.Hour)
	must(t, err)
	post := func(body string) *http.Response {
		return n.do(request{method: "POST", path: apiPath + "/setup", body: body})
	}
	if res := post(`{"token":"` + secret + `","password":"short"}`); res.StatusCode != 400 || !strings.Contains(text(t, res), "short_password") {
		t.Errorf("short: %d %s", res.StatusCode, text(t, res))
	}
	res := post(`{"token":"` + secret + `","password":"a good password","name":"Radio Ada"}`)
	var done struct {
		Account     AccountView
		RecoveryKey string
	}
	decode(t, res, &done)
	ck := cookieOf(t, res)
	if res.StatusCode != 200 || done.Account.Name != "owner" || done.RecoveryKey == "" {
		t.Fatalf("%d %+v", res.StatusCode, done)
	}
	me := n.do(request{method: "GET", path: apiPath + "/me", header: http.Header{"Cookie": {ck.Name + "=" + ck.Value}}})
	if got := text(t, me); !strings.Contains(got, "Radio Ada") || !strings.Contains(got, channel.ID) {
		t.Errorf("me: %s", got)
	}
	if res := post(`{"token":"` + secret + `","password":"another password"}`); res.StatusCode != 401 || !strings.Contains(text(t, res), "bad_link") {
		t.Errorf("a used link: %d %s", res.StatusCode, text(t, res))
	}
	again, err := n.cat.CreateSetupLink(t.Context(), account.ID, time.Hour)
	must(t, err)
	if res := post(`{"token":"` + again + `","password":"another password","name":"Other"}`); res.StatusCode != 200 || strings.Contains(text(t, res), "recoveryKey") {
		t.Errorf("a second link makes no second recovery key: %d %s", res.StatusCode, text(t, res))
	}
	late, err := n.cat.CreateSetupLink(t.Context(), account.ID, time.Hour)
	must(t, err)
	n.clock.advance(2 * time.Hour)
	if res := post(`{"token":"` + late + `","password":"another password"}`); res.StatusCode != 401 {
		t.Errorf("an expired link: %d", res.StatusCode)
	}
	for range 12 {
		res = post(`{"token":"guess","password":"another password"}`)
	}
	if res.StatusCode != 429 {
		t.Errorf("guesses are not limited: %d", res.StatusCode)
	}
}

// TestCrossSite is the bar's rows B33 to B37.
func TestCrossSite(t *testing.T) {
	n := newNode(t)
	p := n.join("ada", models.RoleCreator)
	r := n.final(p, models.Public)
	cookie := "__Host-runnel=" + p.session
	try := func(h http.Header) int {
		h.Set("Cookie", cookie)
		return n.do(request{method: "PATCH", path: apiPath + "/releases/" + r.ID, body: `{"title":"Changed"}`, header: h}).StatusCode
	}
	for name, c := range map[string]struct {
		h    http.Header
		want int
	}{
		"same origin":             {http.Header{"Origin": {"http://localhost:8080"}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		"older browser":           {http.Header{"Origin": {"http://localhost:8080"}}, 200},
		"no origin":               {http.Header{}, 403},
		"origin null":             {http.Header{"Origin": {"null"}}, 403},
		"another site":            {http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, 403},
		"a sibling host":          {http.Header{"Origin": {"http://evil.localhost:8080"}, "Sec-Fetch-Site": {"same-site"}}, 403},
		"prefix of our name":      {http.Header{"Origin": {"http://localhost:8080.evil.example"}}, 403},
		"suffix of our name":      {http.Header{"Origin": {"http://evil-localhost:8080"}}, 403},
		"text/plain from here":    {http.Header{"Origin": {"http://localhost:8080"}, "Content-Type": {"text/plain"}}, 415},
		"a form from elsewhere":   {http.Header{"Origin": {"https://evil.example"}, "Content-Type": {"application/x-www-form-urlencoded"}}, 403},
		"text/plain, no origin":   {http.Header{"Content-Type": {"text/plain"}}, 403},
		"a form, no content type": {http.Header{"Content-Type": {""}, "Origin": {"null"}}, 403},
	} {
		if got := try(c.h); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if res := n.signIn(goodSignIn, http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}); res.StatusCode != 403 {
		t.Errorf("another site signed a visitor in: %d", res.StatusCode)
	}
	for _, origin := range []string{"https://evil.example", "https://evil-runnel.example", "http://localhost:8080.evil", "null"} {
		for _, m := range []string{"OPTIONS", "GET", "POST"} {
			for _, path := range []string{apiPath + "/me", uploadsPath, apiPath + "/sessions"} {
				res := n.do(request{method: m, path: path, header: http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"POST"}}})
				if res.Header.Get("Access-Control-Allow-Origin") != "" || res.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s %s lets %s in: %v", m, path, origin, res.Header)
				}
			}
		}
	}
}
