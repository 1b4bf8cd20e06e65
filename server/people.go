package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"runnel/models"
	"runnel/server/web"
)

// SetupLife is how long a one-time link works.
const SetupLife = 7 * 24 * time.Hour

// setupPath is where the page of one-time links is, up to their secret.
const setupPath = "/setup?token="

// ownerName is the account that a first start makes.
const ownerName = "owner"

// Made is a new account with what is shown only once.
type Made struct {
	Account     models.Account
	Channel     models.Channel // zero for listeners
	RecoveryKey string
	SetupLink   string // the path of a one-time link; empty when a password was given
}

// AddAccount makes an account; creators and above get a channel. Without a
// password a one-time link lets its holder set one.
func (f *Folder) AddAccount(ctx context.Context, name string, role models.Role, password string) (made Made, err error) {
	hash := ""
	if password != "" {
		if hash, err = web.HashPassword(password); err != nil {
			return made, err
		}
	}
	made.Account, made.Channel, made.RecoveryKey, err = f.Catalog.CreateAccount(ctx, name, role, hash)
	if err != nil {
		return made, fmt.Errorf("server: account %q: %w", name, err)
	}
	if password == "" {
		// Setting up renews the recovery key and shows it to its holder.
		made.RecoveryKey = ""
		made.SetupLink, err = f.setupLink(ctx, made.Account)
	}
	return made, err
}

func (f *Folder) setupLink(ctx context.Context, account models.Account) (string, error) {
	secret, err := f.Catalog.CreateSetupLink(ctx, account.ID, SetupLife)
	if err != nil {
		return "", fmt.Errorf("server: set-up link: %w", err)
	}
	return setupPath + secret, nil
}

// SetPassword sets an account's password and ends its sessions.
func (f *Folder) SetPassword(ctx context.Context, name, password string) error {
	account, err := f.account(ctx, name)
	if err != nil {
		return err
	}
	hash, err := web.HashPassword(password)
	if err != nil {
		return err
	}
	return f.Catalog.SetPassword(ctx, account.ID, hash)
}

// CreateToken makes a token for an account. A life of zero is for ever.
func (f *Folder) CreateToken(ctx context.Context, name, label string, scope models.Scope, life time.Duration) (id, secret string, err error) {
	account, err := f.account(ctx, name)
	if err != nil {
		return "", "", err
	}
	secret, id, err = f.Catalog.CreateToken(ctx, account.ID, label, scope, life)
	return id, secret, err
}

// RevokeToken ends a token, named by its id or its secret.
func (f *Folder) RevokeToken(ctx context.Context, token string) error {
	if _, found, err := f.Catalog.AccountByToken(ctx, token); err == nil {
		token = found.ID
	}
	return f.Catalog.RevokeToken(ctx, 0, token)
}

func (f *Folder) account(ctx context.Context, name string) (models.Account, error) {
	account, err := f.Catalog.AccountByName(ctx, name)
	if errors.Is(err, models.ErrNotFound) {
		return account, models.NewFault(models.ErrNotFound, "no_account", "There is no account named "+name+".")
	}
	return account, err
}

// OwnerToken makes a token that acts as the owner of a data folder, for
// commands on the same machine, and returns how to end it.
func OwnerToken(ctx context.Context, at Where, life time.Duration) (secret string, revoke func(), err error) {
	folder, err := OpenFolder(ctx, at)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = folder.Close() }()
	id, secret, err := folder.CreateToken(ctx, ownerName, "command", models.ScopeAll, life)
	return secret, func() { revokeOwner(at, id) }, err
}

// revokeOwner is best effort: a token that stays behind expires.
func revokeOwner(at Where, id string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if folder, err := OpenFolder(ctx, at); err == nil {
		_ = folder.Catalog.RevokeToken(ctx, 0, id)
		_ = folder.Close()
	}
}

// greet makes the owner on a first start, and returns the path of a one-time
// link as long as the owner has no password. Each of several servers has a link
// of its own; the first that is used ends the others.
func (f *Folder) greet(ctx context.Context) (string, error) {
	owner, err := f.Catalog.AccountByName(ctx, ownerName)
	if errors.Is(err, models.ErrNotFound) {
		made, err := f.AddAccount(ctx, ownerName, models.RoleAdmin, "")
		if !errors.Is(err, models.ErrExists) {
			return made.SetupLink, err
		}
		owner, err = f.Catalog.AccountByName(ctx, ownerName) // another server was faster
		if err != nil {
			return "", err
		}
	}
	if err != nil || owner.PasswordHash != "" {
		return "", err
	}
	secret, err := f.Catalog.AddSetupLink(ctx, owner.ID, SetupLife)
	if err != nil {
		return "", fmt.Errorf("server: set-up link: %w", err)
	}
	return setupPath + secret, nil
}
