package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	boxo "github.com/ipfs/boxo/gateway"
	"github.com/ipfs/boxo/verifcid"
	"github.com/ipfs/go-cid"
	ipld "github.com/ipfs/go-ipld-format"
	"github.com/multiformats/go-multihash"

	"runnel/models"
)

// rules decides which blocks leave.
type rules struct {
	rules Rules
	open  bool
}

// block returns nil for a block that may go out. One that may not looks like one
// that is not there.
func (r rules) block(ctx context.Context, c cid.Cid) error {
	ok, err := r.rules.BlockServable(ctx, c)
	if err != nil {
		return failure(c, err)
	}
	if ok {
		return nil
	}
	if !r.open {
		return ipld.ErrNotFound{Cid: c}
	}
	ours, err := r.rules.LiveBlocks(ctx, []cid.Cid{c})
	if err != nil {
		return failure(c, err)
	}
	if ours[c] {
		return ipld.ErrNotFound{Cid: c}
	}
	return nil
}

// root returns nil for a root that paths may start at. An identity CID carries
// its bytes in the address: anybody could have this node send anything, so
// without open it may only be empty, as clients use to probe for a gateway.
func (r rules) root(ctx context.Context, root cid.Cid) error {
	if err := verifcid.ValidateCid(verifcid.DefaultAllowlist, root); err != nil {
		return boxo.NewErrorStatusCode(err, http.StatusBadRequest)
	}
	if hash, err := multihash.Decode(root.Hash()); err == nil && hash.Code == multihash.IDENTITY {
		if r.open || hash.Length == 0 {
			return nil
		}
		return ipld.ErrNotFound{Cid: root}
	}
	refused := r.block(ctx, root)
	if !ipld.IsNotFound(refused) {
		return refused
	}
	standing, reason, err := r.rules.RootStanding(ctx, root)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return refused
	case err != nil:
		return failure(root, err)
	case standing == models.StandingTakenDown:
		return boxo.NewErrorStatusCode(fmt.Errorf("taken down: %s", reason), http.StatusUnavailableForLegalReasons)
	}
	return refused
}

// failure turns an error of ours into the status that the gateway answers. Its
// text is for strangers, so it does not carry the cause.
func failure(c cid.Cid, err error) error {
	say := func(text string, status int) error {
		return boxo.NewErrorStatusCode(fmt.Errorf("block %s %s", c, text), status)
	}
	switch {
	case errors.Is(err, models.ErrNotFound):
		return ipld.ErrNotFound{Cid: c}
	case errors.Is(err, errSlow):
		return say("was not found in time", http.StatusGatewayTimeout)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, models.ErrInvalid):
		return say("has a name of a kind that this node does not keep", http.StatusBadRequest)
	case errors.Is(err, models.ErrUnavailable):
		return say("was not found in time", http.StatusGatewayTimeout)
	case errors.Is(err, models.ErrCorrupt):
		return say("is damaged here", http.StatusBadGateway)
	}
	return say("could not be read", http.StatusInternalServerError)
}
