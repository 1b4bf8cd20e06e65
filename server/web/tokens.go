package web

import (
	"context"
	"net/http"
	"time"

	"runnel/models"
)

// TokenView is a token without its secret.
type TokenView struct {
	ID        string     `json:"id"`
	Label     string     `json:"label"`
	Scope     string     `json:"scope" enum:"all,upload,read"`
	CreatedAt time.Time  `json:"createdAt"`
	ExpiresAt *time.Time `json:"expiresAt" doc:"null: never."`
}

type tokenList struct {
	Body struct {
		Items []TokenView `json:"items"`
	}
}

type tokenRequest struct {
	Body struct {
		Label string `json:"label,omitempty" maxLength:"100" doc:"What it is for."`
		Scope string `json:"scope,omitempty" enum:"all,upload,read" default:"all"`
		Days  int    `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"How long it is good for; 0: until it is revoked."`
	}
}

type tokenMade struct {
	Body struct {
		ID    string `json:"id"`
		Token string `json:"token" doc:"Shown once."`
	}
}

type tokenPath struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *Server) registerTokens() {
	register(s, op("list-tokens", http.MethodGet, "/tokens", "Your tokens", http.StatusOK), s.listTokens)
	register(s, op("create-token", http.MethodPost, "/tokens", "Make a token for a program", http.StatusCreated), s.createToken)
	register(s, op("revoke-token", http.MethodDelete, "/tokens/{id}", "Revoke a token", http.StatusNoContent), s.revokeToken)
}

func (s *Server) listTokens(ctx context.Context, _ *struct{}) (*tokenList, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	tokens, err := s.deps.Tokens.Tokens(ctx, c.Account.ID)
	if err != nil {
		return nil, err
	}
	out := &tokenList{}
	out.Body.Items = make([]TokenView, len(tokens))
	for i, t := range tokens {
		out.Body.Items[i] = TokenView{ID: t.ID, Label: t.Label, Scope: string(t.Scope), CreatedAt: t.CreatedAt.UTC()}
		if !t.ExpiresAt.IsZero() {
			at := t.ExpiresAt.UTC()
			out.Body.Items[i].ExpiresAt = &at
		}
	}
	return out, nil
}

func (s *Server) createToken(ctx context.Context, in *tokenRequest) (*tokenMade, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	ttl := time.Duration(in.Body.Days) * 24 * time.Hour
	secret, id, err := s.deps.Tokens.CreateToken(ctx, c.Account.ID, in.Body.Label, models.Scope(in.Body.Scope), ttl)
	if err != nil {
		return nil, err
	}
	out := &tokenMade{}
	out.Body.ID, out.Body.Token = id, secret
	return out, nil
}

func (s *Server) revokeToken(ctx context.Context, in *tokenPath) (*struct{}, error) {
	c, err := need(ctx, models.RoleListener)
	if err != nil {
		return nil, err
	}
	return nil, s.deps.Tokens.RevokeToken(ctx, c.Account.ID, in.ID)
}
