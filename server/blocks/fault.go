package blocks

import (
	"errors"
	"fmt"
	"syscall"

	"runnel/models"
)

// Codes of the faults that Put answers with; both are models.ErrUnavailable.
const (
	CodeFull     = "insufficient_storage" // no space left; writes succeed again once there is
	CodeReadOnly = "storage_read_only"    // a sync failed; reads go on
)

// full reports whether err says that the disk or a quota is used up.
func full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// diskError gives an error of the file system its meaning for callers and keeps
// the cause in the chain.
func diskError(err error) error {
	if full(err) {
		return fmt.Errorf("%w: %w", models.NewFault(models.ErrUnavailable, CodeFull,
			"The server's disk is full; try again when there is space."), err)
	}
	return fmt.Errorf("%w: %w", models.ErrUnavailable, err)
}

func readOnlyError(cause error) error {
	return fmt.Errorf("%w: %w", models.NewFault(models.ErrUnavailable, CodeReadOnly,
		"The server's storage failed and takes nothing new; what is published stays available."), cause)
}
