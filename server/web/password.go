package web

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// PasswordParams is argon2id's second recommended choice of RFC 9106 §4 with
// fewer lanes than it names, because a node has few cores: 64 MiB, 3 passes.
func PasswordParams() *argon2id.Params {
	return &argon2id.Params{Memory: 64 << 10, Iterations: 3, Parallelism: 2, SaltLength: 16, KeyLength: 32}
}

// passwords hashes and checks passwords, at most two at a time: each takes
// 64 MiB, and whoever floods the sign-in must not take the node's memory.
type passwords struct {
	params *argon2id.Params
	slots  chan struct{}
	decoy  string // checked for unknown accounts, so that they take as long
}

func newPasswords(params *argon2id.Params) (*passwords, error) {
	if params == nil {
		params = PasswordParams()
	}
	decoy, err := argon2id.CreateHash("no account has this", params)
	if err != nil {
		return nil, err
	}
	return &passwords{params: params, slots: make(chan struct{}, 2), decoy: decoy}, nil
}

// Password limits in bytes after normalisation.
const (
	minPassword = 8
	maxPassword = 1024
)

// normalize brings a password to NFKC, so that the same keys on two systems give
// the same password.
func normalize(password string) string { return norm.NFKC.String(password) }

func checkPassword(password string) error {
	switch n := len(normalize(password)); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return errInvalid("bad_password", "The password holds characters that cannot be typed.")
	case n < minPassword:
		return errInvalid("short_password", "Choose a password of at least 8 characters.")
	case n > maxPassword:
		return errInvalid("long_password", "The password is too long.")
	}
	return nil
}

func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	return argon2id.CreateHash(normalize(password), p.params)
}

// match reports whether the password fits the hash. An empty hash costs the same
// and never fits.
func (p *passwords) match(ctx context.Context, password, hash string) (bool, error) {
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	known := hash != ""
	if !known {
		hash = p.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(normalize(password), hash)
	return ok && known, err
}

func (p *passwords) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *passwords) leave() { <-p.slots }
