package web

import (
	"context"
	"strconv"

	"runnel/models"
)

type reportRequest struct {
	ClientAddr
	ID   string `path:"id"`
	Body struct {
		Reason string `json:"reason" enum:"copyright,minors,sexual,violence,hate,harassment,privacy,illegal,spam,other"`
		Text   string `json:"text,omitempty" maxLength:"2000" doc:"What moderators should know; needed where the reason is other."`
	}
}

type reportAnswer struct {
	Body struct {
		ID int64 `json:"id"`
	}
}

// report takes anybody's word that moderators should look at a release. An
// account reports one once while that is open, an address once a day; nothing is
// kept of a visitor.
func (s *Server) report(ctx context.Context, in *reportRequest) (*reportAnswer, error) {
	r, err := s.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	if c.owns(&r) {
		return nil, errForbidden("own_release", "This is your own release: edit or delete it.")
	}
	giveBack, err := s.mayReport(ctx, c, origin(in.ip), r.ID)
	if err != nil {
		return nil, err
	}
	kept, err := s.deps.Reports.Report(ctx, models.Report{
		ReleaseID: r.ID, AccountID: c.Account.ID, Reason: models.ReportReason(in.Body.Reason), Text: in.Body.Text,
	})
	if err != nil {
		giveBack()
		return nil, err
	}
	out := &reportAnswer{}
	out.Body.ID = kept.ID
	return out, nil
}

// mayReport counts a report before it is made, so that parallel ones cannot slip
// past. giveBack undoes that.
func (s *Server) mayReport(ctx context.Context, c Caller, here, release string) (giveBack func(), err error) {
	who := here
	if c.signedIn() {
		who = "account " + strconv.FormatInt(c.Account.ID, 10)
	}
	if wait, ok := s.reports.take(ctx, who); !ok {
		return nil, errTooMany(wait, "You have reported a lot. Try again later.")
	}
	if c.signedIn() {
		return func() { s.reports.giveBack(ctx, who) }, nil
	}
	once := here + "\x00" + release
	if _, ok := s.reported.take(ctx, once); !ok {
		s.reports.giveBack(ctx, who)
		return nil, problemOf(models.NewFault(models.ErrExists, "reported_already", "This was reported from your address already. The moderators will look at it."))
	}
	return func() {
		s.reports.giveBack(ctx, who)
		s.reported.giveBack(ctx, once)
	}, nil
}
