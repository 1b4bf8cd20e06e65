package web

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"runnel/models"
	"runnel/models/catalog"
)

type releaseQuery struct {
	Text    string `query:"q" maxLength:"500" doc:"Words to look for."`
	Kind    string `query:"kind" enum:"video,track"`
	Channel string `query:"channel" maxLength:"100" doc:"k51… name."`
	ListenerQuery
	Scope  string `query:"scope" enum:"public,mine,all" doc:"Default: what is listed for everyone, and your own. All is for moderators."`
	State  string `query:"state" enum:"uploading,queued,transcoding,final,failed,cancelled"`
	Cursor string `query:"cursor" maxLength:"400" doc:"From the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type releaseList struct {
	Body struct {
		Items []Release `json:"items"`
		Next  string    `json:"next" doc:"Cursor of the next page; empty at the end."`
	}
}

type releasePath struct {
	ID string `path:"id"`
}

type releaseAnswer struct{ Body Release }

func (s *Server) registerReleases() {
	list := op("list-releases", http.MethodGet, "/releases", "List and search releases", http.StatusOK)
	list.RejectUnknownQueryParameters = true
	register(s, list, s.listReleases)
	register(s, op("get-release", http.MethodGet, "/releases/{id}", "One release", http.StatusOK), s.getRelease)
	register(s, op("edit-release", http.MethodPatch, "/releases/{id}", "Change what people read of a release", http.StatusOK), s.editRelease)
	register(s, op("delete-release", http.MethodDelete, "/releases/{id}", "Delete a release", http.StatusNoContent), s.deleteRelease)
	register(s, op("cancel-release", http.MethodPost, "/releases/{id}/cancel", "Stop the work on a release", http.StatusOK), s.cancelRelease)
	register(s, op("retry-release", http.MethodPost, "/releases/{id}/retry", "Try a failed release again", http.StatusOK), s.retryRelease)
	register(s, op("set-standing", http.MethodPost, "/releases/{id}/standing", "Hide, take down or restore a release", http.StatusOK), s.setStanding)
}

func (s *Server) listReleases(ctx context.Context, in *releaseQuery) (*releaseList, error) {
	c := callerOf(ctx)
	q, err := s.query(c, in)
	if err != nil {
		return nil, err
	}
	page, next, err := s.deps.Releases.Releases(ctx, q)
	if err != nil {
		return nil, err
	}
	out := s.listOf(c, page, next)
	if q.Scope == catalog.ScopeMine {
		all := make([]*Release, len(page))
		for i := range page {
			all[i] = &out.Body.Items[i]
		}
		err = s.addReplacements(ctx, all)
	}
	return out, err
}

// listOf tells a page of releases to a caller.
func (s *Server) listOf(c Caller, page []models.Release, next string) *releaseList {
	out := &releaseList{}
	out.Body.Items, out.Body.Next = make([]Release, len(page)), s.seal.sealCursor(next)
	now := s.cfg.Now()
	for i := range page {
		out.Body.Items[i] = s.view(c, &page[i], now)
	}
	return out
}

func (s *Server) query(c Caller, in *releaseQuery) (f catalog.Filter, err error) {
	f = catalog.Filter{
		Query: strings.TrimSpace(in.Text), Kind: models.Kind(in.Kind), Channel: in.Channel,
		Viewer: c.Account.ID, Scope: catalog.Scope(in.Scope), Limit: in.Limit,
	}
	if in.State != "" {
		f.States = []models.State{models.State(in.State)}
	}
	if !utf8.ValidString(in.Text+in.Channel) || strings.ContainsRune(in.Text+in.Channel, 0) {
		return f, errInvalid("bad_query", "The query holds characters that are not text.")
	}
	switch {
	case f.Scope == catalog.ScopeMine && !c.signedIn():
		return f, errSignIn()
	case f.Scope == catalog.ScopeAll && !c.is(models.RoleModerator):
		return f, errForbidden("role", "Only moderators may list every release.")
	}
	if err := in.choose(c, &f); err != nil {
		return f, err
	}
	f.Cursor, err = s.seal.openCursor(in.Cursor)
	return f, err
}

func (s *Server) getRelease(ctx context.Context, in *releasePath) (*releaseAnswer, error) {
	r, err := s.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, &r)
}

// answer tells one release with its renditions.
func (s *Server) answer(ctx context.Context, r *models.Release) (*releaseAnswer, error) {
	renditions, err := s.deps.Releases.Renditions(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	v := s.view(callerOf(ctx), r, s.cfg.Now())
	v.Renditions = renditionDetails(renditions)
	if err := s.addReplacements(ctx, []*Release{&v}); err != nil {
		return nil, err
	}
	if v.Plays, err = s.deps.Plays.PlayCount(ctx, r.ID); err != nil {
		return nil, err
	}
	return &releaseAnswer{Body: v}, nil
}

// again reads a release after a change and tells it.
func (s *Server) again(ctx context.Context, id string) (*releaseAnswer, error) {
	r, err := s.deps.Releases.Release(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, &r)
}

func (s *Server) deleteRelease(ctx context.Context, in *releasePath) (*struct{}, error) {
	if _, err := s.changeable(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, s.deps.Desk.DeleteRelease(ctx, in.ID)
}

func (s *Server) cancelRelease(ctx context.Context, in *releasePath) (*releaseAnswer, error) {
	return s.steer(ctx, in.ID, s.deps.Jobs.CancelRelease)
}

func (s *Server) retryRelease(ctx context.Context, in *releasePath) (*releaseAnswer, error) {
	return s.steer(ctx, in.ID, s.deps.Jobs.RetryRelease)
}

func (s *Server) steer(ctx context.Context, id string, act func(context.Context, string) error) (*releaseAnswer, error) {
	if _, err := s.changeable(ctx, id); err != nil {
		return nil, err
	}
	if err := act(ctx, id); err != nil {
		return nil, err
	}
	return s.again(ctx, id)
}
