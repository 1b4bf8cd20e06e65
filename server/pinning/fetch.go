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
	in := newIntake(k, j, progress)
	err := k.admit(ctx, in)
	var report blockset.Report
	if err == nil {
		report, err = blockset.Verify(ctx, in, j.root, nil)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	blocks, bytes := in.all()
	release := report.Manifest.Release()
	release.Manifest, release.Bytes = j.root, report.Bytes
	if err := k.deps.Records.PinRelease(ctx, j.root, blocks, bytes, release, report.Manifest.Models()); err != nil {
		return err
	}
	k.deps.Log.Info("pinning: held", "root", j.root.String(), "release", release.ID, "blocks", len(blocks), "bytes", bytes)
	return nil
}

// admit reads who made the release and what it claims to take, and holds the
// rest of the fetch to that.
func (k *Keeper) admit(ctx context.Context, in *intake) error {
	opened, err := blockset.Open(ctx, in, in.job.root)
	if err != nil {
		return err
	}
	size := opened.Size()
	if k.cfg.MaxBytes > 0 && size > k.cfg.MaxBytes {
		return tooLarge()
	}
	m := opened.Manifest()
	release := m.Release()
	release.Manifest = in.job.root
	if err := k.deps.Records.AdmitPin(ctx, in.job.root, size, release); err != nil {
		return err
	}
	in.bound(size)
	return nil
}

func tooLarge() error {
	return models.NewFault(models.ErrTooLarge, "pin_too_large", "This release is larger than this node keeps.")
}
