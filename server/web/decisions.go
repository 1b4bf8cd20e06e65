package web

import (
	"context"
	"time"

	"runnel/models"
)

// Word is an entry of a release's trail as its creator reads it: without the
// moderators' names.
type Word struct {
	ID         int64     `json:"id"`
	At         time.Time `json:"at"`
	By         string    `json:"by" enum:"moderator,creator"`
	Action     string    `json:"action" enum:"hide,take_down,restore,approve,review,dismiss,undo,withdraw,appeal,block_channel,unblock_channel"`
	Reason     string    `json:"reason"`
	Answers    int64     `json:"answers" doc:"The decision that an appeal answers; else 0."`
	Answerable bool      `json:"answerable" doc:"Whether the creator may answer it, once, with an appeal."`
}

type wordList struct {
	Body struct {
		Items []Word `json:"items" doc:"Newest first."`
	}
}

// decisions tells a creator what was decided on their release, and why.
func (s *Server) decisions(ctx context.Context, in *releasePath) (*wordList, error) {
	r, err := s.ownOrModerated(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	trail, err := s.deps.Trail.TrailOf(ctx, r.ID, r.ChannelID)
	if err != nil {
		return nil, err
	}
	out := &wordList{}
	out.Body.Items = words(trail, &r)
	return out, nil
}

// words tells a trail to a creator.
func words(trail []models.TrailEntry, r *models.Release) []Word {
	answered := map[int64]bool{}
	for _, e := range trail {
		if e.Action == models.ActionAppeal {
			answered[e.Refers] = true
		}
	}
	out, newest := []Word{}, true
	for _, e := range trail {
		if quiet(e) {
			continue
		}
		w := Word{ID: e.ID, At: e.CreatedAt.UTC(), By: "moderator", Action: string(e.Action), Reason: e.Reason}
		if e.By == r.AccountID {
			w.By = "creator"
		}
		if e.Action == models.ActionAppeal {
			w.Answers = e.Refers
		}
		if e.Standing != "" && newest {
			newest = false
			w.Answerable = w.By == "moderator" && !answered[e.ID] && (e.Action == models.ActionHide || e.Action == models.ActionTakeDown)
		}
		out = append(out, w)
	}
	return out
}

// quiet reports whether an entry is about reports alone, of which a creator is
// not told.
func quiet(e models.TrailEntry) bool {
	switch e.Action {
	case models.ActionDismiss:
		return e.Answers != models.CaseAppeal
	case models.ActionApprove:
		return e.Was == models.StandingGood
	case models.ActionUndo:
		return e.Standing == "" || e.Standing == e.Was
	}
	return false
}

type appealRequest struct {
	ID   string `path:"id"`
	Body struct {
		Decision int64  `json:"decision" doc:"Id of the decision that is answered: the newest, and one that hid the release or took it down."`
		Text     string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type wordAnswer struct{ Body Word }

// appeal takes a creator's one answer to a decision, which has it looked at again.
func (s *Server) appeal(ctx context.Context, in *appealRequest) (*wordAnswer, error) {
	r, err := s.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	switch {
	case !c.signedIn():
		return nil, errSignIn()
	case !c.owns(&r):
		return nil, errForbidden("not_yours", "Only its creator may answer.")
	}
	entry, err := s.deps.Reports.Appeal(ctx, r.ID, in.Body.Decision, in.Body.Text, c.Account.ID)
	if err != nil {
		return nil, err
	}
	return &wordAnswer{Body: words([]models.TrailEntry{entry}, &r)[0]}, nil
}

// ownOrModerated reads a release that the caller owns or moderates.
func (s *Server) ownOrModerated(ctx context.Context, id string) (models.Release, error) {
	r, err := s.seen(ctx, id)
	c := callerOf(ctx)
	switch {
	case err != nil:
		return r, err
	case !c.signedIn():
		return r, errSignIn()
	case !c.owns(&r) && !c.is(models.RoleModerator):
		return r, errForbidden("not_yours", "Only its creator and moderators may read this.")
	}
	return r, nil
}
