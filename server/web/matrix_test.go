package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

// The authorisation matrix: every route of the router × everyone who may come.
// A route that no row names fails the test, and so does a row without a route.

// who are the columns.
var who = []string{"visitor", "listener", "owner", "other", "moderator", "admin", "blocked", "revoked"}

// cell makes the object of one request and returns the path to it.
type cell func(n *node, owner person) string

type matrixRow struct {
	route  string // method and template, as the router knows it
	what   string
	path   cell
	body   string
	header http.Header
	want   [8]int
}

func fixed(path string) cell { return func(*node, person) string { return path } }

// of makes a release in some state and puts its id for {id}.
func of(make func(*node, person) string, path string) cell {
	return func(n *node, owner person) string { return strings.ReplaceAll(path, "{id}", make(n, owner)) }
}

func finalOf(v models.Visibility) func(*node, person) string {
	return func(n *node, p person) string { return n.final(p, v).ID }
}

func standing(s models.Standing) func(*node, person) string {
	return func(n *node, p person) string {
		id := n.final(p, models.Public).ID
		must(n.t, n.cat.SetStanding(context.WithoutCancel(n.t.Context()), id, s, "a court said so", 1, -1))
		return id
	}
}

func transcodingOf(v models.Visibility) func(*node, person) string {
	return func(n *node, p person) string { j, _ := n.transcoding(p, v); return j.ReleaseID }
}

// followed is a release of another node that this one keeps.
func followed(n *node, _ person) string {
	n.clock.advance(time.Second)
	id := models.NewTID(n.clock.now())
	sum, err := multihash.Sum([]byte(id), multihash.SHA2_256, -1)
	must(n.t, err)
	r := models.Release{ID: id, ChannelID: "k51far", ChannelName: "Far", Kind: models.KindVideo, Title: "From afar", CreatedAt: n.clock.now(),
		Manifest: cid.NewCidV1(cid.DagProtobuf, sum)}
	_, err = n.cat.PutPin(n.t.Context(), r.Manifest)
	must(n.t, err)
	must(n.t, n.cat.PinRelease(n.t.Context(), r.Manifest, nil, 1, r, []models.Rendition{n.rendition()}))
	return id
}

// amendedOnce is a release that has an earlier revision.
func amendedOnce(n *node, p person) string {
	r := n.final(p, models.Public)
	n.amend(r)
	return r.ID
}

func queuedOf(n *node, p person) string { return n.queued(p, models.Public) }

func cancelled(n *node, p person) string {
	id := n.queued(p, models.Public)
	must(n.t, n.cat.CancelRelease(n.t.Context(), id))
	return id
}

func uploadPath(n *node, p person) string {
	return uploadsPath + "/" + n.sendUpload(p, "1234", "").Header.Get("Location")[len(uploadsPath)+1:]
}

// all is a row where everyone with good credentials gets the same.
func all(status int) [8]int { return [8]int{status, status, status, status, status, status, 401, 401} }

// creators is a row for those who may publish.
func creators(status int) [8]int { return [8]int{401, 403, status, status, status, status, 401, 401} }

// admins is a row for administrators alone.
func admins(status int) [8]int { return [8]int{401, 403, 403, 403, 403, status, 401, 401} }

// newcomer is an account that waits, a new one each time.
func newcomer(n *node, _ person) string {
	a, err := n.cat.Register(n.t.Context(), "new"+models.NewTID(n.clock.now()), "", true)
	must(n.t, err)
	return fmt.Sprint(apiPath, "/admin/accounts/", a.ID)
}

// signedInOnly is a row for everyone with an account.
func signedInOnly(status int) [8]int {
	return [8]int{401, status, status, status, status, status, 401, 401}
}

// onlyModerators is a row for those who moderate.
func onlyModerators(status int) [8]int { return [8]int{401, 403, 403, 403, status, status, 401, 401} }

const (
	reportBody = `{"reason":"spam"}`
	appealBody = `{"decision":1,"text":"It is mine."}`
)

// decided is a release on which a moderator had that word.
func decided(action models.Action) func(*node, person) string {
	return func(n *node, p person) string {
		id := n.final(p, models.Public).ID
		_, _, err := n.cat.Decide(context.WithoutCancel(n.t.Context()), models.Decision{Action: action, ReleaseID: id, Reason: "x", By: n.people["moderator"].account.ID})
		must(n.t, err)
		return id
	}
}

var tusHeader = http.Header{"Tus-Resumable": {"1.0.0"}, "Upload-Length": {"4"}}

func matrix() []matrixRow {
	r := apiPath + "/releases/{id}"
	patch := http.Header{"Tus-Resumable": {"1.0.0"}, "Upload-Offset": {"0"}, "Content-Type": {"application/offset+octet-stream"}}
	return append([]matrixRow{
		{route: "GET /healthz", path: fixed("/healthz"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "HEAD /healthz", path: fixed("/healthz"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "GET /readyz", path: fixed("/readyz"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "HEAD /readyz", path: fixed("/readyz"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},

		{route: "GET /api/v1/openapi.json", path: fixed(apiPath + "/openapi.json"), want: all(200)},
		{route: "GET /api/v1/node", path: fixed(apiPath + "/node"), want: all(200)},
		{route: "GET /api/v1/me", path: fixed(apiPath + "/me"), want: signedInOnly(200)},
		{route: "POST /api/v1/sessions", path: fixed(apiPath + "/sessions"), body: `{"name":"nobody","password":"guess"}`, want: all(401)},
		{route: "DELETE /api/v1/sessions/current", path: fixed(apiPath + "/sessions/current"), want: signedInOnly(204)},
		{route: "POST /api/v1/setup", path: fixed(apiPath + "/setup"), body: `{"token":"guess","password":"long enough"}`, want: all(401)},
		{route: "GET /api/v1/tokens", path: fixed(apiPath + "/tokens"), want: signedInOnly(200)},
		{route: "POST /api/v1/tokens", path: fixed(apiPath + "/tokens"), body: `{"label":"x"}`, want: signedInOnly(201)},
		{route: "DELETE /api/v1/tokens/:id", what: "the owner's", path: ownersToken, want: [8]int{401, 404, 204, 404, 404, 404, 401, 401}},

		{route: "GET /api/v1/releases", path: fixed(apiPath + "/releases"), want: all(200)},
		{route: "GET /api/v1/releases", what: "mine", path: fixed(apiPath + "/releases?scope=mine"), want: signedInOnly(200)},
		{route: "GET /api/v1/releases", what: "all", path: fixed(apiPath + "/releases?scope=all"), want: [8]int{403, 403, 403, 403, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "public", path: of(finalOf(models.Public), r), want: all(200)},
		{route: "GET /api/v1/releases/:id", what: "unlisted", path: of(finalOf(models.Unlisted), r), want: all(200)},
		{route: "GET /api/v1/releases/:id", what: "private", path: of(finalOf(models.Private), r), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "hidden", path: of(standing(models.StandingHidden), r), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "in review", path: of(standing(models.StandingReview), r), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "taken down", path: of(standing(models.StandingTakenDown), r), want: [8]int{451, 451, 200, 451, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "transcoding", path: of(transcodingOf(models.Public), r), want: all(200)},
		{route: "GET /api/v1/releases/:id", what: "a draft", path: of(func(n *node, p person) string { return n.upload(p, models.Public).ReleaseID }, r), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "missing", path: fixed(apiPath + "/releases/3zzzzzzzzzzzz"), want: all(404)},
		{route: "PATCH /api/v1/releases/:id", what: "public", path: of(finalOf(models.Public), r), body: `{"title":"New"}`, want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "PATCH /api/v1/releases/:id", what: "private", path: of(finalOf(models.Private), r), body: `{"title":"New"}`, want: [8]int{404, 404, 200, 404, 403, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id", what: "followed", path: of(followed, r), want: all(200)},
		{route: "PATCH /api/v1/releases/:id", what: "followed", path: of(followed, r), body: `{"title":"New"}`, want: [8]int{401, 403, 403, 403, 403, 403, 401, 401}},
		{route: "DELETE /api/v1/releases/:id", what: "followed", path: of(followed, r), want: [8]int{401, 403, 403, 403, 403, 403, 401, 401}},
		{route: "POST /api/v1/releases/:id/retry", what: "followed", path: of(followed, r+"/retry"), want: [8]int{401, 403, 403, 403, 403, 403, 401, 401}},
		{route: "POST /api/v1/releases/:id/standing", what: "take down, followed", path: of(followed, r+"/standing"), body: `{"standing":"taken_down","reason":"x"}`, want: [8]int{401, 403, 403, 403, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/live/master.m3u8", what: "followed", path: of(followed, r+"/live/master.m3u8"), want: all(307)},
		{route: "DELETE /api/v1/releases/:id", what: "public", path: of(finalOf(models.Public), r), want: [8]int{401, 403, 204, 403, 403, 204, 401, 401}},
		{route: "DELETE /api/v1/releases/:id", what: "private", path: of(finalOf(models.Private), r), want: [8]int{404, 404, 204, 404, 403, 204, 401, 401}},
		{route: "POST /api/v1/releases/:id/cancel", what: "queued", path: of(queuedOf, r+"/cancel"), want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "POST /api/v1/releases/:id/retry", what: "cancelled", path: of(cancelled, r+"/retry"), want: [8]int{404, 404, 200, 404, 403, 200, 401, 401}},
		{route: "POST /api/v1/releases/:id/standing", what: "take down", path: of(finalOf(models.Public), r+"/standing"), body: `{"standing":"taken_down","reason":"x"}`, want: [8]int{401, 403, 200, 403, 200, 200, 401, 401}},
		{route: "POST /api/v1/releases/:id/standing", what: "hide", path: of(finalOf(models.Public), r+"/standing"), body: `{"standing":"hidden"}`, want: [8]int{401, 403, 403, 403, 200, 200, 401, 401}},
		{route: "POST /api/v1/releases/:id/standing", what: "undo a moderator's word", path: of(standing(models.StandingTakenDown), r+"/standing"), body: `{"standing":"good"}`, want: [8]int{451, 451, 403, 451, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/events", what: "public", path: of(finalOf(models.Public), r+"/events"), want: all(200)},
		{route: "GET /api/v1/releases/:id/events", what: "private", path: of(finalOf(models.Private), r+"/events"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/live/master.m3u8", what: "public", path: of(transcodingOf(models.Public), r+"/live/master.m3u8"), want: all(307)},
		{route: "GET /api/v1/releases/:id/live/master.m3u8", what: "private", path: of(transcodingOf(models.Private), r+"/live/master.m3u8"), want: [8]int{404, 404, 307, 404, 307, 307, 401, 401}},
		{route: "HEAD /api/v1/releases/:id/live/master.m3u8", what: "private", path: of(transcodingOf(models.Private), r+"/live/master.m3u8"), want: [8]int{404, 404, 307, 404, 307, 307, 401, 401}},

		{route: "GET /api/v1/about", path: fixed(apiPath + "/about"), want: all(200)},
		{route: "POST /api/v1/releases/:id/reports", what: "public", path: of(finalOf(models.Public), r+"/reports"), body: reportBody, want: [8]int{201, 201, 403, 201, 201, 201, 401, 401}},
		{route: "POST /api/v1/releases/:id/reports", what: "private", path: of(finalOf(models.Private), r+"/reports"), body: reportBody, want: [8]int{404, 404, 403, 404, 201, 201, 401, 401}},
		{route: "POST /api/v1/releases/:id/reports", what: "taken down", path: of(standing(models.StandingTakenDown), r+"/reports"), body: reportBody, want: [8]int{451, 451, 403, 451, 201, 201, 401, 401}},
		{route: "GET /api/v1/releases/:id/decisions", what: "public", path: of(finalOf(models.Public), r+"/decisions"), want: [8]int{401, 403, 200, 403, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/decisions", what: "hidden", path: of(standing(models.StandingHidden), r+"/decisions"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "POST /api/v1/releases/:id/appeals", what: "taken down", path: of(decided(models.ActionTakeDown), r+"/appeals"), body: appealBody, want: [8]int{451, 451, 400, 451, 403, 403, 401, 401}},
		{route: "GET /api/v1/releases/:id/lookalikes", what: "public", path: of(finalOf(models.Public), r+"/lookalikes"), want: onlyModerators(200)},
		{route: "GET /api/v1/moderation/queue", path: fixed(apiPath + "/moderation/queue"), want: onlyModerators(200)},
		{route: "GET /api/v1/moderation/trail", path: fixed(apiPath + "/moderation/trail"), want: onlyModerators(200)},
		{route: "POST /api/v1/moderation/decisions", what: "nothing", path: fixed(apiPath + "/moderation/decisions"), body: `{"action":"hide","release":"3zzzzzzzzzzzz"}`, want: onlyModerators(404)},
		{route: "POST /api/v1/moderation/decisions", what: "an account that is not there", path: fixed(apiPath + "/moderation/decisions"), body: `{"action":"block_account","account":4711,"reason":"x"}`, want: onlyModerators(404)},
		{route: "POST /api/v1/moderation/decisions", what: "an administrator", path: fixed(apiPath + "/moderation/decisions"), body: `{"action":"block_account","account":1,"reason":"x"}`, want: onlyModerators(403)},

		{route: "GET /api/v1/releases/:id/revisions", what: "public", path: of(finalOf(models.Public), r+"/revisions"), want: all(200)},
		{route: "GET /api/v1/releases/:id/revisions", what: "private", path: of(finalOf(models.Private), r+"/revisions"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/revisions", what: "taken down", path: of(standing(models.StandingTakenDown), r+"/revisions"), want: [8]int{451, 451, 451, 451, 451, 451, 401, 401}},
		{route: "DELETE /api/v1/releases/:id/revisions/:rev", what: "an earlier one", path: of(amendedOnce, r+"/revisions/1"), want: [8]int{401, 403, 204, 403, 403, 204, 401, 401}},
		{route: "PUT /api/v1/releases/:id/cover", what: "public", path: of(finalOf(models.Public), r+"/cover"), body: "picture", want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "PUT /api/v1/releases/:id/cover", what: "private", path: of(finalOf(models.Private), r+"/cover"), body: "picture", want: [8]int{404, 404, 200, 404, 403, 200, 401, 401}},
		{route: "DELETE /api/v1/releases/:id/cover", path: of(finalOf(models.Public), r+"/cover"), want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/captions", what: "public", path: of(finalOf(models.Public), r+"/captions"), want: all(200)},
		{route: "GET /api/v1/releases/:id/captions", what: "private", path: of(finalOf(models.Private), r+"/captions"), want: [8]int{404, 404, 200, 404, 200, 200, 401, 401}},
		{route: "POST /api/v1/releases/:id/captions", path: of(finalOf(models.Public), r+"/captions?language=en"), body: "WEBVTT", want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "DELETE /api/v1/releases/:id/captions/:captions", path: of(finalOf(models.Public), r+"/captions/0-en"), want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "GET /api/v1/releases/:id/source", what: "public", path: of(finalOf(models.Public), r+"/source"), want: [8]int{401, 403, 200, 403, 403, 403, 401, 401}},
		{route: "HEAD /api/v1/releases/:id/source", what: "private", path: of(finalOf(models.Private), r+"/source"), want: [8]int{404, 404, 200, 404, 403, 403, 401, 401}},
		{route: "GET /api/v1/releases/:id/plays", path: of(finalOf(models.Public), r+"/plays"), want: [8]int{401, 403, 200, 403, 403, 200, 401, 401}},
		{route: "GET /api/v1/me/storage", path: fixed(apiPath + "/me/storage"), want: signedInOnly(200)},
		{route: "GET /api/v1/accounts/:name/limits", path: fixed(apiPath + "/accounts/owner/limits"), want: [8]int{401, 403, 403, 403, 403, 200, 401, 401}},
		{route: "PUT /api/v1/accounts/:name/limits", path: fixed(apiPath + "/accounts/owner/limits"), body: `{"bytes":null,"releases":null,"uploads":null,"jobs":null}`, want: [8]int{401, 403, 403, 403, 403, 200, 401, 401}},

		{route: "OPTIONS /api/v1/uploads", path: fixed(uploadsPath), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "OPTIONS /api/v1/uploads/:id", path: fixed(uploadsPath + "/00000000000000000000000000000000"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "GET /api/v1/uploads", path: fixed(uploadsPath), want: creators(200)},
		{route: "POST /api/v1/uploads", path: fixed(uploadsPath), header: tusHeader, want: creators(201)},
		{route: "POST /api/v1/uploads/", path: fixed(uploadsPath + "/"), header: tusHeader, want: creators(201)},
		{route: "HEAD /api/v1/uploads/:id", path: uploadPath, header: tusHeader, want: [8]int{401, 403, 200, 404, 404, 404, 401, 401}},
		{route: "PATCH /api/v1/uploads/:id", path: uploadPath, header: patch, body: "1234", want: [8]int{401, 403, 204, 404, 404, 404, 401, 401}},
		{route: "DELETE /api/v1/uploads/:id", path: uploadPath, header: http.Header{"Tus-Resumable": {"1.0.0"}}, want: [8]int{401, 403, 204, 404, 404, 404, 401, 401}},

		{route: "GET /api/v1/pins", path: fixed(apiPath + "/pins"), want: creators(200)},
		{route: "POST /api/v1/pins", path: fixed(apiPath + "/pins"), body: `{"cid":"` + someRoot + `"}`, want: creators(202)},
		{route: "GET /api/v1/pins/:cid", path: pinnedRoot, want: creators(200)},
		{route: "DELETE /api/v1/pins/:cid", path: pinnedRoot, want: creators(204)},

		{route: "POST /api/v1/accounts", path: fixed(apiPath + "/accounts"), body: `{"name":"new","password":"long enough"}`, want: all(403)},
		{route: "GET /api/v1/admin/accounts", path: fixed(apiPath + "/admin/accounts"), want: admins(200)},
		{route: "PATCH /api/v1/admin/accounts/:id", path: newcomer, body: `{"role":"creator"}`, want: admins(200)},
		{route: "DELETE /api/v1/admin/accounts/:id", path: newcomer, want: admins(204)},
		{route: "POST /api/v1/admin/accounts/:id/reset", path: of(func(n *node, p person) string { return fmt.Sprint(p.account.ID) }, apiPath+"/admin/accounts/{id}/reset"), want: admins(201)},
		{route: "GET /api/v1/admin/settings", path: fixed(apiPath + "/admin/settings"), want: admins(200)},
		{route: "GET /api/v1/admin/jobs", path: fixed(apiPath + "/admin/jobs"), want: admins(200)},
		{route: "GET /api/v1/admin/state", path: fixed(apiPath + "/admin/state"), want: admins(200)},

		{route: "GET /ipfs/:cid", what: "raw", path: rootPath(models.Public, "?format=raw"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "GET /ipfs/:cid", what: "archive", path: rootPath(models.Unlisted, "?format=car"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "GET /ipfs/:cid", what: "archive, private", path: rootPath(models.Private, "?format=car"), want: [8]int{404, 404, 404, 404, 404, 404, 404, 404}},
		{route: "HEAD /ipfs/:cid", what: "raw, private", path: rootPath(models.Private, "?format=raw"), want: [8]int{404, 404, 404, 404, 404, 404, 404, 404}},
		{route: "GET /ipfs/:cid/*path", what: "public", path: rootPath(models.Public, "/master.m3u8"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "GET /ipfs/:cid/*path", what: "unlisted", path: rootPath(models.Unlisted, "/master.m3u8"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "GET /ipfs/:cid/*path", what: "private", path: rootPath(models.Private, "/master.m3u8"), want: [8]int{404, 404, 404, 404, 404, 404, 404, 404}},
		{route: "HEAD /ipfs/:cid/*path", what: "public", path: rootPath(models.Public, "/master.m3u8"), want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
		{route: "OPTIONS /ipfs/:cid/*path", path: fixed("/ipfs/" + someRoot + "/master.m3u8"), want: [8]int{204, 204, 204, 204, 204, 204, 204, 204}},
		{route: "GET /api/v1/media/:token/*path", what: "a stranger's token", path: fixed(mediaPath + "AAAA/master.m3u8"), want: [8]int{404, 404, 404, 404, 404, 404, 404, 404}},
		{route: "HEAD /api/v1/media/:token/*path", what: "the owner's token", path: ownersMedia, want: [8]int{200, 200, 200, 200, 200, 200, 200, 200}},
	}, listening()...)
}

const someRoot = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"

func ownersToken(n *node, p person) string {
	_, id, err := n.cat.CreateToken(n.t.Context(), p.account.ID, "", models.ScopeAll, 0)
	must(n.t, err)
	return apiPath + "/tokens/" + id
}

func ownersMedia(n *node, p person) string {
	r := n.final(p, models.Private)
	master, _ := n.web.playURLs(Caller{Account: p.account}, &r, n.clock.now())
	return strings.TrimPrefix(master, "http://localhost:8080")
}

func pinnedRoot(n *node, _ person) string {
	root, err := parseRoot(someRoot)
	must(n.t, err)
	_, err = n.web.deps.Pins.Pin(n.t.Context(), root)
	must(n.t, err)
	return apiPath + "/pins/" + someRoot
}

// rootPath publishes with a title of its own each time, so that no two releases
// of the matrix share a root.
func rootPath(v models.Visibility, rest string) cell {
	return func(n *node, p person) string { return "/ipfs/" + n.final(p, v).Manifest.String() + rest }
}

func TestAuthorisation(t *testing.T) {
	n := newNode(t, func(c *Config, _ *Deps) { c.Uploads = 10_000 })
	n.web.signIns.max, n.web.strangers.max, n.web.reports.max = 1000, 1000, 1000
	crowd(n)
	owner := n.people["owner"]
	known := map[string]bool{}
	for _, r := range n.web.engine.Routes() {
		known[r.Method+" "+r.Path] = false
	}
	for _, row := range matrix() {
		if _, ok := known[row.route]; !ok {
			t.Errorf("the matrix names a route that is not there: %s", row.route)
			continue
		}
		known[row.route] = true
		method, _, _ := strings.Cut(row.route, " ")
		path := ""
		for i, name := range who {
			if path == "" {
				path = row.path(n, owner)
			}
			req := request{method: method, path: path, body: row.body, header: row.header}
			if p, ok := n.people[name]; ok {
				req.as = &p
			}
			if res := n.do(req); res.StatusCode != row.want[i] {
				t.Errorf("%s (%s) as %s: %d, want %d: %.200s", row.route, row.what, name, res.StatusCode, row.want[i], text(t, res))
			}
			if !isSafe(method) && row.want[i] < 300 {
				path = "" // it was changed: the next one gets a new one
			}
		}
		n.clearUploads()
	}
	for route, covered := range known {
		if !covered {
			t.Errorf("no row of the matrix covers %s", route)
		}
	}
}

// crowd makes one account of each kind.
func crowd(n *node) {
	n.join("admin", models.RoleAdmin) // account 1
	for name, role := range map[string]models.Role{
		"listener": models.RoleListener, "owner": models.RoleCreator, "other": models.RoleCreator,
		"moderator": models.RoleModerator, "blocked": models.RoleCreator, "revoked": models.RoleAdmin,
	} {
		n.join(name, role)
	}
	ctx := n.t.Context()
	n.block(n.people["blocked"].account.ID, true)
	revoked := n.people["revoked"]
	tokens, err := n.cat.Tokens(ctx, revoked.account.ID)
	must(n.t, err)
	must(n.t, n.cat.RevokeToken(ctx, revoked.account.ID, tokens[0].ID))
}

// clearUploads keeps everyone below the limit of open uploads.
func (n *node) clearUploads() {
	n.t.Helper()
	ctx := n.t.Context()
	for _, name := range who {
		open, err := n.cat.UploadsOf(ctx, n.people[name].account.ID)
		must(n.t, err)
		for _, u := range open {
			must(n.t, n.cat.DeleteUpload(ctx, u.ID))
		}
	}
}

// TestMissingLooksLikeForbidden: what one may not see is answered byte for byte
// like what is not there.
func TestMissingLooksLikeForbidden(t *testing.T) {
	n := newNode(t)
	owner, other := n.join("owner", models.RoleCreator), n.join("other", models.RoleCreator)
	r := n.final(owner, models.Private)
	missing := models.NewTID(n.clock.now())
	for _, path := range []string{"/releases/%s", "/releases/%s/events", "/releases/%s/live/master.m3u8"} {
		for _, as := range []*person{nil, &other} {
			got := n.get(apiPath+fmt.Sprintf(path, r.ID), as)
			want := n.get(apiPath+fmt.Sprintf(path, missing), as)
			for _, h := range []string{"Date"} {
				got.Header.Del(h)
				want.Header.Del(h)
			}
			if a, b := fmt.Sprint(got.StatusCode, got.Header, text(t, got)), fmt.Sprint(want.StatusCode, want.Header, text(t, want)); a != b {
				t.Errorf("%s tells a private release from none:\n%s\n%s", path, a, b)
			}
		}
	}
}
