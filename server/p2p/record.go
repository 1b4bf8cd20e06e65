package p2p

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/boxo/ipns"
	kb "github.com/libp2p/go-libp2p-kbucket"
	"github.com/libp2p/go-libp2p/core/routing"

	"runnel/models"
)

// Record returns the best IPNS record of a name, a key as CIDv1, that the DHT
// holds (https://specs.ipfs.tech/ipns/ipns-record/): signed by the name's key,
// not past its end, and of the highest sequence. What is no name is
// models.ErrInvalid; where nobody has a record it is models.ErrNotFound.
func (n *Node) Record(ctx context.Context, name string) ([]byte, error) {
	parsed, err := ipns.NameFromString(name)
	if err != nil {
		return nil, fmt.Errorf("p2p: name %.100q: %w: %w", name, models.ErrInvalid, err)
	}
	data, err := n.dht.GetValue(ctx, string(parsed.RoutingKey()))
	switch {
	case err == nil:
		return data, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, routing.ErrNotFound), errors.Is(err, kb.ErrLookupFailure):
		return nil, fmt.Errorf("p2p: record of %s: %w", parsed, models.ErrNotFound)
	}
	return nil, fmt.Errorf("p2p: record of %s: %w: %w", parsed, models.ErrUnavailable, err)
}
