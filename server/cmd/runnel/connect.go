package main

import (
	"context"
	"errors"
	"time"

	"runnel/models"
	"runnel/server"
	"runnel/server/client"
)

// ownerTokenLife is how long a token lives that a command makes for itself; the
// command revokes it when it ends, a killed one leaves it to expire.
const ownerTokenLife = 7 * 24 * time.Hour

// connect returns a client of the node that the flags name, and a function that
// gives back what connecting took. Without --server it is the node running on
// the data folder, without --token the folder's owner acts.
func (f serverFlags) connect(ctx context.Context) (*client.Client, func(), error) {
	base, token, done := f.Server, f.Token, func() {}
	if base == "" {
		address, err := server.Address(f.Data)
		if err != nil {
			return nil, nil, noNode(err, f.Data)
		}
		base = address
	}
	if token == "" {
		if f.Server != "" {
			return nil, nil, asUsage("token_needed", "Give --token (or RUNNEL_TOKEN) along with --server.")
		}
		secret, revoke, err := server.OwnerToken(ctx, f.where(), ownerTokenLife)
		if err != nil {
			return nil, nil, err
		}
		token, done = secret, revoke
	}
	return client.New(base, token), done, nil
}

// visit returns a client of the node that --server names, which acts as a visitor
// where no token is given.
func (f serverFlags) visit() *client.Client { return client.New(f.Server, f.Token) }

func noNode(err error, data string) error {
	if errors.Is(err, models.ErrNotFound) {
		return models.NewFault(models.ErrUnavailable, "no_node", "No node runs on "+data+". Start one with 'runnel serve', or name one with --server.")
	}
	return err
}
