package gateway

import (
	"bytes"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"runnel/models"
)

// doors are all ways to ask for a release, by its root or by a name of it.
func doors(c cid.Cid, name string) []string {
	root := c.String()
	return []string{
		"/ipfs/" + root + "/", "/ipfs/" + root + "/master.m3u8", "/ipfs/" + root + "?format=raw",
		"/ipfs/" + root + "?format=car", "/ipfs/" + root + "/master.m3u8?format=car&dag-scope=block",
		"/ipfs/" + root + "?format=tar", "/ipfs/" + root + "?format=dag-json", root + ".ipfs.localhost/master.m3u8",
		"/ipfs/" + cid.NewCidV1(cid.Raw, c.Hash()).String(), "/ipfs/" + root + "/../" + root + "/master.m3u8",
		root + ".ipfs.localhost/?format=raw", root + ".ipfs.localhost/?format=car", root + ".ipfs.localhost/?format=tar",
		"/ipns/" + name, "/ipns/" + name + "/master.m3u8", "/ipns/" + name + "?format=raw", "/ipns/" + name + "?format=car", "/ipns/" + name + "?format=tar",
		name + ".ipns.localhost/master.m3u8",
	}
}

// TestEveryDoorOpens for what may go out, so that the next test asks something.
func TestEveryDoorOpens(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		s := newShelf()
		set := publish(t, s, "t")
		name, data := record(t, "/ipfs/"+set.Root.String(), time.Hour)
		s.mark(set, true, models.StandingGood)
		g := start(t, Config{Open: open}, Deps{Blocks: s, Rules: s, Names: records{name: data}})
		for _, target := range doors(set.Root, name) {
			status := ask(t, g, "GET", target).StatusCode
			require.Contains(t, []int{200, 301, 406}, status, "%s, open %v", target, open)
		}
	}
}

// TestNothingElseLeaves asks for a release that may not go out by every door.
func TestNothingElseLeaves(t *testing.T) {
	t.Parallel()
	for _, open := range []bool{false, true} {
		for what, state := range map[string]struct {
			standing models.Standing
			deleted  bool
			status   int
		}{
			"private":    {models.StandingGood, false, 404},
			"hidden":     {models.StandingHidden, false, 404},
			"taken down": {models.StandingTakenDown, false, 451},
			"deleted":    {deleted: true, status: 404},
		} {
			s := newShelf()
			set := publish(t, s, "t")
			name, data := record(t, "/ipfs/"+set.Root.String(), time.Hour)
			g := start(t, Config{Open: open}, Deps{Blocks: s, Rules: s, Names: records{name: data}})
			s.mark(set, false, state.standing)
			if state.deleted {
				s.forget(set)
			}
			for _, target := range doors(set.Root, name) {
				for _, tag := range []string{"", "*"} {
					for _, method := range []string{"GET", "HEAD"} {
						answer := ask(t, g, method, target, "If-None-Match: "+tag)
						require.Equal(t, state.status, answer.StatusCode, "%s %s, open %v", what, target, open)
						require.False(t, bytes.Contains(bodyOf(t, answer), []byte("EXTM3U")))
					}
				}
			}
			for _, c := range set.Blocks {
				answer := ask(t, g, "GET", "/ipfs/"+c.String()+"?format=raw")
				require.Contains(t, []int{404, 451}, answer.StatusCode, "%s, open %v", what, open)
			}
		}
	}
}

func TestOpenServesTheUnknown(t *testing.T) {
	t.Parallel()
	s := newShelf()
	c := s.raw(cid.Raw, []byte("from elsewhere"))
	target := "/ipfs/" + c.String()
	require.Equal(t, 404, ask(t, start(t, Config{}, Deps{Blocks: s, Rules: s}), "GET", target).StatusCode)
	answer := ask(t, start(t, Config{Open: true}, Deps{Blocks: s, Rules: s}), "GET", target)
	require.Equal(t, 200, answer.StatusCode)
	require.Equal(t, "from elsewhere", string(bodyOf(t, answer)))
	page := ask(t, start(t, Config{Open: true}, Deps{Blocks: s, Rules: s}), "GET", "/ipfs/bafkqagj4onrxe2lqoq7gc3dfoj2cqmjjhqxxgy3snfyhipq")
	require.Equal(t, 200, page.StatusCode)
	require.Equal(t, "sandbox", page.Header.Get("Content-Security-Policy"))
}
