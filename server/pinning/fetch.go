package pinning

import (
	"context"

	"runnel/models"
	"runnel/models/blockset"
)

// fetch makes one attempt at a release. It runs the verification over a Getter
// that keeps what it gets: the order in which Verify reads (signature, folders,
// hash lists, then files, many at once), its limits on hostile DAGs and its
// checks of every byte are those of the fetch.
func (k *Keeper) fetch(ctx context.Context, j *job, progress func(int, int64)) error {
	if err := k.deps.Records.SetPinState(ctx, j.root, models.PinFetching, 0, 0, ""); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	in := newIntake(k, j, progress)
	_, err := blockset.Verify(ctx, in, j.root, func(_, total int64) {
		if k.cfg.MaxBytes > 0 && total > k.cfg.MaxBytes {
			cancel(tooLarge())
		}
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	blocks, bytes := in.all()
	if err := k.deps.Records.PinHeld(ctx, j.root, blocks, bytes); err != nil {
		return err
	}
	k.deps.Log.Info("pinning: held", "root", j.root.String(), "blocks", len(blocks), "bytes", bytes)
	return nil
}

func tooLarge() error {
	return models.NewFault(models.ErrTooLarge, "pin_too_large", "This release is larger than this node keeps.")
}
