package pinning

import (
	"errors"

	"runnel/models"
	"runnel/models/blockset"
)

// faults says in which words a pin failed, the most particular first.
func faults() []struct {
	is    error
	fault *models.Fault
} {
	return []struct {
		is    error
		fault *models.Fault
	}{
		{blockset.ErrSignature, models.NewFault(models.ErrCorrupt, "pin_signature", "The signature of this release does not match it.")},
		{blockset.ErrSigner, models.NewFault(models.ErrCorrupt, "pin_signature", "This release is signed by another channel than it names.")},
		{blockset.ErrShape, models.NewFault(models.ErrCorrupt, "pin_not_a_release", "This CID is not a release.")},
		{blockset.ErrManifest, models.NewFault(models.ErrCorrupt, "pin_not_a_release", "This CID is not a release that this version can read.")},
		{blockset.ErrMissingBlock, models.NewFault(models.ErrUnavailable, "pin_unavailable", "No connected node has all of this release now; try again later.")},
		{models.ErrCorrupt, models.NewFault(models.ErrCorrupt, "pin_damaged", "The files of this release are not those that its author signed.")},
		{models.ErrTooLarge, models.NewFault(models.ErrTooLarge, "pin_too_large", "This release is larger than this node keeps.")},
		{models.ErrUnavailable, models.NewFault(models.ErrUnavailable, "pin_node", "This node cannot store the release now; try again later.")},
	}
}

// faultOf puts an error into words for whoever asked for the pin. What already
// is in such words, a full disk for instance, stays.
func faultOf(err error) *models.Fault {
	var fault *models.Fault
	if errors.As(err, &fault) {
		return fault
	}
	for _, f := range faults() {
		if errors.Is(err, f.is) {
			return f.fault
		}
	}
	return models.NewFault(models.ErrUnavailable, "pin_node", "This node could not keep the release; its log says why.")
}
