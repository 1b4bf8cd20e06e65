package main

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/server/client"
)

// published is the data folder of a node that has published something, and what.
const published = "RUNNEL_TEST_PUBLISHED"

func (n *node) peers() int {
	info, err := client.New(n.url(), "").Node(n.t.Context())
	if err != nil {
		return -1
	}
	return info.Peers
}

// TestLAN: two nodes on one network find each other by themselves, and what one
// has is kept by the other; a node that was told not to finds nobody and is found
// by nobody.
func TestLAN(t *testing.T) {
	if os.Getenv(within) == "" {
		publish(t)
	}
	twoHosts(t, func(other []string) {
		var release struct{ Manifest, Data string }
		require.NoError(t, json.Unmarshal([]byte(os.Getenv(published)), &release))
		at := func(addr, port string, args ...string) *node {
			return newNodeAt(t, addr+":80"+port, append(args, "--gateway-http", "", "--p2p", "/ip4/"+addr+"/tcp/40"+port)...)
		}
		a := at("10.77.0.1", "80", "--lan")
		a.data = release.Data
		b, alone := at("10.77.0.2", "80", "--lan"), at("10.77.0.2", "90", "--no-lan")
		b.in, alone.in = other, other
		for _, n := range []*node{alone, a, b} {
			n.start()
		}
		b.until(30*time.Second, "found by mDNS", func() bool { return b.peers() == 1 && a.peers() == 1 })
		b.must("pin", release.Manifest)
		require.Zero(t, alone.peers(), "told not to look for neighbours")
		require.Equal(t, 1, b.peers())
		a.kill()
		master := b.url() + "/ipfs/" + release.Manifest + "/master.m3u8"
		out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", master, "-map", "0:v:0", "-f", "null", "-").CombinedOutput()
		require.NoError(t, err, string(out))
		require.Empty(t, string(out))
	})
}

// publish makes a release on a node and stops it.
func publish(t *testing.T) {
	t.Helper()
	n := newNode(t, "--gateway-http", "")
	n.start()
	var release struct{ Manifest, Data string }
	require.NoError(t, json.Unmarshal([]byte(n.must("publish", clip(t, 2, "320x180"), "--json")), &release))
	n.kill()
	release.Data = n.data
	text, err := json.Marshal(release)
	require.NoError(t, err)
	t.Setenv(published, string(text))
}

// TestConnectionsPerHost: one address has its number of connections to a node,
// and another one has its own.
func TestConnectionsPerHost(t *testing.T) {
	const most = 64
	twoHosts(t, func(other []string) {
		n := newNodeAt(t, "10.77.0.2:8080", "--lan", "--gateway-http", "", "--p2p", "/ip4/10.77.0.2/tcp/4001")
		n.in = other
		n.start()
		let := 0
		for range most + 20 {
			if letIn(t, "10.77.0.1") {
				let++
			}
		}
		require.Equal(t, most, let)
		require.True(t, letIn(t, "10.77.0.3"), "another address")
	})
}

// letIn opens a connection to the node's peer port and reports whether the node
// speaks on it. It stays open.
func letIn(t *testing.T, from string) bool {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	c, err := dialer.DialContext(t.Context(), "tcp4", "10.77.0.2:4001")
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = c.Read(make([]byte, 1))
	if timeout, ok := errors.AsType[net.Error](err); ok {
		require.False(t, timeout.Timeout(), "neither let in nor turned away")
	}
	return err == nil
}
