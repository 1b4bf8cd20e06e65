package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"runnel/models"
	"runnel/models/catalog"
)

// overviewOf is a node's overview over a real catalogue; disk and peers are the
// other parts' to test.
type overviewOf struct{ *catalog.Catalog }

func (overviewOf) Settings() []Setting     { return []Setting{{"jobs", "1"}} }
func (overviewOf) Disk() (DiskInfo, error) { return DiskInfo{Free: 1, Total: 2}, nil }
func (overviewOf) Neighbours() []Neighbour { return nil }

func (n *node) register(name string) *http.Response {
	n.t.Helper()
	return n.do(request{method: "POST", path: apiPath + "/accounts", body: `{"name":"` + name + `","password":"` + testPassword + `"}`})
}

func TestRegistration(t *testing.T) {
	signIn := func(n *node) int { return n.signIn(`{"name":"newt","password":"`+testPassword+`"}`, nil).StatusCode }
	t.Run("off", func(t *testing.T) {
		n := newNode(t)
		if res := n.register("newt"); res.StatusCode != 403 || !strings.Contains(text(t, res), "registration_off") {
			t.Errorf("%d", res.StatusCode)
		}
	})
	t.Run("open", func(t *testing.T) {
		n := newNode(t, func(c *Config, _ *Deps) { c.Registration = RegistrationOpen })
		res := n.register("newt")
		if res.StatusCode != 201 || cookieOf(t, res).Value == "" || !strings.Contains(text(t, res), `"listener"`) {
			t.Errorf("%d: %s", res.StatusCode, text(t, res))
		}
		if res := n.register("NEWT"); res.StatusCode != 409 {
			t.Errorf("twice: %d", res.StatusCode)
		}
		if got := signIn(n); got != 201 {
			t.Errorf("signing in: %d", got)
		}
		for i := range registrationsAnHour - 2 {
			if res := n.register(fmt.Sprint("more", i)); res.StatusCode != 201 {
				t.Fatalf("%d: %d", i, res.StatusCode)
			}
		}
		if res := n.register("toomany"); res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
			t.Errorf("one too many: %d", res.StatusCode)
		}
	})
	t.Run("approval", func(t *testing.T) {
		n := newNode(t, func(c *Config, _ *Deps) { c.Registration = RegistrationApproval })
		admin := n.join("root", models.RoleAdmin)
		res := n.register("newt")
		if res.StatusCode != 202 || len(res.Cookies()) != 0 {
			t.Fatalf("%d: %s", res.StatusCode, text(t, res))
		}
		if res := n.signIn(`{"name":"newt","password":"`+testPassword+`"}`, nil); res.StatusCode != 403 || !strings.Contains(text(t, res), `"waiting"`) {
			t.Errorf("before it is let in: %d", res.StatusCode)
		}
		if res := n.signIn(`{"name":"newt","password":"wrong"}`, nil); res.StatusCode != 401 {
			t.Errorf("a wrong password tells that it waits: %d", res.StatusCode)
		}
		var page struct{ Items []AdminAccount }
		must(t, json.NewDecoder(n.get(apiPath+"/admin/accounts?waiting=true", &admin).Body).Decode(&page))
		if len(page.Items) != 1 || page.Items[0].Name != "newt" {
			t.Fatalf("%+v", page)
		}
		at := fmt.Sprint(apiPath, "/admin/accounts/", page.Items[0].ID)
		if res := n.do(request{method: "POST", path: at + "/reset", as: &admin}); res.StatusCode != 409 {
			t.Errorf("a link for one who waits: %d", res.StatusCode)
		}
		res = n.do(request{method: "PATCH", path: at, body: `{"waiting":false,"role":"creator"}`, as: &admin})
		if body := text(t, res); res.StatusCode != 200 || !strings.Contains(body, "recoveryKey") {
			t.Errorf("%d: %s", res.StatusCode, body)
		}
		if got := signIn(n); got != 201 {
			t.Errorf("let in: %d", got)
		}
	})
}

func TestAdministratorKeepsHisRole(t *testing.T) {
	n := newNode(t)
	admin := n.join("root", models.RoleAdmin)
	res := n.do(request{method: "PATCH", path: fmt.Sprint(apiPath, "/admin/accounts/", admin.account.ID), body: `{"role":"listener"}`, as: &admin})
	if res.StatusCode != 409 || !strings.Contains(text(t, res), "own_account") {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestResetLink(t *testing.T) {
	n := newNode(t)
	admin, ada := n.join("root", models.RoleAdmin), n.join("ada", models.RoleListener)
	res := n.do(request{method: "POST", path: fmt.Sprint(apiPath, "/admin/accounts/", ada.account.ID, "/reset"), as: &admin})
	var made struct{ URL string }
	must(t, json.NewDecoder(res.Body).Decode(&made))
	_, secret, found := strings.Cut(made.URL, "/setup?token=")
	if res.StatusCode != 201 || !found {
		t.Fatalf("%d %q", res.StatusCode, made.URL)
	}
	body := `{"token":"` + secret + `","password":"another long one"}`
	if res := n.do(request{method: "POST", path: apiPath + "/setup", body: body}); res.StatusCode != 200 {
		t.Errorf("%d: %s", res.StatusCode, text(t, res))
	}
	if res := n.do(request{method: "POST", path: apiPath + "/setup", body: body}); res.StatusCode != 401 {
		t.Errorf("a second time: %d", res.StatusCode)
	}
	if strings.Contains(n.log.String(), secret) {
		t.Error("the link is in the log")
	}
}
