package web

import (
	"context"
	"net/http"

	"runnel/models"
	"runnel/models/catalog"
)

// Share is what an account has, and may have.
type Share struct {
	Used struct {
		Bytes     int64 `json:"bytes" doc:"All of them."`
		Published int64 `json:"published" doc:"Files of published releases."`
		Earlier   int64 `json:"earlier" doc:"What only their earlier versions hold."`
		Originals int64 `json:"originals" doc:"Files as they were uploaded."`
		Uploads   int64 `json:"uploads" doc:"Uploads on their way, as long as they will be."`
		Working   int64 `json:"working" doc:"What has been made of those that are being prepared."`
		Releases  int   `json:"releases"`
		Open      int   `json:"open" doc:"Uploads on their way."`
		Jobs      int   `json:"jobs" doc:"Files that are being prepared."`
	} `json:"used"`
	Limits AccountLimits `json:"limits" doc:"In force; 0: no limit."`
}

// AccountLimits are the limits of an account.
type AccountLimits struct {
	Bytes    int64 `json:"bytes"`
	Releases int   `json:"releases"`
	Uploads  int   `json:"uploads"`
	Jobs     int   `json:"jobs"`
}

// OwnLimits are those that stand in place of the node's defaults.
type OwnLimits struct {
	Bytes    *int64 `json:"bytes" minimum:"0" nullable:"true" doc:"0: no limit; null: the node's default."`
	Releases *int64 `json:"releases" minimum:"0" nullable:"true"`
	Uploads  *int64 `json:"uploads" minimum:"0" nullable:"true"`
	Jobs     *int64 `json:"jobs" minimum:"0" nullable:"true"`
}

type (
	shareAnswer struct{ Body Share }
	accountName struct {
		Name string `path:"name" maxLength:"64"`
	}
	accountShare struct {
		Body struct {
			Share
			Own OwnLimits `json:"own" doc:"What was set for this account."`
		}
	}
	limitsRequest struct {
		Name string `path:"name" maxLength:"64"`
		Body OwnLimits
	}
)

func (s *Server) registerLimits() {
	register(s, op("my-storage", http.MethodGet, "/me/storage", "What you have here, and may have", http.StatusOK), s.myShare)
	register(s, op("account-limits", http.MethodGet, "/accounts/{name}/limits", "What an account has, and may have", http.StatusOK), s.accountShare)
	register(s, op("set-account-limits", http.MethodPut, "/accounts/{name}/limits", "Give an account limits of its own", http.StatusOK), s.setLimits)
}

func (s *Server) myShare(ctx context.Context, _ *struct{}) (*shareAnswer, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	share, _, err := s.share(ctx, c.Account.ID)
	return &shareAnswer{Body: share}, err
}

func (s *Server) share(ctx context.Context, account int64) (v Share, own catalog.OwnLimits, err error) {
	limits, own, err := s.deps.Limits.Limits(ctx, account)
	if err != nil {
		return v, own, err
	}
	u, err := s.deps.Limits.AccountUsage(ctx, account)
	v.Used.Bytes, v.Used.Published, v.Used.Earlier, v.Used.Originals = u.Bytes(), u.Published, u.Earlier, u.Originals
	v.Used.Uploads, v.Used.Working, v.Used.Releases, v.Used.Open, v.Used.Jobs = u.Uploads, u.Working, u.Releases, u.Open, u.Jobs
	v.Limits = AccountLimits(limits)
	return v, own, err
}

func (s *Server) accountShare(ctx context.Context, in *accountName) (*accountShare, error) {
	account, err := s.managed(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	out := &accountShare{}
	var own catalog.OwnLimits
	out.Body.Share, own, err = s.share(ctx, account.ID)
	out.Body.Own = OwnLimits(own)
	return out, err
}

func (s *Server) setLimits(ctx context.Context, in *limitsRequest) (*accountShare, error) {
	account, err := s.managed(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if err := s.deps.Limits.SetLimits(ctx, account.ID, catalog.OwnLimits(in.Body)); err != nil {
		return nil, err
	}
	return s.accountShare(ctx, &accountName{Name: in.Name})
}

// managed reads an account for an administrator.
func (s *Server) managed(ctx context.Context, name string) (models.Account, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return models.Account{}, err
	}
	return s.deps.Limits.AccountByName(ctx, name)
}
