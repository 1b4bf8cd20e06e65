package web

import (
	"context"
	"io"
	"time"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/catalog"
)

// The interfaces here are what the HTTP face needs of the node's other parts.
// Every method answers models.ErrNotFound for what is not there.

// Accounts are the people who sign in, and their channels.
type Accounts interface {
	Account(ctx context.Context, id int64) (models.Account, error)
	AccountByName(ctx context.Context, name string) (models.Account, error)
	Channel(ctx context.Context, id string) (models.Channel, error)
	ChannelsOf(ctx context.Context, accountID int64) ([]models.Channel, error)
}

// Sessions are browsers that are signed in. AccountBySession answers ErrNotFound
// for a session that has ended and for a blocked account.
type Sessions interface {
	CreateSession(ctx context.Context, accountID int64, ttl time.Duration) (secret string, err error)
	AccountBySession(ctx context.Context, secret string) (models.Account, error)
	DeleteSession(ctx context.Context, secret string) error
}

// Tokens are programs' rights to act as an account. AccountByToken answers
// ErrNotFound for one that is unknown, revoked or expired, and for a blocked
// account.
type Tokens interface {
	CreateToken(ctx context.Context, accountID int64, label string, scope models.Scope, ttl time.Duration) (secret, id string, err error)
	AccountByToken(ctx context.Context, secret string) (models.Account, models.Token, error)
	Tokens(ctx context.Context, accountID int64) ([]models.Token, error)
	RevokeToken(ctx context.Context, accountID int64, id string) error
}

// Setup redeems one-time links and does what belongs to an account's first
// sign-in. ConsumeSetupLink uses the link up and ends the account's sessions.
type Setup interface {
	SetupLink(ctx context.Context, secret string) (models.Account, error)
	ConsumeSetupLink(ctx context.Context, secret, newPasswordHash string) (models.Account, error)
	RenewRecovery(ctx context.Context, channelID string) (recoveryKey string, err error)
	RenameChannel(ctx context.Context, channelID, name string) error
}

// Releases reads the catalogue's releases.
type Releases interface {
	Release(ctx context.Context, id string) (models.Release, error)
	Releases(ctx context.Context, f catalog.Filter) (page []models.Release, next string, err error)
	Renditions(ctx context.Context, releaseID string) ([]models.Rendition, error)
}

// Desk changes releases. Each is one transaction that moves what may be served
// with the release.
type Desk interface {
	UpdateRelease(ctx context.Context, id string, p catalog.Patch) (models.Release, error)
	DeleteRelease(ctx context.Context, id string) error
	SetStanding(ctx context.Context, id string, s models.Standing, reason string, by, seen int64) error
}

// Moderators is what they and creators say of releases, accounts and channels.
// Decide is one transaction, and of two that saw the same trail one fails with
// ErrExists.
type Moderators interface {
	Decide(ctx context.Context, d models.Decision) (models.TrailEntry, error)
}

// Reports is what others than moderators say: that they should look at a release,
// and a creator's one answer to a decision.
type Reports interface {
	Report(ctx context.Context, r models.Report) (models.Report, error)
	Appeal(ctx context.Context, release string, decision int64, text string, by int64) (models.TrailEntry, error)
}

// Queue is what waits for moderators. Lookalikes returns what they took down and
// compare calls alike.
type Queue interface {
	Cases(ctx context.Context, f catalog.CaseFilter) (page []models.Case, next string, err error)
	CountCases(ctx context.Context) (map[models.CaseKind]int, error)
	Lookalikes(ctx context.Context, release string, compare func(a, b models.Likeness) (sound, pictures float64, alike bool)) ([]models.Lookalike, error)
}

// Trail is what was decided, newest first. LastEntry answers 0 for a release of
// which nothing was said.
type Trail interface {
	Trail(ctx context.Context, f catalog.TrailFilter) (page []models.TrailEntry, next string, err error)
	TrailOf(ctx context.Context, release, channel string) ([]models.TrailEntry, error)
	LastEntry(ctx context.Context, release string) (int64, error)
}

// Jobs steers the work on a release. Both answer ErrInvalid where the state does
// not allow it.
type Jobs interface {
	CancelRelease(ctx context.Context, id string) error
	RetryRelease(ctx context.Context, id string) error
}

// Growing reads the segments of a release while it is being transcoded. Segments
// returns a rendition's segments in order, the init segment first; SegmentByPath
// the one with this path inside the release.
type Growing interface {
	Segments(ctx context.Context, releaseID, rendition string) ([]models.Segment, error)
	SegmentByPath(ctx context.Context, releaseID, path string) (models.Segment, error)
}

// Roots says what /ipfs may serve. RootStanding answers why a root is not
// served, ErrNotFound where no release names it.
type Roots interface {
	RootServable(ctx context.Context, root cid.Cid) (servable, known bool, err error)
	RootStanding(ctx context.Context, root cid.Cid) (models.Standing, string, error)
}

// Uploads lists an account's uploads that wait for bytes.
type Uploads interface {
	UploadsOf(ctx context.Context, accountID int64) ([]models.Upload, error)
}

// Content is one file's bytes on their way out. A Body that is a Sender is
// asked to send what goes out instead of being read.
type Content struct {
	Body   io.ReadSeeker
	Closer io.Closer // nil: nothing to close
	Size   int64
	CID    cid.Cid
	Source string // memory, redis, local or peer
	Tag    string // its entity tag; the CID where empty
}

func (c *Content) tag() string {
	if c.Tag != "" {
		return c.Tag
	}
	return c.CID.String()
}

// Sender writes the next n bytes of itself without a buffer between, or those to
// the end where there are fewer. It gives a file to w's ReadFrom as an
// io.LimitedReader over an *os.File.
type Sender interface {
	SendTo(w io.Writer, n int64) (int64, error)
}

// Delivery finds bytes. Open resolves a path that the manifest's tree names and
// answers ErrNotFound for a folder; File takes a file's own CID; Raw returns the
// root's own block.
type Delivery interface {
	Open(ctx context.Context, root cid.Cid, path string) (*Content, error)
	File(ctx context.Context, root, file cid.Cid) (*Content, error)
	Raw(ctx context.Context, root cid.Cid) ([]byte, error)
}

// Archives writes a whole release as a CARv1, root first, always the same bytes.
type Archives interface {
	CAR(ctx context.Context, root cid.Cid, w io.Writer) error
}

// Pins keeps releases that were published elsewhere. Pin returns at once.
type Pins interface {
	Pin(ctx context.Context, root cid.Cid) (models.Pin, error)
	Unpin(ctx context.Context, root cid.Cid) error
	PinState(ctx context.Context, root cid.Cid) (models.Pin, error)
	ListPins(ctx context.Context) ([]models.Pin, error)
}

// Counter counts events under a key in a sliding window, over all servers.
// Allow reports whether one more is within max, or after how long it will be;
// after an error nothing is known. GiveBack takes one back.
type Counter interface {
	Allow(ctx context.Context, key string, max int, per time.Duration) (ok bool, retryAfter time.Duration, err error)
	GiveBack(ctx context.Context, key string, per time.Duration)
}

// NodeInfo is what a node says of itself.
type NodeInfo struct {
	PeerID  string      `json:"peerId" doc:"The libp2p peer id; empty while the peer network is off."`
	Addrs   []string    `json:"addrs" doc:"Addresses to dial, each with /p2p/…"`
	Version string      `json:"version"`
	Peers   int         `json:"peers" doc:"Connected peers."`
	Storage StorageInfo `json:"storage"`
	// EgressLimit is absent without a limit.
	EgressLimit int64 `json:"egressLimit,omitempty" doc:"Bits a second of blocks that are sent to peers at most."`
	// Registration is filled in by the HTTP face.
	Registration string `json:"registration" enum:"off,open,approval" doc:"Whether people make accounts by themselves; approval: an administrator lets them in."`
}

// StorageInfo is how much a node keeps, in bytes.
type StorageInfo struct {
	Used  int64 `json:"used" doc:"Bytes kept or promised: releases, uploads, originals."`
	Limit int64 `json:"limit" doc:"The most that may be kept; 0: no limit."`
}
