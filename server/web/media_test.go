package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"runnel/models"
)

// local returns the path of one of the node's absolute addresses.
func local(address string) string { return strings.TrimPrefix(address, "http://localhost:8080") }

func (n *node) release(id string, as *person) Release {
	n.t.Helper()
	var r Release
	decode(n.t, n.get(apiPath+"/releases/"+id, as), &r)
	return r
}

func TestPrivateMedia(t *testing.T) {
	n := newNode(t)
	p, mod := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator)
	r := n.final(p, models.Private)
	master := local(n.release(r.ID, &p).MasterURL)
	base := strings.TrimSuffix(master, "master.m3u8")
	for path, body := range testFiles {
		res := n.get(base+path, nil)
		if res.StatusCode != 200 || text(t, res) != body || res.Header.Get("Cache-Control") != "private, no-store" ||
			res.Header.Get("Content-Type") != contentType(path) || res.Header.Get("Access-Control-Allow-Origin") != "" ||
			res.Header.Get("Content-Security-Policy") != mediaPolicy || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	if strings.Contains(n.log.String(), strings.Split(base, "/")[4]) {
		t.Error("a media token is in the log")
	}
	for _, bad := range []string{base, base + "v", base + "../master.m3u8", base + "nothing.m3u8", mediaPath + "x/master.m3u8", strings.Replace(base, "/media/A", "/media/B", 1) + "master.m3u8"} {
		if res := n.get(bad, nil); res.StatusCode != 404 {
			t.Errorf("%s: %d", bad, res.StatusCode)
		}
	}
	get := func() int { return n.get(master, nil).StatusCode }
	must(t, n.cat.SetStanding(t.Context(), r.ID, models.StandingTakenDown, "x", mod.account.ID, -1))
	if got := get(); got != 451 {
		t.Errorf("taken down: %d", got)
	}
	if got := n.release(r.ID, &p); got.MasterURL != "" || got.Standing != "taken_down" {
		t.Errorf("its owner still gets %q", got.MasterURL)
	}
	must(t, n.cat.SetStanding(t.Context(), r.ID, models.StandingHidden, "", mod.account.ID, -1))
	if got := get(); got != 200 {
		t.Errorf("hidden, its owner: %d", got)
	}
	n.block(p.account.ID, true)
	if got := get(); got != 404 {
		t.Errorf("the owner is blocked: %d", got)
	}
	n.block(p.account.ID, false)
	n.clock.advance(mediaLife - time.Second)
	if got := get(); got != 200 {
		t.Errorf("a second early: %d", got)
	}
	n.clock.advance(time.Second)
	if got := get(); got != 404 {
		t.Errorf("expired: %d", got)
	}
	master = local(n.release(r.ID, &p).MasterURL)
	must(t, n.cat.DeleteRelease(t.Context(), r.ID))
	if got := get(); got != 404 {
		t.Errorf("deleted: %d", got)
	}
}

// TestTokenOfAModerator: a right that was another's ends with the role.
func TestTokenOfAModerator(t *testing.T) {
	n := newNode(t)
	p, mod := n.join("ada", models.RoleCreator), n.join("mod", models.RoleModerator)
	r := n.final(p, models.Private)
	master := local(n.release(r.ID, &mod).MasterURL)
	if got := n.get(master, nil).StatusCode; got != 200 {
		t.Fatalf("moderator: %d", got)
	}
	_, err := n.cat.SetRole(t.Context(), mod.account.ID, models.RoleListener)
	must(t, err)
	if got := n.get(master, nil).StatusCode; got != 404 {
		t.Errorf("no longer moderator: %d", got)
	}
}

func TestLive(t *testing.T) {
	for _, v := range []models.Visibility{models.Public, models.Private} {
		t.Run(string(v), func(t *testing.T) {
			n := newNode(t)
			p := n.join("ada", models.RoleCreator)
			job, first := n.transcoding(p, v)
			live := apiPath + "/releases/" + job.ReleaseID + "/live/master.m3u8"
			if got := n.release(job.ReleaseID, &p).MasterURL; local(got) != live {
				t.Fatalf("masterUrl %s", got)
			}
			res := n.get(live, &p)
			master := res.Header.Get("Location")
			if res.StatusCode != 307 || !strings.HasPrefix(master, mediaPath) || !strings.HasSuffix(master, "/master.m3u8") {
				t.Fatalf("%d %s", res.StatusCode, master)
			}
			base := strings.TrimSuffix(master, "master.m3u8")
			file := func(path string) (int, string, http.Header) {
				t.Helper()
				res := n.get(base+path, nil)
				return res.StatusCode, text(t, res), res.Header
			}
			status, body, h := file("master.m3u8")
			if status != 200 || !strings.Contains(body, "v/360p24/index.m3u8") || strings.Contains(body, "720p24") || !strings.Contains(body, "BANDWIDTH=1000000") ||
				!strings.Contains(body, "EXT-X-START:TIME-OFFSET=0") || h.Get("Cache-Control") != "private, no-store" {
				t.Errorf("master: %d %v\n%s", status, h, body)
			}
			status, body, _ = file("v/360p24/index.m3u8")
			if status != 200 || !strings.Contains(body, "EXT-X-PLAYLIST-TYPE:EVENT") || strings.Contains(body, "ENDLIST") ||
				!strings.Contains(body, "00/00000.m4s") || strings.Contains(body, "00001.m4s") {
				t.Errorf("media: %d\n%s", status, body)
			}
			if status, body, h := file(first.File.Path); status != 200 || body != testFiles[first.File.Path] || h.Get("Content-Type") != "video/iso.segment" {
				t.Errorf("segment: %d %v", status, h)
			}
			for _, no := range []string{"v/720p24/index.m3u8", "v/360p24/00/00001.m4s", "manifest.json", "v/360p24/iframe.m3u8"} {
				if status, _, _ := file(no); status != 404 {
					t.Errorf("%s: %d", no, status)
				}
			}
			n.finish(p, job)
			status, body, _ = file("v/360p24/index.m3u8")
			if status != 200 || !strings.Contains(body, "EXT-X-PLAYLIST-TYPE:EVENT") || !strings.Contains(body, "ENDLIST") || !strings.Contains(body, "00/00001.m4s") {
				t.Errorf("media after the end: %d\n%s", status, body)
			}
			if status, body, _ := file(oneSegment); status != 200 || body != testFiles[oneSegment] {
				t.Errorf("last segment: %d", status)
			}
			if got := n.get(live, &p).Header.Get("Location"); !strings.HasPrefix(got, mediaPath) {
				t.Errorf("a day is not over: %s", got)
			}
			n.clock.advance(liveGrace)
			if got := n.get(live, &p).Header.Get("Location"); v == models.Public && !strings.HasPrefix(got, "/ipfs/") || v == models.Private && !strings.HasPrefix(got, mediaPath) {
				t.Errorf("after a day: %s", got)
			}
		})
	}
}

// TestNeverAhead: a later part that is done before an earlier one is not shown.
func TestNeverAhead(t *testing.T) {
	at := func(numbers ...int) (out []models.Segment) {
		for _, n := range numbers {
			out = append(out, models.Segment{Number: n})
		}
		return out
	}
	for _, c := range []struct {
		in   []models.Segment
		want int
	}{{at(-1, 0, 1, 2), 4}, {at(-1, 0, 2, 3), 2}, {at(0, 1), 0}, {at(-1, 5), 1}, {nil, 0}} {
		if got := len(contiguous(c.in)); got != c.want {
			t.Errorf("%v: %d, want %d", c.in, got, c.want)
		}
	}
}
