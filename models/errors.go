package models

import "errors"

// The six sentinels. Every package wraps one of them at its border, and only
// the web package turns them into an HTTP status.
var (
	// ErrNotFound: the thing does not exist, or the caller may not know of it.
	ErrNotFound = errors.New("not found")
	// ErrExists: a thing with this name or number is already there.
	ErrExists = errors.New("already exists")
	// ErrInvalid: the input is wrong and will stay wrong when sent again.
	ErrInvalid = errors.New("invalid")
	// ErrTooLarge: the input exceeds a limit of this node.
	ErrTooLarge = errors.New("too large")
	// ErrCorrupt: bytes do not match their CID, hash or signature.
	ErrCorrupt = errors.New("corrupt")
	// ErrUnavailable: a part that is needed cannot be used now; try again later.
	ErrUnavailable = errors.New("unavailable")
)

// Fault is an error meant for a person: a stable machine-readable code and one
// plain sentence that says what is wrong and, where possible, what to do. Text
// never holds paths, SQL or another program's raw output.
type Fault struct {
	Kind error  // one of the six sentinels
	Code string // stable, lower_snake_case, e.g. "no_media_streams"
	Text string // one sentence, shown as it stands
}

// NewFault returns a Fault of the given sentinel.
func NewFault(kind error, code, text string) *Fault {
	return &Fault{Kind: kind, Code: code, Text: text}
}

// Error returns code and sentence.
func (f *Fault) Error() string { return f.Code + ": " + f.Text }

// Unwrap returns the sentinel, so that errors.Is works through a Fault.
func (f *Fault) Unwrap() error { return f.Kind }
