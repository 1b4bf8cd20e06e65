package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// node is a running 'runnel serve' on a data folder of the lab.
type node struct {
	*service
	data    string
	admin   string // address of the metrics
	gateway string // address of the IPFS gateway
}

// serve starts a node on the data folder and returns once it answers. The
// caller stops it.
func (l *lab) serve(ctx context.Context, data string, args ...string) (*node, error) {
	var ports [3]string
	for i := range ports {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		ports[i] = port
	}
	n := &node{data: l.path(data), admin: "http://" + ports[1], gateway: "http://" + ports[2]}
	args = append([]string{"serve", "--data", n.data, "--http", ports[0], "--admin-http", ports[1],
		"--gateway-http", ports[2], "--p2p", "/ip4/127.0.0.1/tcp/0"}, args...)
	var err error
	n.service, err = l.start(ctx, data, "http://"+ports[0], l.runnel, args...)
	return n, err
}

// profile writes the server's CPU profile over that time to a file.
func (n *node) profile(ctx context.Context, over time.Duration, path string) error {
	body, err := get(ctx, fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", n.admin, int(over.Seconds())))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(body), 0o644)
}

// memory returns the resident set in bytes, now and at its highest.
func (n *node) memory() (now, peak int64, err error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		into := map[string]*int64{"VmRSS": &now, "VmHWM": &peak}[name]
		if into == nil {
			continue
		}
		if _, err := fmt.Sscan(rest, into); err != nil { // "  123 kB"
			return 0, 0, err
		}
		*into <<= 10
	}
	return now, peak, lines.Err()
}

// token returns a token of the data folder's owner.
func (l *lab) token(ctx context.Context, n *node) (string, error) {
	out, err := output(ctx, l.runnel, "token", "create", "owner", "--data", n.data)
	words := strings.Fields(out)
	if err != nil || len(words) == 0 {
		return "", errors.Join(errors.New("no token"), err)
	}
	return words[len(words)-1], nil
}

// get returns the body of a small answer.
func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", url, res.Status, body)
	}
	return string(body), err
}
