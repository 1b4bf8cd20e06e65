package models

import "time"

// Upload is the bytes a creator sends, in the spool until they are whole.
type Upload struct {
	ID        string // 32 hexadecimal characters
	AccountID int64
	ReleaseID string
	Length    int64 // bytes; -1 while deferred
	Offset    int64 // bytes acknowledged: written and synced
	Metadata  map[string]string
	Complete  bool
	Concat    Concat
	Parts     []string // of a final one: the ids of its parts in order
	PartOf    string   // of a part: the final one that has taken it
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Concat says how an upload is concatenated with others, as tus calls it; empty
// where it is not.
type Concat string

// The concatenated uploads: a part of another, and what parts make.
const (
	ConcatPartial Concat = "partial"
	ConcatFinal   Concat = "final"
)

// Job is the work that turns a whole upload into a final release.
type Job struct {
	ReleaseID  string
	State      State // queued, transcoding, final, failed, cancelled
	Node       string
	LeaseUntil time.Time
	Attempt    int
	Reason     string // why the last attempt ended, for operators
}

// Pin is a root that this node keeps, and why.
type Pin struct {
	Root      string
	Reason    PinReason
	State     PinState
	Blocks    int   // held so far
	Bytes     int64 // held so far
	Failure   string
	CreatedAt time.Time
}

// PinReason says why a root is kept.
type PinReason string

// PinOwn: published here. PinAsked: a creator told the node to keep it.
const (
	PinOwn   PinReason = "own"
	PinAsked PinReason = "asked"
)

// PinState is how far a pin has come.
type PinState string

// The states of a pin.
const (
	PinQueued   PinState = "queued"
	PinFetching PinState = "fetching"
	PinHeld     PinState = "pinned"
	PinFailed   PinState = "failed"
)
