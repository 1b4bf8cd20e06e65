package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"runnel/server/client"
)

// cluster is what scripts/cluster has started: PostgreSQL, Redis, nginx, two web
// servers and a worker, each a process that is started again when it dies.
type cluster struct {
	t     *testing.T
	dir   string
	url   string            // of nginx
	http  map[string]string // each web server's own address
	admin map[string]string // each server's metrics
	token string            // the owner's
	node  *node             // nginx in the shape of a node
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	for _, program := range []string{"ffmpeg", "redis-server", "nginx"} {
		if _, err := exec.LookPath(program); err != nil {
			if _, err := os.Stat("/usr/sbin/" + program); err != nil {
				t.Skip(program + " is not installed")
			}
		}
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) == 0 {
		t.Skip("PostgreSQL is not installed")
	}
	c := &cluster{t: t, http: map[string]string{}, admin: map[string]string{}}
	cmd := exec.Command("../../../scripts/cluster")
	cmd.Env = append(os.Environ(), "RUNNEL_BIN="+binary)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	errors := &node{t: t}
	cmd.Stderr = errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			c.logs()
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	c.read(bufio.NewScanner(out))
	if c.dir == "" {
		t.Fatalf("the cluster did not start:\n%s", errors.tail())
	}
	c.node = &node{t: t, data: filepath.Join(c.dir, "web1"), http: strings.TrimPrefix(c.url, "http://")}
	lines := strings.Split(strings.TrimSpace(c.command("token", "create", "owner")), "\n")
	c.token = lines[len(lines)-1]
	return c
}

// read takes what the script prints until everything runs.
func (c *cluster) read(lines *bufio.Scanner) {
	for c.dir == "" && lines.Scan() {
		line := lines.Text()
		if at, ok := strings.CutPrefix(line, "Runnel is at "); ok {
			c.url = at
		}
		if rest, ok := strings.CutPrefix(line, "Everything lies in "); ok {
			c.dir, _, _ = strings.Cut(rest, ":")
		}
		if f := strings.Fields(line); len(f) == 3 && strings.HasSuffix(f[2], "/metrics") {
			c.http[f[0]], c.admin[f[0]] = f[1], strings.TrimSuffix(f[2], "/metrics")
		}
	}
	go func() { // what it prints at its end must not block it
		for lines.Scan() {
		}
	}()
}

// command runs a command on the cluster's data.
func (c *cluster) command(args ...string) string {
	c.t.Helper()
	cmd := exec.Command(binary, append(args, "--data", filepath.Join(c.dir, "web1"), "--shared", filepath.Join(c.dir, "shared"),
		"--database", c.database())...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("runnel %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (c *cluster) database() string {
	return "postgres:///runnel?host=" + c.dir + "/postgres&user=runnel"
}

func (c *cluster) pid(name string) int {
	data, err := os.ReadFile(filepath.Join(c.dir, name+".pid"))
	pid, perr := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || perr != nil {
		return 0 // being written
	}
	return pid
}

func (c *cluster) signal(name string, sig syscall.Signal) {
	c.t.Helper()
	if err := syscall.Kill(c.pid(name), sig); err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
}

// kill ends a process as by kill -9 and waits until its successor runs.
func (c *cluster) kill(name string) { c.end(name, syscall.SIGKILL) }

func (c *cluster) end(name string, sig syscall.Signal) {
	c.t.Helper()
	old := c.pid(name)
	c.signal(name, sig)
	c.node.until(40*time.Second, name+" started again", func() bool { pid := c.pid(name); return pid != 0 && pid != old })
	if admin := c.admin[name]; admin != "" {
		c.node.until(30*time.Second, name+" healthy again", func() bool { return client.New(admin, "").Healthy(c.t.Context()) })
	}
}

// text is the body of a page, empty when there is none.
func text(url string) string {
	res, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	var b strings.Builder
	_, _ = bufio.NewReader(res.Body).WriteTo(&b)
	return b.String()
}

func (c *cluster) logs() {
	for _, name := range []string{"web1", "web2", "worker", "nginx", "postgres", "redis"} {
		data, _ := os.ReadFile(filepath.Join(c.dir, name+".log"))
		c.t.Logf("log of %s:\n%s", name, data[max(0, len(data)-4000):])
	}
}

// upload returns an upload of data through nginx.
func (c *cluster) upload(data []byte) *upload {
	return &upload{n: c.node, token: c.token, data: data}
}

// metric sums a metric's samples whose labels hold a text.
func (c *cluster) metric(server, name, label string) (sum float64) {
	for line := range strings.Lines(text(c.admin[server] + "/metrics")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if base, _, _ := strings.Cut(key, "{"); base == name && strings.Contains(key, label) {
			var v float64
			_, _ = fmt.Sscan(value, &v)
			sum += v
		}
	}
	return sum
}
