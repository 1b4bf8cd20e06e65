package web

import (
	"context"

	"runnel/ingest/spool"
	"runnel/models"
)

type standingRequest struct {
	ID   string `path:"id"`
	Body struct {
		Standing string `json:"standing" enum:"good,hidden,taken_down"`
		Reason   string `json:"reason,omitempty" maxLength:"500" doc:"Shown to whoever asks for what is taken down."`
	}
}

// setStanding lets moderators say anything of others' releases, and creators take
// their own down and bring it back, as long as it was not a moderator who did.
func (s *Server) setStanding(ctx context.Context, in *standingRequest) (*releaseAnswer, error) {
	// Read before the release: what is decided meanwhile is then not overruled.
	last, err := s.lastEntry(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	r, err := s.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	if err := c.mayStand(&r, models.Standing(in.Body.Standing)); err != nil {
		return nil, err
	}
	reason := spool.CleanText(in.Body.Reason, maxStandingReason)
	if c.owns(&r) && !c.is(models.RoleAdmin) && in.Body.Standing == string(models.StandingTakenDown) {
		reason = byCreator
	}
	if in.Body.Standing == string(models.StandingGood) {
		reason = ""
	}
	if err := s.deps.Desk.SetStanding(ctx, in.ID, models.Standing(in.Body.Standing), reason, c.Account.ID, last); err != nil {
		return nil, err
	}
	return s.again(ctx, in.ID)
}

func (s *Server) lastEntry(ctx context.Context, id string) (int64, error) {
	if !models.ValidTID(id) {
		return 0, models.ErrNotFound
	}
	return s.deps.Trail.LastEntry(ctx, id)
}

// maxStandingReason is the longest reason of a decision, in characters.
const maxStandingReason = 500

// byCreator is the reason of a release that its own creator took down, and how
// it is told from a moderator's word, which a creator cannot undo.
const byCreator = "Withdrawn by its creator."

func (c Caller) mayStand(r *models.Release, want models.Standing) error {
	switch {
	case !c.signedIn():
		return errSignIn()
	case c.is(models.RoleAdmin), c.is(models.RoleModerator) && !c.owns(r):
		return nil
	case !c.owns(r) || !c.is(models.RoleCreator):
		return errForbidden("role", "Only moderators, and the creator of a release, may do this.")
	case want == models.StandingHidden:
		return errForbidden("role", "Only moderators may hide a release; you may take it down or make it private.")
	case r.Standing == models.StandingGood:
		return nil
	case r.Standing == models.StandingTakenDown && r.StandingReason == byCreator:
		return nil
	}
	return errForbidden("moderated", "A moderator has decided on this release.")
}
