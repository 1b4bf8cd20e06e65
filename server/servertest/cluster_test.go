package servertest

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server"
)

func requireHeld(t *testing.T, n *Node, r Release) {
	t.Helper()
	pin := n.Pin(r.Root)
	require.Equal(t, string(models.PinHeld), pin.State, pin.Failure)
}

// TestThreeNodes: what is published at one node is played at another through
// whichever still lives, and listed where it is pinned.
func TestThreeNodes(t *testing.T) {
	t.Parallel()
	nodes := Cluster(t, 3, func(i int, c *server.Config) {
		c.Gateway = "open"
		if i == 0 {
			c.CacheBytes = 0
		}
	})
	a, b, c := nodes[0], nodes[1], nodes[2]
	r := a.Publish(Clip(t, 5), models.Public)
	b.Connect(a)
	requireHeld(t, b, r)
	c.Connect(a, b)
	require.NoError(t, Play(t.Context(), r, c.GatewayURL()), "from peers")
	held, err := c.Folder().Blocks.Has(t.Context(), r.Root)
	require.NoError(t, err)
	require.False(t, held, "who plays does not keep")

	b.Kill()
	require.NoError(t, Play(t.Context(), r, c.GatewayURL()), "after one of two holders is gone")
	requireHeld(t, c, r)
	a.Kill()
	require.NoError(t, Play(t.Context(), r, c.URL()), "alone")

	for _, n := range []*Node{c, b} {
		if n == b {
			b.Start()
		}
		require.NoError(t, Play(t.Context(), r, n.URL()))
		got, err := n.Visitor().Release(t.Context(), r.ID)
		require.NoError(t, err)
		require.Equal(t, r.Root.String(), got.Manifest)
		_, list, err := Get(t.Context(), n.URL()+"/api/v1/releases?q=public+clip")
		require.NoError(t, err)
		require.Contains(t, string(list), r.ID)
	}
	require.NoError(t, c.Owner().Unpin(t.Context(), r.Root.String()))
	status, _, err := Get(t.Context(), c.URL()+"/api/v1/releases/"+r.ID)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status)
}

// TestNeighbours follows one release to nodes that are cut off, full, or have it
// from a file.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	const limit, size = 30_000, 2_700
	nodes := Cluster(t, 3, func(i int, c *server.Config) {
		if i == 2 {
			c.MaxStorage = limit
		}
	})
	a, b, full := nodes[0], nodes[1], nodes[2]
	b.Connect(a)
	full.Connect(a)
	heal := a.Part(b)
	r := a.Publish(Clip(t, 2), models.Public)
	t.Run("partition and heal", func(t *testing.T) {
		require.Error(t, b.Server.Connect(t.Context(), a.PeerAddrs()[0]))
		pin := b.Pin(r.Root)
		require.Equal(t, string(models.PinFailed), pin.State)
		require.Contains(t, pin.Failure, "pin_unavailable")
		heal()
		b.Connect(a)
		requireHeld(t, b, r)
		require.NoError(t, Play(t.Context(), r, b.URL()))
	})
	t.Run("import", func(t *testing.T) {
		require.NoError(t, b.Owner().Unpin(t.Context(), r.Root.String()))
		_, err := b.Visitor().Release(t.Context(), r.ID)
		require.ErrorIs(t, err, models.ErrNotFound)
		importFrom(t, a, b, r)
		got, err := b.Visitor().Release(t.Context(), r.ID)
		require.NoError(t, err)
		require.Equal(t, r.Root.String(), got.Manifest)
		require.NoError(t, Play(t.Context(), r, b.URL()))
	})
	t.Run("storage limit", func(t *testing.T) { testStorageLimit(t, full, r, limit, size) })
}

// importFrom takes a release from one node to another as a command does.
func importFrom(t *testing.T, from, to *Node, r Release) {
	t.Helper()
	archive, err := from.Visitor().CAR(t.Context(), r.Root.String())
	require.NoError(t, err)
	defer func() { _ = archive.Close() }()
	folder, err := server.OpenFolder(t.Context(), to.cfg.Where())
	require.NoError(t, err)
	defer func() { _ = folder.Close() }()
	root, err := blockset.ImportCAR(t.Context(), archive, folder.Blocks)
	require.NoError(t, err)
	_, err = folder.Keep(t.Context(), root)
	require.NoError(t, err)
}

// testStorageLimit: a release that does not fit is refused before its files are
// fetched, and of twenty uploads that come together as many begin as fit.
func testStorageLimit(t *testing.T, n *Node, r Release, limit, size int64) {
	pin := n.Pin(r.Root)
	require.Equal(t, string(models.PinFailed), pin.State)
	require.Contains(t, pin.Failure, "storage_limit")
	require.Less(t, pin.Bytes, int64(20_000), "only root, manifest and signature")
	require.NoError(t, n.Owner().Unpin(t.Context(), r.Root.String()))

	var begun atomic.Int64
	var group errgroup.Group
	owner := n.Owner()
	for range 20 {
		group.Go(func() error {
			_, err := owner.Create(t.Context(), size, nil)
			var fault *models.Fault
			if errors.As(err, &fault) && strings.HasSuffix(fault.Code, "storage_limit") {
				return nil
			}
			if err == nil {
				begun.Add(1)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.EqualValues(t, limit/size, begun.Load())
	u, err := n.Folder().Catalog.Usage(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, limit/size*size, u.Used())
	said, err := n.Visitor().Node(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, limit, said.Storage.Limit)
}
