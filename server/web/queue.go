package web

import (
	"context"
	"time"

	"runnel/models"
	"runnel/models/catalog"
)

// ReportView is a report as moderators read it.
type ReportView struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	Reason   string    `json:"reason" enum:"copyright,minors,sexual,violence,hate,harassment,privacy,illegal,spam,other"`
	Text     string    `json:"text"`
	Reporter string    `json:"reporter" doc:"Name of the account; empty: a visitor."`
}

// CaseView is a release that waits for a moderator.
type CaseView struct {
	Release        Release      `json:"release"`
	Kind           string       `json:"kind" enum:"report,appeal,review,new"`
	OpenedAt       time.Time    `json:"openedAt"`
	Seen           int64        `json:"seen" doc:"Goes into the decision: the newest entry of its trail."`
	Account        int64        `json:"account" doc:"Whose it is; 0: of another node."`
	AccountName    string       `json:"accountName"`
	ChannelBlocked bool         `json:"channelBlocked"`
	Reports        []ReportView `json:"reports" doc:"The open ones, oldest first; at most 20."`
	ReportCount    int          `json:"reportCount"`
	Decision       *Entry       `json:"decision" doc:"What gave it the standing it has; null: nothing did."`
	Appeal         *Entry       `json:"appeal" doc:"The creator's answer, where one waits; else null."`
}

type queueQuery struct {
	Kind   string `query:"kind" enum:"report,appeal,review,new" doc:"Default: all; reports and appeals first."`
	Cursor string `query:"cursor" maxLength:"400" doc:"From the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

type caseList struct {
	Body struct {
		Items  []CaseView     `json:"items"`
		Next   string         `json:"next" doc:"Cursor of the next page; empty at the end."`
		Counts map[string]int `json:"counts" doc:"How many wait, by kind."`
	}
}

// queue tells what waits, with all that a moderator decides by.
func (s *Server) queue(ctx context.Context, in *queueQuery) (*caseList, error) {
	c, err := need(ctx, models.RoleModerator)
	if err != nil {
		return nil, err
	}
	cursor, err := s.seal.openCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, next, err := s.deps.Queue.Cases(ctx, catalog.CaseFilter{Kind: models.CaseKind(in.Kind), Cursor: cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	counts, err := s.deps.Queue.CountCases(ctx)
	if err != nil {
		return nil, err
	}
	out := &caseList{}
	out.Body.Items, out.Body.Next = make([]CaseView, len(page)), s.seal.sealCursor(next)
	out.Body.Counts = map[string]int{}
	for kind, n := range counts {
		out.Body.Counts[string(kind)] = n
	}
	now := s.cfg.Now()
	for i := range page {
		if out.Body.Items[i], err = s.caseView(ctx, c, &page[i], now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) caseView(ctx context.Context, c Caller, k *models.Case, now time.Time) (CaseView, error) {
	v := CaseView{
		Release: s.view(c, &k.Release, now), Kind: string(k.Kind), OpenedAt: k.OpenedAt.UTC(), Account: k.Release.AccountID,
		ChannelBlocked: k.Blocked, Reports: make([]ReportView, len(k.Reports)), ReportCount: k.Count,
	}
	for i, r := range k.Reports {
		v.Reports[i] = ReportView{ID: r.ID, At: r.CreatedAt.UTC(), Reason: string(r.Reason), Text: r.Text, Reporter: r.Reporter}
	}
	if k.Last != nil {
		v.Seen = k.Last.ID
		if last := entryOf(*k.Last); k.Last.Action == models.ActionAppeal {
			v.Appeal = &last
		}
	}
	if k.Decision != nil {
		word := entryOf(*k.Decision)
		v.Decision = &word
	}
	if v.Account == 0 {
		return v, nil
	}
	account, err := s.deps.Accounts.Account(ctx, v.Account)
	v.AccountName = account.Name
	return v, err
}
