package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
)

// slow holds one block back for as long as anybody waits for it.
type slow struct {
	*shelf
	held  cid.Cid
	asked chan struct{} // one for each who waits
}

func (s slow) Get(ctx context.Context, root, c cid.Cid) ([]byte, error) {
	if c != s.held {
		return s.shelf.Get(ctx, root, c)
	}
	s.asked <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

// withheld is a release of which one block does not come.
func withheld(t *testing.T, cfg Config, which func(blockset.Set) cid.Cid) (*Gateway, slow, blockset.Set) {
	s := newShelf()
	set := publish(t, s, "t")
	s.mark(set, true, models.StandingGood)
	blocks := slow{s, which(set), make(chan struct{}, 10)}
	return start(t, cfg, Deps{Blocks: blocks, Rules: s}), blocks, set
}

func rootOf(set blockset.Set) cid.Cid { return set.Root }

func lastLeaf(set blockset.Set) cid.Cid {
	for _, f := range set.Files {
		if f.Path == longFile {
			return f.Blocks[len(f.Blocks)-1]
		}
	}
	return cid.Undef
}

// TestContentThatDoesNotCome ends in 504, or cut off where the answer had begun.
func TestContentThatDoesNotCome(t *testing.T) {
	t.Parallel()
	g, _, set := withheld(t, Config{RetrievalTimeout: 50 * time.Millisecond}, rootOf)
	for _, target := range []string{"/", "/master.m3u8", "?format=raw", "?format=car", "?format=tar"} {
		answer := ask(t, g, "GET", "/ipfs/"+set.Root.String()+target)
		require.Equal(t, http.StatusGatewayTimeout, answer.StatusCode, target)
	}
	g, _, set = withheld(t, Config{RetrievalTimeout: 300 * time.Millisecond}, lastLeaf)
	for _, target := range []string{"/" + longFile, "?format=car", "?format=tar"} {
		answer := ask(t, g, "GET", "/ipfs/"+set.Root.String()+target)
		if answer.StatusCode != http.StatusGatewayTimeout { // it may take that long to begin
			require.True(t, strings.HasSuffix(string(bodyOf(t, answer)), "cut off"), target)
		}
	}
}

// TestClientThatTakesNothing is left after a while.
func TestClientThatTakesNothing(t *testing.T) {
	t.Parallel()
	s := newShelf()
	s.known = map[string]bool{}
	big := newSpecimens(t).chunkedInto(s, 64<<20)
	g := start(t, Config{Open: true, RetrievalTimeout: 100 * time.Millisecond}, Deps{Blocks: s, Rules: s})
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		g.ServeHTTP(w, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET /ipfs/"+big.String()+" HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	<-ended
}

// TestTooManyAtOnce: one more than may is told to come back.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	g, blocks, set := withheld(t, Config{MaxConcurrent: 1}, rootOf)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/ipfs/"+set.Root.String()+"/", nil))
	}()
	<-blocks.asked
	answer := ask(t, g, "GET", "/ipfs/"+lastLeaf(set).String())
	require.Equal(t, http.StatusTooManyRequests, answer.StatusCode)
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	cancel()
	<-done
	require.Equal(t, http.StatusOK, ask(t, g, "GET", "/ipfs/"+lastLeaf(set).String()).StatusCode)
}

// TestTooLarge: what says that it is too large is not begun.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	g, _, set := served(t, Config{MaxResponse: 1 << 20})
	for target, status := range map[string]int{
		"/" + longFile: 410, "/": 200, "/master.m3u8": 200, "?format=raw": 200, "/master.m3u8?format=car": 200,
	} {
		require.Equal(t, status, ask(t, g, "GET", "/ipfs/"+set.Root.String()+target).StatusCode, target)
	}
}
