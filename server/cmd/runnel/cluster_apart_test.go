package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"runnel/models"
	"runnel/server/client"
)

// apart starts one more web server of the cluster, with no Redis and a block
// folder of its own, in which there is nothing.
func (c *cluster) apart() *node {
	c.t.Helper()
	n := newNode(c.t, "--role", "web", "--shared", filepath.Join(c.dir, "shared"), "--database", c.database(), "--gateway-http", "")
	n.args = append(n.args, "--blocks", n.data+"-blocks")
	n.start()
	return n
}

// live watches a private release at n while it is transcoded elsewhere.
func (c *cluster) live(n *node, id string) {
	c.t.Helper()
	n.until(60*time.Second, "playable while it is transcoded", func() bool {
		r, err := client.New(n.url(), c.token).Release(c.t.Context(), id)
		return err == nil && r.PlayableSeconds > 0
	})
	c.watch(n, "/api/v1/releases/"+id+"/live/master.m3u8")
	if r := c.release(id); r.State != string(models.StateTranscoding) {
		c.t.Errorf("the release was %s before it was watched", r.State)
	}
}

// watch fetches a release's playlists and the first segments of each as a player
// at n would.
func (c *cluster) watch(n *node, path string) {
	c.t.Helper()
	master, base := c.get(n, path)
	got := 0
	for _, playlist := range uris(master) {
		list, at := c.get(n, base+playlist)
		for _, segment := range uris(list)[:min(2, len(uris(list)))] {
			body, _ := c.get(n, at+segment)
			got += len(body)
		}
	}
	if got < 10_000 {
		c.t.Errorf("%s at %s: %d bytes of segments\n%s", path, n.url(), got, master)
	}
}

// get returns a body, and the folder that it lies in after redirects.
func (c *cluster) get(n *node, path string) (body, folder string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, n.url()+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s, %v", path, res.Status, err)
	}
	at := res.Request.URL.Path
	return string(data), at[:strings.LastIndexByte(at, '/')+1]
}
