package models

import "time"

// Role is what an account may do; each includes those before it.
type Role string

// The roles. A visitor has no account.
const (
	RoleListener  Role = "listener"
	RoleCreator   Role = "creator"
	RoleModerator Role = "moderator"
	RoleAdmin     Role = "admin"
)

// Valid reports whether r is a known role.
func (r Role) Valid() bool { return r.rank() > 0 }

// AtLeast reports whether r includes the rights of s.
func (r Role) AtLeast(s Role) bool { return r.rank() >= s.rank() }

func (r Role) rank() int {
	switch r {
	case RoleListener:
		return 1
	case RoleCreator:
		return 2
	case RoleModerator:
		return 3
	case RoleAdmin:
		return 4
	}
	return 0
}

// Account is a person who signs in.
type Account struct {
	ID           int64
	Name         string // lower case, unique after NFKC and case folding
	Role         Role
	PasswordHash string // argon2id, PHC form; empty: no password set yet
	Blocked      bool
	Waiting      bool // registered by themselves, and let in by nobody yet
	CreatedAt    time.Time
}

// Channel is a publisher's identity: an Ed25519 key named by its IPNS name.
type Channel struct {
	ID        string // k51…
	AccountID int64
	Handle    string
	Name      string
	Blocked   bool // by moderators: its releases are hidden, and nothing can be published on it
	CreatedAt time.Time
}

// Scope limits what a token may do.
type Scope string

// The scopes of tokens; ScopeAll has every right of its account.
const (
	ScopeAll    Scope = "all"
	ScopeUpload Scope = "upload"
	ScopeRead   Scope = "read"
)

// Token is a program's right to act as an account. The secret itself is shown
// once; only its SHA-256 is kept.
type Token struct {
	ID        string // short, shown in lists and used to revoke
	AccountID int64
	Label     string
	Scope     Scope
	ExpiresAt time.Time // zero: never
	CreatedAt time.Time
}
