package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"runnel/server/client"
)

// node is a running 'runnel serve' on a data folder of the lab.
type node struct {
	cmd     *exec.Cmd
	ended   chan error
	data    string
	url     string // API, player and media
	admin   string // metrics
	gateway string // the IPFS gateway
}

// serve starts a node on the data folder and returns once it answers. What it
// logs goes to a file beside the folder. The caller stops it.
func (l *lab) serve(ctx context.Context, data string, args ...string) (*node, error) {
	n := &node{data: l.path(data), ended: make(chan error, 1)}
	for _, address := range []*string{&n.url, &n.admin, &n.gateway} {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		*address = "http://" + port
	}
	out, err := os.Create(n.data + ".log")
	if err != nil {
		return nil, err
	}
	defer out.Close()
	bare := func(address string) string { return strings.TrimPrefix(address, "http://") }
	n.cmd = exec.CommandContext(ctx, l.runnel, append([]string{"serve", "--data", n.data, "--http", bare(n.url),
		"--admin-http", bare(n.admin), "--gateway-http", bare(n.gateway), "--p2p", "/ip4/127.0.0.1/tcp/0"}, args...)...)
	n.cmd.Stdout, n.cmd.Stderr = out, out
	n.cmd.Cancel = func() error { return n.cmd.Process.Signal(syscall.SIGTERM) }
	n.cmd.WaitDelay = 30 * time.Second
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { n.ended <- n.cmd.Wait() }()
	return n, n.awake(ctx)
}

// awake waits until the node answers.
func (n *node) awake(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !client.New(n.url, "").Healthy(ctx) {
		select {
		case err := <-n.ended:
			n.ended <- err
			return fmt.Errorf("the node ended: %w; see %s.log", err, n.data)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// stop ends the node and waits until it is gone.
func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	err := <-n.ended
	n.ended <- err
}

// metric returns the sum of a metric's samples whose labels contain each of the
// given texts, e.g. `source="peer"`.
func (n *node) metric(ctx context.Context, name string, labels ...string) (float64, error) {
	body, err := get(ctx, n.admin+"/metrics")
	if err != nil {
		return 0, err
	}
	return sample(body, name, labels...)
}

// sample reads the text format of Prometheus.
func sample(text, name string, labels ...string) (total float64, err error) {
	found := false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		at := strings.LastIndexByte(rest, ' ')
		if !ok || at < 0 || rest[0] != ' ' && rest[0] != '{' || !containsAll(rest[:at], labels) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest[at:]), 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		total, found = total+value, true
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return total, nil
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
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
		var kib int64
		switch name, rest, _ := strings.Cut(lines.Text(), ":"); name {
		case "VmRSS":
			_, err = fmt.Sscan(rest, &kib)
			now = kib << 10
		case "VmHWM":
			_, err = fmt.Sscan(rest, &kib)
			peak = kib << 10
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return now, peak, lines.Err()
}

// token returns a token of the data folder's owner.
func (l *lab) token(ctx context.Context, n *node) (string, error) {
	out, err := l.command(ctx, "token", "create", "owner", "--data", n.data)
	lines := strings.Fields(out)
	if err != nil || len(lines) == 0 {
		return "", errors.Join(errors.New("no token"), err)
	}
	return lines[len(lines)-1], nil
}

// command runs one of runnel's commands and returns what it printed.
func (l *lab) command(ctx context.Context, args ...string) (string, error) {
	return output(ctx, l.runnel, args...)
}

// output runs a program to its end and returns its standard output.
func output(ctx context.Context, program string, args ...string) (string, error) {
	var said strings.Builder
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, said.String())
	}
	return string(out), nil
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
