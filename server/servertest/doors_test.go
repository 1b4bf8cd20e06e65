package servertest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/boxo/bitswap"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog"
)

// door is one way in which a release's bytes could leave a node.
type door struct {
	name string
	open func(ctx context.Context, n *Node, r Release) (int, error) // an HTTP status
}

// at is a door by HTTP; {root} and {id} stand for the release's.
func at(base func(*Node) string, path string) func(context.Context, *Node, Release) (int, error) {
	return func(ctx context.Context, n *Node, r Release) (int, error) {
		path := strings.NewReplacer("{root}", r.Root.String(), "{id}", r.ID).Replace(path)
		status, _, err := Get(ctx, base(n)+path)
		return status, err
	}
}

// silent stands for a release that is told of without a place to play it.
const silent = 0

// played is the status of the master playlist that the API names, or of the API
// where it does not tell; silent where it names none.
func played(who func(*Node) string) func(context.Context, *Node, Release) (int, error) {
	return func(ctx context.Context, n *Node, r Release) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL()+"/api/v1/releases/"+r.ID, nil)
		if err != nil {
			return 0, err
		}
		if token := who(n); token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		defer func() { _ = res.Body.Close() }()
		var told struct{ MasterURL string }
		if err := json.NewDecoder(res.Body).Decode(&told); err != nil || res.StatusCode != http.StatusOK {
			return res.StatusCode, err
		}
		if told.MasterURL == "" {
			return silent, nil
		}
		status, _, err := Get(ctx, told.MasterURL)
		return status, err
	}
}

// stranger is a stock peer that holds nothing and asks the one node that it is
// connected with for everything: it does not speak the DHT, where it would find
// the other holders. It waits long for what it should get; that nothing comes
// must be believed at some time.
type stranger struct {
	host     host.Host
	swap     *bitswap.Bitswap
	patience time.Duration
}

func newStranger(t *testing.T, patience time.Duration) *stranger {
	t.Helper()
	h, err := libp2p.New(libp2p.NoListenAddrs)
	require.NoError(t, err)
	empty := blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore()))
	s := &stranger{host: h, swap: bitswap.New(context.Background(), bsnet.NewFromIpfsHost(h), nil, empty), patience: patience}
	t.Cleanup(func() { _ = errors.Join(s.swap.Close(), h.Close()) })
	return s
}

// byBitswap asks for the root's block as a peer: 200 or 404.
func byBitswap(s *stranger) func(context.Context, *Node, Release) (int, error) {
	return func(ctx context.Context, n *Node, r Release) (int, error) {
		to, err := peer.AddrInfoFromString(n.PeerAddrs()[0])
		if err == nil {
			err = s.host.Connect(ctx, *to)
		}
		if err != nil {
			return 0, err
		}
		ctx, cancel := context.WithTimeout(ctx, s.patience)
		defer cancel()
		if _, err := s.swap.GetBlock(ctx, r.Root); err != nil {
			return http.StatusNotFound, nil
		}
		return http.StatusOK, nil
	}
}

func listed(query string) func(context.Context, *Node, Release) (int, error) {
	return func(ctx context.Context, n *Node, r Release) (int, error) {
		_, body, err := Get(ctx, n.URL()+"/api/v1/releases"+query)
		if err != nil || strings.Contains(string(body), r.ID) {
			return http.StatusOK, err
		}
		return http.StatusNotFound, nil
	}
}

// bitswapDoor is the place of that door in the table.
const bitswapDoor = 7

func doors(asking *stranger) []door {
	app, gateway := (*Node).URL, (*Node).GatewayURL
	return []door{
		{"files", at(app, "/ipfs/{root}/master.m3u8")},
		{"root block", at(app, "/ipfs/{root}?format=raw")},
		{"archive", at(app, "/ipfs/{root}?format=car")},
		{"gateway", at(gateway, "/ipfs/{root}/master.m3u8")},
		{"gateway raw", at(gateway, "/ipfs/{root}?format=raw")},
		{"gateway archive", at(gateway, "/ipfs/{root}?format=car")},
		{"gateway tar", at(gateway, "/ipfs/{root}?format=tar")},
		{"Bitswap", byBitswap(asking)},
		{"media", played(func(*Node) string { return "" })},
		{"live", at(app, "/api/v1/releases/{id}/live/master.m3u8")},
		{"list", listed("?limit=100")},
		{"search", listed("?q=clip&limit=100")},
		{"owner's media", played(func(n *Node) string { return n.token })},
	}
}

// TestDoors: what may not go out goes out by no door, whichever node keeps it.
// One release goes through its states, so that what was remembered of one is no
// way around the next.
func TestDoors(t *testing.T) {
	t.Parallel()
	nodes := Cluster(t, 2)
	a, b := nodes[0], nodes[1]
	b.Connect(a)
	r := a.Publish(Clip(t, 2), models.Public)
	requireHeld(t, b, r)
	open, none, gone := http.StatusOK, http.StatusNotFound, http.StatusUnavailableForLegalReasons
	everywhere := []int{open, open, open, open, open, open, open, open, open, open, open, open, open}
	nowhere := []int{none, none, none, none, none, none, none, none, none, none, none, none, open}
	locked := append(slices.Clone(nowhere[:len(nowhere)-1]), http.StatusUnauthorized)
	down := []int{gone, gone, gone, gone, gone, gone, gone, none, gone, gone, none, none, silent}
	for _, row := range []struct {
		name   string
		n      *Node
		change func(*testing.T)
		want   []int
	}{
		{"public", a, func(*testing.T) {}, everywhere},
		{"pinned", b, func(*testing.T) {}, everywhere},
		{"unlisted", a, seen(a, r, models.Unlisted), []int{open, open, open, open, open, open, open, open, open, open, none, none, open}},
		{"private", a, seen(a, r, models.Private), nowhere},
		{"public again", a, seen(a, r, models.Public), everywhere},
		{"hidden", a, stand(a, r, models.StandingHidden), nowhere},
		{"taken down", a, stand(a, r, models.StandingTakenDown), down},
		{"taken down elsewhere", b, func(*testing.T) {}, everywhere},
		{"restored", a, stand(a, r, models.StandingGood), everywhere},
		{"channel blocked", a, decided(a, r, models.ActionBlockChannel), nowhere},
		{"channel blocked, after a restart", a, restarted(a), nowhere},
		{"account blocked too", a, decided(a, r, models.ActionBlockAccount), locked},
		{"channel let in", a, decided(a, r, models.ActionUnblockChannel), locked},
		{"account let in", a, decided(a, r, models.ActionUnblockAccount), everywhere},
		{"hidden where it is pinned", b, stand(b, r, models.StandingHidden), nowhere},
		{"taken down there", b, stand(b, r, models.StandingTakenDown), down},
		{"pinned again", b, again(b, r), down},
	} {
		row.change(t)
		patience := 20 * time.Second
		if row.want[bitswapDoor] != open {
			patience = 500 * time.Millisecond
		}
		for i, d := range doors(newStranger(t, patience)) {
			got, err := d.open(t.Context(), row.n, r)
			require.NoError(t, err, "%s, %s", row.name, d.name)
			require.Equal(t, row.want[i], got, "%s, %s", row.name, d.name)
		}
	}
}

// seen is the creator's word.
func seen(n *Node, r Release, v models.Visibility) func(*testing.T) {
	return func(t *testing.T) {
		_, err := n.Folder().Catalog.UpdateRelease(t.Context(), r.ID, catalog.Patch{Visibility: &v})
		require.NoError(t, err)
	}
}

// stand is a moderator's word.
func stand(n *Node, r Release, s models.Standing) func(*testing.T) {
	return func(t *testing.T) {
		require.NoError(t, n.Folder().Catalog.SetStanding(t.Context(), r.ID, s, "a test", 1, -1))
	}
}

// decided is a moderator's word on whose release it is.
func decided(n *Node, r Release, action models.Action) func(*testing.T) {
	return func(t *testing.T) {
		rows := n.Folder().Catalog
		entry, err := rows.Release(t.Context(), r.ID)
		require.NoError(t, err)
		d := models.Decision{Action: action, Reason: "a test", By: 1, AccountID: entry.AccountID}
		if action == models.ActionBlockChannel || action == models.ActionUnblockChannel {
			d.AccountID, d.ChannelID = 0, entry.ChannelID
		}
		_, _, err = rows.Decide(t.Context(), d)
		require.NoError(t, err)
	}
}

// restarted kills a node and starts it on the same folder.
func restarted(n *Node) func(*testing.T) {
	return func(*testing.T) {
		n.Kill()
		n.Start()
	}
}

// again lets a pin go and asks for it anew; its blocks are still here.
func again(n *Node, r Release) func(*testing.T) {
	return func(t *testing.T) {
		require.NoError(t, n.Owner().Unpin(t.Context(), r.Root.String()))
		requireHeld(t, n, r)
	}
}
