package web

import (
	"context"
	"errors"
	"net/http"

	"runnel/models"
)

// owns reports whether the release is the caller's own.
func (c Caller) owns(r *models.Release) bool {
	return c.signedIn() && r.AccountID == c.Account.ID
}

// published reports whether a release has come far enough, and is meant, for
// others than its owner. Its title is public from the moment its bytes are here;
// before that it is a draft.
func published(r *models.Release) bool {
	switch r.State {
	case models.StateQueued, models.StateTranscoding, models.StateFinal:
		return r.Visibility != models.Private
	}
	return false
}

// maySee says whether the caller may know of the release: nil, ErrNotFound, or
// 451 with the reason where what was public has been taken down.
func (c Caller) maySee(r *models.Release) error {
	switch {
	case c.owns(r), c.is(models.RoleModerator):
		return nil
	case !published(r):
		return models.ErrNotFound
	case r.Standing == models.StandingTakenDown:
		return errTakenDown(r.StandingReason)
	case r.Standing != models.StandingGood:
		return models.ErrNotFound
	}
	return nil
}

// mayWatch says whether the caller may have the release's bytes. What is taken
// down goes to nobody.
func (c Caller) mayWatch(r *models.Release) error {
	if err := c.maySee(r); err != nil {
		return err
	}
	if r.Standing == models.StandingTakenDown {
		return errTakenDown(r.StandingReason)
	}
	return nil
}

// mayChange says whether the caller may edit or delete the release. Who may see
// it and not change it is told so.
func (c Caller) mayChange(r *models.Release) error {
	switch err := c.maySee(r); {
	case err != nil:
		return err
	case !c.signedIn():
		return errSignIn()
	case r.AccountID == 0:
		return errForbidden("followed", "This was published on another node. It can be unpinned here, and moderators can hide it or take it down.")
	case c.owns(r) && c.is(models.RoleCreator), c.is(models.RoleAdmin):
		return nil
	}
	return errForbidden("not_yours", "Only its creator may change this release.")
}

// seen reads a release that the caller may see.
func (s *Server) seen(ctx context.Context, id string) (models.Release, error) {
	if !models.ValidTID(id) {
		return models.Release{}, models.ErrNotFound
	}
	r, err := s.deps.Releases.Release(ctx, id)
	if err == nil {
		err = callerOf(ctx).maySee(&r)
	}
	return r, err
}

// changeable reads a release that the caller may change.
func (s *Server) changeable(ctx context.Context, id string) (models.Release, error) {
	r, err := s.seen(ctx, id)
	if err == nil {
		err = callerOf(ctx).mayChange(&r)
	}
	return r, err
}

// audience is the caller that a media token was made for, as it stands now. A
// blocked or deleted account has no right left.
func (s *Server) audience(ctx context.Context, account int64) (Caller, error) {
	if account == 0 {
		return Caller{}, nil
	}
	a, err := s.deps.Accounts.Account(ctx, account)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return Caller{}, err
	}
	if err != nil || a.Blocked {
		return Caller{}, NewProblem(http.StatusNotFound, "not_found", errNotFound().Detail)
	}
	return Caller{Account: a, Scope: models.ScopeRead}, nil
}
