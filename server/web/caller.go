package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"runnel/models"
)

// Caller is who a request acts for. The zero value is a visitor.
type Caller struct {
	Account models.Account // ID 0: a visitor
	Scope   models.Scope   // what a token allows; ScopeAll for a session
	cookie  bool           // came by a session cookie, which a browser attaches by itself
	session string         // the session's secret, to end it
	cookies cookies        // the session cookie's form where the request came to
}

func (c Caller) signedIn() bool { return c.Account.ID != 0 }

// is reports whether the caller has at least the role r.
func (c Caller) is(r models.Role) bool { return c.signedIn() && c.Account.Role.AtLeast(r) }

type callerKey struct{}

func callerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// tokenPrefix marks our bearer tokens, so that scanners of leaked secrets and
// people recognise them.
const tokenPrefix = "rnl_"

// identify finds out who is calling. A bearer token that is not good is refused
// on every route, so that a program notices at once; a session that is not good
// is a visitor.
func (s *Server) identify(c *gin.Context) {
	caller, err := s.caller(c.Request)
	caller.cookies = cookiesAt(s.public, c.Request)
	if err == nil {
		err = s.sameOrigin(c.Request, caller)
	}
	if err == nil {
		err = caller.mayUse(c.Request.Method, c.FullPath())
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), callerKey{}, caller))
	c.Next()
}

func (s *Server) caller(r *http.Request) (Caller, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		return s.bearer(r.Context(), h)
	}
	secret := cookiesAt(s.public, r).secret(r)
	if secret == "" {
		return Caller{}, nil
	}
	account, err := s.deps.Sessions.AccountBySession(r.Context(), secret)
	if errors.Is(err, models.ErrNotFound) || err == nil && account.Blocked {
		return Caller{}, nil
	}
	if err != nil {
		return Caller{}, err
	}
	return Caller{Account: account, Scope: models.ScopeAll, cookie: true, session: secret}, nil
}

func (s *Server) bearer(ctx context.Context, header string) (Caller, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return Caller{}, errBadToken()
	}
	account, token, err := s.deps.Tokens.AccountByToken(ctx, secret)
	if errors.Is(err, models.ErrNotFound) || err == nil && account.Blocked {
		return Caller{}, errBadToken()
	}
	if err != nil {
		return Caller{}, err
	}
	return Caller{Account: account, Scope: token.Scope}, nil
}

func errBadToken() *Problem {
	return NewProblem(http.StatusUnauthorized, "bad_token", "The token is not valid, has expired or was revoked.")
}

// mayUse holds a token to its scope: read only reads, upload also uploads.
func (c Caller) mayUse(method, route string) error {
	safe := method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
	if !c.signedIn() || c.Scope == models.ScopeAll || safe {
		return nil
	}
	if c.Scope == models.ScopeUpload && strings.HasPrefix(route, uploadsPath) {
		return nil
	}
	return errForbidden("scope", "This token's scope does not allow it.")
}

// sameOrigin refuses what another site makes a browser send with our cookie
// (cross-site request forgery). A browser says where a request comes from; with
// a cookie and no word of that, it is refused too. Programs use tokens.
func (s *Server) sameOrigin(r *http.Request, caller Caller) error {
	if r.Header.Get("Authorization") != "" {
		return nil
	}
	err := s.crossOrigin.Check(r)
	silent := r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == ""
	if err == nil && caller.cookie && silent && !isSafe(r.Method) {
		err = errors.New("no origin")
	}
	if err != nil {
		return errForbidden("cross_origin", "This request came from another site.")
	}
	return nil
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// need returns the caller if it has at least the role; else 401 for a visitor
// and 403 for anyone else.
func need(ctx context.Context, r models.Role) (Caller, error) {
	c := callerOf(ctx)
	switch {
	case !c.signedIn():
		return c, errSignIn()
	case !c.is(r):
		return c, errForbidden("role", "Your account may not do this; it takes a "+string(r)+".")
	}
	return c, nil
}
