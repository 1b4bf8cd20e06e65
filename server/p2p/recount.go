package p2p

import (
	"context"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-libdht/kad/key/bitstr"
	"github.com/libp2p/go-libp2p-kad-dht/provider/keystore"
	mh "github.com/multiformats/go-multihash"
)

// guarded is a keystore that gives out only keys that may be announced at that
// moment: between the order to stop and the next recount lies whatever another
// process did.
type guarded struct {
	keystore.Keystore
	roots Roots
}

// Get returns the keys under a prefix that may be announced.
func (g guarded) Get(ctx context.Context, prefix bitstr.Key) ([]mh.Multihash, error) {
	keys, err := g.Keystore.Get(ctx, prefix)
	if err != nil {
		return nil, err
	}
	told, _, err := split(ctx, g.roots, keys)
	return told, err
}

// split parts keys into those that may be announced and the others.
func split(ctx context.Context, roots Roots, keys []mh.Multihash) (told, kept []mh.Multihash, err error) {
	for _, key := range keys {
		yes, err := roots.RootAnnounced(ctx, cid.NewCidV1(cid.DagProtobuf, key))
		if err != nil {
			return nil, nil, err
		}
		if yes {
			told = append(told, key)
		} else {
			kept = append(kept, key)
		}
	}
	return told, kept, nil
}

// recount makes what is announced equal to what the catalogue has: what must
// not be told goes first.
func (a *announcer) recount(ctx context.Context) error {
	for region := range 256 { // one at a time, so that memory follows a part of the keys
		prefix := bitstr.Key(fmt.Sprintf("%08b", region))
		if err := a.weed(ctx, prefix); err != nil {
			return err
		}
	}
	for cursor, more := int64(0), true; more; more = cursor != 0 {
		page, next, err := a.roots.AnnouncedRoots(ctx, cursor, rootsPage)
		if err != nil {
			return err
		}
		keys := make([]mh.Multihash, len(page))
		for i, root := range page {
			keys[i] = root.Hash()
		}
		if err := a.add(keys...); err != nil {
			return err
		}
		cursor = next
	}
	return nil
}

func (a *announcer) weed(ctx context.Context, prefix bitstr.Key) error {
	a.mu.Lock()
	g, ok := a.keys.(guarded)
	a.mu.Unlock()
	if !ok {
		return nil
	}
	keys, err := g.Keystore.Get(ctx, prefix)
	if err != nil {
		return err
	}
	_, kept, err := split(ctx, a.roots, keys)
	if err != nil {
		return err
	}
	return a.drop(ctx, kept...)
}
