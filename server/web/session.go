package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"runnel/models"
)

// AccountView is an account as its owner sees it.
type AccountView struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Role string `json:"role" enum:"listener,creator,moderator,admin"`
}

// ChannelView is a channel of the account.
type ChannelView struct {
	ID     string `json:"id" doc:"k51… name."`
	Name   string `json:"name"`
	Handle string `json:"handle"`
}

type signInRequest struct {
	ClientAddr
	Body struct {
		Name     string `json:"name" maxLength:"200"`
		Password string `json:"password" maxLength:"4096"`
	}
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Account AccountView `json:"account"`
	}
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type me struct {
	Body struct {
		Account  AccountView   `json:"account"`
		Channels []ChannelView `json:"channels"`
	}
}

// ClientAddr is the address a request came from, as far as proxies are trusted.
type ClientAddr struct{ ip string }

// Resolve reads the address before the operation runs.
func (c *ClientAddr) Resolve(ctx huma.Context) []error {
	c.ip = humagin.Unwrap(ctx).ClientIP()
	return nil
}

func (s *Server) registerAccounts() {
	register(s, op("sign-in", http.MethodPost, "/sessions", "Sign in", http.StatusCreated), s.signIn)
	register(s, op("sign-out", http.MethodDelete, "/sessions/current", "Sign out", http.StatusNoContent), s.signOut)
	register(s, op("who-am-i", http.MethodGet, "/me", "The account that is signed in", http.StatusOK), s.me)
	register(s, op("set-up", http.MethodPost, "/setup", "Set a password with a one-time link and sign in", http.StatusOK), s.setUp)
}

// signIn checks name and password. An unknown name, a blocked account and an
// account without a password cost as much time as a wrong password and get the
// same answer. Attempts are counted before they are tried, so that parallel
// guesses cannot slip past the limit.
func (s *Server) signIn(ctx context.Context, in *signInRequest) (*signedIn, error) {
	name := foldName(in.Body.Name) // one count for all spellings of a name
	here := origin(in.ip)
	pair := name + "\x00" + here
	if wait, ok := s.strangers.take(ctx, here); !ok {
		return nil, errTooMany(wait, "Too many attempts from your address.")
	}
	if wait, ok := s.signIns.take(ctx, pair); !ok {
		return nil, errTooMany(wait, "Too many attempts for this account.")
	}
	account, err := s.deps.Accounts.AccountByName(ctx, name)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return nil, err
	}
	hash := account.PasswordHash
	if err != nil || account.Blocked || len(in.Body.Password) > maxPassword {
		hash, in.Body.Password = "", ""
	}
	ok, err := s.passwords.match(ctx, in.Body.Password, hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, NewProblem(http.StatusUnauthorized, "bad_credentials", "Name or password is wrong.")
	}
	s.strangers.giveBack(ctx, here)
	s.signIns.giveBack(ctx, pair)
	return s.begin(ctx, account)
}

// begin starts a session and hands out its cookie.
func (s *Server) begin(ctx context.Context, account models.Account) (*signedIn, error) {
	if account.Waiting {
		return nil, errWaiting()
	}
	secret, err := s.deps.Sessions.CreateSession(ctx, account.ID, sessionLife)
	if err != nil {
		return nil, err
	}
	out := &signedIn{SetCookie: callerOf(ctx).cookies.set(secret)}
	out.Body.Account = accountView(account)
	return out, nil
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*signedOut, error) {
	c := callerOf(ctx)
	if !c.signedIn() {
		return nil, errSignIn()
	}
	if c.cookie {
		if err := s.deps.Sessions.DeleteSession(ctx, c.session); err != nil && !errors.Is(err, models.ErrNotFound) {
			return nil, err
		}
	}
	return &signedOut{SetCookie: c.cookies.clear()}, nil
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*me, error) {
	c := callerOf(ctx)
	if !c.signedIn() {
		return nil, errSignIn()
	}
	channels, err := s.deps.Accounts.ChannelsOf(ctx, c.Account.ID)
	if err != nil {
		return nil, err
	}
	out := &me{}
	out.Body.Account = accountView(c.Account)
	out.Body.Channels = make([]ChannelView, len(channels))
	for i, ch := range channels {
		out.Body.Channels[i] = ChannelView{ID: ch.ID, Name: ch.Name, Handle: ch.Handle}
	}
	return out, nil
}

func accountView(a models.Account) AccountView {
	return AccountView{ID: a.ID, Name: a.Name, Role: string(a.Role)}
}
