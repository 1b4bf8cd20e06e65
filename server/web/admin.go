package web

import (
	"context"
	"net/http"
	"time"

	"runnel/models"
	"runnel/models/catalog"
)

// AdminAccount is an account as administrators see it.
type AdminAccount struct {
	AccountView
	Blocked     bool      `json:"blocked"`
	Waiting     bool      `json:"waiting" doc:"Registered, and let in by nobody yet."`
	HasPassword bool      `json:"hasPassword" doc:"False until its one-time link was used."`
	CreatedAt   time.Time `json:"createdAt"`
}

type accountsQuery struct {
	Q       string `query:"q" maxLength:"100" doc:"What the name has to contain."`
	Waiting bool   `query:"waiting" doc:"Only those that wait to be let in."`
	After   int64  `query:"after" minimum:"0" doc:"The last id of the page before."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type accountPage struct {
	Body struct {
		Items []AdminAccount `json:"items"`
		Next  int64          `json:"next" doc:"The value of after for the next page; 0 at the end."`
	}
}

type accountPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type accountChange struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Role    string `json:"role,omitempty" enum:"listener,creator,moderator,admin"`
		Waiting *bool  `json:"waiting,omitempty" doc:"false lets an account in."`
	}
}

type accountChanged struct {
	Body struct {
		AdminAccount
		RecoveryKey string `json:"recoveryKey,omitempty" doc:"Of the channel that a new creator got, shown once: pass it on to its owner."`
	}
}

type resetLink struct {
	Body struct {
		URL       string    `json:"url" doc:"A one-time link that sets a new password; earlier links end."`
		ExpiresAt time.Time `json:"expiresAt"`
	}
}

// resetLife is how long an administrator's link to a new password works.
const resetLife = 24 * time.Hour

func (s *Server) registerPeople() {
	register(s, op("register", http.MethodPost, "/accounts", "Make an account for oneself", http.StatusCreated), s.registerAccount)
	register(s, op("list-accounts", http.MethodGet, "/admin/accounts", "The accounts", http.StatusOK), s.accounts)
	register(s, op("change-account", http.MethodPatch, "/admin/accounts/{id}", "Change an account's role, or let it in", http.StatusOK), s.changeAccount)
	register(s, op("refuse-account", http.MethodDelete, "/admin/accounts/{id}", "Refuse an account that waits", http.StatusNoContent), s.refuseAccount)
	register(s, op("reset-account", http.MethodPost, "/admin/accounts/{id}/reset", "Make a link that sets a new password", http.StatusCreated), s.resetAccount)
}

func adminAccount(a models.Account) AdminAccount {
	return AdminAccount{AccountView: accountView(a), Blocked: a.Blocked, Waiting: a.Waiting, HasPassword: a.PasswordHash != "", CreatedAt: a.CreatedAt}
}

func (s *Server) accounts(ctx context.Context, in *accountsQuery) (*accountPage, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return nil, err
	}
	page, err := s.deps.People.Accounts(ctx, catalog.AccountFilter{Name: in.Q, Waiting: in.Waiting, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &accountPage{}
	out.Body.Items = make([]AdminAccount, 0, len(page))
	for _, a := range page {
		out.Body.Items = append(out.Body.Items, adminAccount(a))
	}
	if len(page) == in.Limit {
		out.Body.Next = page[len(page)-1].ID
	}
	return out, nil
}

// changeAccount refuses to change one's own role: a node whose last
// administrator has stepped down by mistake could not be mended from the page.
func (s *Server) changeAccount(ctx context.Context, in *accountChange) (*accountChanged, error) {
	caller, err := need(ctx, models.RoleAdmin)
	if err != nil {
		return nil, err
	}
	if in.ID == caller.Account.ID {
		return nil, NewProblem(http.StatusConflict, "own_account", "Another administrator has to change your role.")
	}
	if _, err := s.deps.Accounts.Account(ctx, in.ID); err != nil {
		return nil, err
	}
	out := &accountChanged{}
	if in.Body.Waiting != nil && !*in.Body.Waiting {
		if err := s.deps.People.Approve(ctx, in.ID); err != nil {
			return nil, err
		}
	}
	if in.Body.Role != "" {
		if out.Body.RecoveryKey, err = s.deps.People.SetRole(ctx, in.ID, models.Role(in.Body.Role)); err != nil {
			return nil, err
		}
	}
	account, err := s.deps.Accounts.Account(ctx, in.ID)
	out.Body.AdminAccount = adminAccount(account)
	return out, err
}

func (s *Server) refuseAccount(ctx context.Context, in *accountPath) (*struct{}, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return nil, err
	}
	return nil, s.deps.People.Refuse(ctx, in.ID)
}

func (s *Server) resetAccount(ctx context.Context, in *accountPath) (*resetLink, error) {
	if _, err := need(ctx, models.RoleAdmin); err != nil {
		return nil, err
	}
	account, err := s.deps.Accounts.Account(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if account.Waiting || account.Blocked {
		return nil, NewProblem(http.StatusConflict, "not_let_in", "This account is not let in; its password would not help.")
	}
	secret, err := s.deps.People.CreateSetupLink(ctx, in.ID, resetLife)
	if err != nil {
		return nil, err
	}
	out := &resetLink{}
	out.Body.URL, out.Body.ExpiresAt = s.public.String()+"/setup?token="+secret, s.cfg.Now().Add(resetLife)
	return out, nil
}
