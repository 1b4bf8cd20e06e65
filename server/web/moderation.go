package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"runnel/ingest/spool"
	"runnel/models"
	"runnel/models/catalog"
)

func (s *Server) registerModeration() {
	register(s, op("report-release", http.MethodPost, "/releases/{id}/reports", "Report a release to the moderators", http.StatusCreated), s.report)
	register(s, op("list-decisions", http.MethodGet, "/releases/{id}/decisions", "What was decided on a release", http.StatusOK), s.decisions)
	register(s, op("appeal", http.MethodPost, "/releases/{id}/appeals", "Answer a decision, once", http.StatusCreated), s.appeal)
	register(s, op("list-lookalikes", http.MethodGet, "/releases/{id}/lookalikes", "What was taken down and resembles a release", http.StatusOK), s.lookalikes)
	register(s, op("moderation-queue", http.MethodGet, "/moderation/queue", "What waits for moderators", http.StatusOK), s.queue)
	register(s, op("moderation-trail", http.MethodGet, "/moderation/trail", "Everything that was decided, newest first", http.StatusOK), s.trail)
	register(s, op("decide", http.MethodPost, "/moderation/decisions", "Decide on a release, an account or a channel", http.StatusCreated), s.decide)
	register(s, op("about", http.MethodGet, "/about", "Who runs this node, and by which rules", http.StatusOK), s.about)
}

// Entry is a line of the moderation trail.
type Entry struct {
	ID          int64     `json:"id"`
	At          time.Time `json:"at"`
	By          string    `json:"by" doc:"Name of the account that acted; empty: gone."`
	Action      string    `json:"action" enum:"hide,take_down,restore,approve,review,dismiss,undo,withdraw,appeal,block_account,unblock_account,block_channel,unblock_channel"`
	Release     string    `json:"release" doc:"Empty where it is about an account or a channel."`
	Title       string    `json:"title" doc:"Of the release; empty where that is gone."`
	Channel     string    `json:"channel"`
	ChannelName string    `json:"channelName"`
	Account     int64     `json:"account" doc:"Whom it is about; 0: nobody."`
	AccountName string    `json:"accountName"`
	Standing    string    `json:"standing" doc:"Of the release afterwards; empty where nothing changed."`
	Reason      string    `json:"reason"`
	Refers      int64     `json:"refers" doc:"The entry that was answered or undone; 0: none."`
}

func entryOf(e models.TrailEntry) Entry {
	return Entry{ID: e.ID, At: e.CreatedAt.UTC(), By: e.ByName, Action: string(e.Action), Release: e.ReleaseID, Title: e.Title,
		Channel: e.ChannelID, ChannelName: e.Channel, Account: e.AccountID, AccountName: e.Account,
		Standing: string(e.Standing), Reason: e.Reason, Refers: e.Refers}
}

type trailQuery struct {
	Release string `query:"release" maxLength:"13" doc:"Only of this release."`
	Channel string `query:"channel" maxLength:"100" doc:"Only about this channel."`
	Account int64  `query:"account" minimum:"0" doc:"Only about this account."`
	Cursor  string `query:"cursor" maxLength:"400" doc:"From the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type entryList struct {
	Body struct {
		Items []Entry `json:"items"`
		Next  string  `json:"next" doc:"Cursor of the next page; empty at the end."`
	}
}

func (s *Server) trail(ctx context.Context, in *trailQuery) (*entryList, error) {
	if _, err := need(ctx, models.RoleModerator); err != nil {
		return nil, err
	}
	cursor, err := s.seal.openCursor(in.Cursor)
	if err == nil && !(isKey(in.Release) && isKey(in.Channel)) {
		err = errInvalid("bad_query", "The query names what cannot be here.")
	}
	if err != nil {
		return nil, err
	}
	page, next, err := s.deps.Trail.Trail(ctx, catalog.TrailFilter{
		ReleaseID: in.Release, ChannelID: in.Channel, AccountID: in.Account, Cursor: cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &entryList{}
	out.Body.Items, out.Body.Next = make([]Entry, len(page)), s.seal.sealCursor(next)
	for i, e := range page {
		out.Body.Items[i] = entryOf(e)
	}
	return out, nil
}

type decisionRequest struct {
	Body struct {
		Action  string `json:"action" enum:"hide,take_down,restore,dismiss,undo,block_account,unblock_account,block_channel,unblock_channel" doc:"restore also approves what is in review; dismiss answers what waits and changes nothing; undo takes the newest decision on the release back."`
		Release string `json:"release,omitempty" maxLength:"13"`
		Channel string `json:"channel,omitempty" maxLength:"100"`
		Account int64  `json:"account,omitempty" minimum:"1"`
		Reason  string `json:"reason,omitempty" maxLength:"500" doc:"Shown to the creator and where the release was; needed to take down and to block."`
		Seen    int64  `json:"seen,omitempty" minimum:"0" doc:"Of a release: the newest trail entry that was seen, as the queue tells it. 409 where somebody has decided since."`
	}
}

type decisionAnswer struct{ Body Entry }

// decide carries out a moderator's word.
func (s *Server) decide(ctx context.Context, in *decisionRequest) (*decisionAnswer, error) {
	c, err := need(ctx, models.RoleModerator)
	if err != nil {
		return nil, err
	}
	d := models.Decision{
		Action: models.Action(in.Body.Action), ReleaseID: in.Body.Release, ChannelID: in.Body.Channel, AccountID: in.Body.Account,
		Reason: spool.CleanText(in.Body.Reason, maxStandingReason), By: c.Account.ID, Seen: in.Body.Seen,
	}
	if err := s.mayDecide(ctx, c, &d); err != nil {
		return nil, err
	}
	entry, err := s.deps.Moderators.Decide(ctx, d)
	if err != nil {
		return nil, err
	}
	return &decisionAnswer{Body: entryOf(entry)}, nil
}

// mayDecide keeps moderators from deciding on themselves and on each other, and
// leaves in the decision only the one thing that it is about.
func (s *Server) mayDecide(ctx context.Context, c Caller, d *models.Decision) error {
	_, blocks := d.Action.Blocks()
	if d.Reason == "" && (blocks || d.Action == models.ActionTakeDown) {
		return errInvalid("reason_needed", "Say why: the creator reads it.")
	}
	switch d.Action {
	case models.ActionBlockAccount, models.ActionUnblockAccount:
		d.ReleaseID, d.ChannelID = "", ""
		return s.mayBlock(ctx, c, d.AccountID)
	case models.ActionBlockChannel, models.ActionUnblockChannel:
		d.ReleaseID, d.AccountID = "", 0
		if !isKey(d.ChannelID) {
			return models.ErrNotFound
		}
		channel, err := s.deps.Accounts.Channel(ctx, d.ChannelID)
		if err != nil || channel.AccountID == 0 {
			return err
		}
		return s.mayBlock(ctx, c, channel.AccountID)
	}
	d.ChannelID, d.AccountID = "", 0
	r, err := s.seen(ctx, d.ReleaseID)
	if err == nil && c.owns(&r) && !c.is(models.RoleAdmin) {
		err = errForbidden("own_release", "This is your own release: another moderator decides on it.")
	}
	return err
}

// mayBlock says whether the caller may block an account, or let it in.
func (s *Server) mayBlock(ctx context.Context, c Caller, account int64) error {
	whom, err := s.deps.Accounts.Account(ctx, account)
	switch {
	case err != nil:
		return err
	case whom.ID == c.Account.ID:
		return errForbidden("yourself", "You cannot block yourself.")
	case whom.Role.AtLeast(models.RoleModerator) && !c.is(models.RoleAdmin):
		return errForbidden("role", "Only an administrator may block a moderator.")
	}
	return nil
}

// isKey reports whether a text can name a release or a channel; an empty one
// names none.
func isKey(text string) bool {
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
