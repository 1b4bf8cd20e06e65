package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"runnel/models"
	"runnel/models/catalog"
)

// Registration says whether people make accounts by themselves.
type Registration string

// The kinds of registration.
const (
	RegistrationOff      Registration = "off"
	RegistrationOpen     Registration = "open"
	RegistrationApproval Registration = "approval" // an administrator lets them in
)

// Valid reports whether r is one of them.
func (r Registration) Valid() bool {
	return r == RegistrationOff || r == RegistrationOpen || r == RegistrationApproval
}

// People are the accounts as administrators keep them.
type People interface {
	Register(ctx context.Context, name, passwordHash string, waiting bool) (models.Account, error)
	Accounts(ctx context.Context, f catalog.AccountFilter) ([]models.Account, error)
	Approve(ctx context.Context, id int64) error
	Refuse(ctx context.Context, id int64) error
	SetRole(ctx context.Context, id int64, role models.Role) (recoveryKey string, err error)
	CreateSetupLink(ctx context.Context, account int64, ttl time.Duration) (secret string, err error)
}

type registerRequest struct {
	ClientAddr
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"4096"`
	}
}

type registered struct {
	Status    int
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Account AccountView `json:"account"`
		Waiting bool        `json:"waiting" doc:"Whether an administrator has to let the account in first."`
	}
}

// registrations of one client an hour, waiting or not.
const registrationsAnHour = 10

// registerAccount makes a listener's account: 201 and signed in, or 202 when it waits.
func (s *Server) registerAccount(ctx context.Context, in *registerRequest) (*registered, error) {
	if s.cfg.Registration == RegistrationOff {
		return nil, errForbidden("registration_off", "This node makes accounts for people its operator knows. Ask there.")
	}
	if err := checkPassword(in.Body.Password); err != nil {
		return nil, err
	}
	if wait, ok := s.newcomers.take(ctx, origin(in.ip)); !ok {
		return nil, errTooMany(wait, "Too many accounts were asked for from your address.")
	}
	hash, err := s.passwords.hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	account, err := s.deps.People.Register(ctx, in.Body.Name, hash, s.cfg.Registration == RegistrationApproval)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	out := &registered{Status: http.StatusCreated}
	out.Body.Account, out.Body.Waiting = accountView(account), account.Waiting
	if account.Waiting {
		out.Status = http.StatusAccepted
		return out, nil
	}
	session, err := s.begin(ctx, account)
	if err != nil {
		return nil, err
	}
	out.SetCookie = []http.Cookie{session.SetCookie}
	return out, nil
}

// errWaiting is for who has shown the right password and is not let in yet.
func errWaiting() *Problem {
	return errForbidden("waiting", "Your account waits for an administrator of this node to let you in.")
}
