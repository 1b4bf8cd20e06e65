package blockset

import (
	"errors"
	"fmt"

	"runnel/models"
)

// Each kind of damage has its own error; all but ErrMissingBlock wrap
// models.ErrCorrupt.
var (
	// ErrBlock: the bytes of a block do not match its CID.
	ErrBlock = damage("block does not match its CID")
	// ErrMissingBlock: a block cannot be had. Errors that wrap it also wrap the
	// Getter's own error: models.ErrNotFound or models.ErrUnavailable.
	ErrMissingBlock = errors.New("block is missing")
	// ErrShape: a DAG that no release has: wrong kinds of nodes or CIDs, hostile
	// names, sizes that do not add up, too deep, too many.
	ErrShape = damage("not the shape of a release")
	// ErrManifest: the manifest is not a canonical manifest of this version.
	ErrManifest = damage("manifest is not valid")
	// ErrSignature: the signature does not match the manifest.
	ErrSignature = damage("manifest does not match its signature")
	// ErrSigner: the manifest is signed by another key than its channel's.
	ErrSigner = damage("manifest is signed by another channel")
	// ErrExtraEntry: a file or root entry that the manifest does not name.
	ErrExtraEntry = damage("entry that the manifest does not name")
	// ErrMissingEntry: the manifest names a file or root entry that is not there.
	ErrMissingEntry = damage("entry that the manifest names is missing")
	// ErrTree: a root entry is not the one the manifest names.
	ErrTree = damage("root entry differs from the manifest")
	// ErrPlaylist: a playlist differs from the manifest, or names what is not in
	// the release.
	ErrPlaylist = damage("playlist differs from the manifest")
	// ErrHashList: a hash list differs from the manifest.
	ErrHashList = damage("hash list differs from the manifest")
	// ErrSegment: a segment differs from its rendition's hash list.
	ErrSegment = damage("segment differs from its hash list")
	// ErrFile: another file differs from the manifest.
	ErrFile = damage("file differs from the manifest")
)

func damage(text string) error { return fmt.Errorf("%s: %w", text, models.ErrCorrupt) }

// misshapen returns an ErrShape that says what is wrong.
func misshapen(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrShape, fmt.Sprintf(format, args...))
}

// invalid returns a models.ErrInvalid that says what is wrong: the caller's
// mistake, not damage.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", models.ErrInvalid, fmt.Sprintf(format, args...))
}
