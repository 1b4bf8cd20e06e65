package web

import (
	"context"
	"errors"
	"net/http"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"runnel/ingest/spool"
	"runnel/models"
)

type setUpRequest struct {
	ClientAddr
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"From the one-time link."`
		Name     string `json:"name,omitempty" maxLength:"200" doc:"What the channel is to be called; the first time only."`
		Password string `json:"password" maxLength:"4096"`
	}
}

type setUpDone struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Account     AccountView `json:"account"`
		RecoveryKey string      `json:"recoveryKey,omitempty" doc:"The channel's recovery key, shown the first time only."`
	}
}

// setUp redeems a one-time link. Guesses are limited like sign-ins.
func (s *Server) setUp(ctx context.Context, in *setUpRequest) (*setUpDone, error) {
	here := origin(in.ip)
	if wait, ok := s.signIns.take(ctx, "setup\x00"+here); !ok {
		return nil, errTooMany(wait, "Too many attempts from your address.")
	}
	if err := checkPassword(in.Body.Password); err != nil {
		return nil, err
	}
	before, err := s.deps.Setup.SetupLink(ctx, in.Body.Token)
	if err != nil {
		return nil, linkProblem(err)
	}
	hash, err := s.passwords.hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	account, err := s.deps.Setup.ConsumeSetupLink(ctx, in.Body.Token, hash)
	if err != nil {
		return nil, linkProblem(err)
	}
	s.signIns.giveBack(ctx, "setup\x00"+here)
	out := &setUpDone{}
	if before.PasswordHash == "" {
		if out.Body.RecoveryKey, err = s.firstTime(ctx, account, in.Body.Name); err != nil {
			return nil, err
		}
	}
	session, err := s.begin(ctx, account)
	if err != nil {
		return nil, err
	}
	out.SetCookie, out.Body.Account = session.SetCookie, session.Body.Account
	return out, nil
}

func linkProblem(err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return NewProblem(http.StatusUnauthorized, "bad_link", "This link is not valid any more. Ask for a new one.")
	}
	return err
}

// firstTime names the channel and makes the recovery key that its owner has not
// seen yet.
func (s *Server) firstTime(ctx context.Context, account models.Account, name string) (recoveryKey string, err error) {
	channels, err := s.deps.Accounts.ChannelsOf(ctx, account.ID)
	if err != nil || len(channels) == 0 {
		return "", err
	}
	if name = spool.CleanText(name, 200); name != "" {
		if err := s.deps.Setup.RenameChannel(ctx, channels[0].ID, name); err != nil {
			return "", err
		}
	}
	return s.deps.Setup.RenewRecovery(ctx, channels[0].ID)
}

// foldName brings the spellings of a name together for the limits; the
// catalogue has its own, stricter rule for what is a name.
func foldName(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}
