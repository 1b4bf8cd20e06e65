package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models/catalog/pgtest"
)

// canaries are secrets by what they are; none may be found where operators look.
type canaries map[string]string

// absent fails for every canary in a text.
func (c canaries) absent(t *testing.T, where, text string) {
	t.Helper()
	for what, secret := range c {
		require.NotEmpty(t, secret, what)
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s in %s: …%s…", what, where, text[max(0, at-200):min(len(text), at+200)])
		}
	}
}

// TestNoSecretsInLogs is P3: whatever secrets a node is told, makes and is sent,
// by those who mean well and those who do not, and with its database and Redis
// gone, its log (at its most talkative), metrics, readiness and the dump of a
// crash hold none of them.
func TestNoSecretsInLogs(t *testing.T) {
	db := pgtest.New(t)
	secret := canaries{
		"database password": "canary-db-Pw1", "Redis password": "canary-redis-Pw1",
		"password": "canary password 1", "wrong password": "canary password 2", "password that is too short": "cnry",
		"address as a name": "canary@mail.example", "token that is not ours": "canary-token-not-ours",
		"media token": "canary-media-token", "cookie that is not ours": "canary-cookie",
	}
	url := db.Database(t, "secrets") + "&password=" + secret["database password"]
	admin := free(t)
	n := newNode(t, "--admin-http", admin, "--gateway-http", "", "--log-level", "debug", "--database", url,
		"--redis", "redis://:"+secret["Redis password"]+"@"+free(t))
	n.start()
	made := func(input string, args ...string) string {
		cmd := exec.Command(binary, append(args, "--data", n.data, "--database", url)...)
		cmd.Stdin = strings.NewReader(input)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		require.NoError(t, err, errs.String())
		return string(out)
	}
	find := func(pattern, in string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(in)
		require.Len(t, found, 2, in)
		return found[1]
	}
	secret["recovery key"] = find(`recovery key\s+(\S+)`, made(secret["password"]+"\n", "user", "add", "ada", "--role", "creator", "--password-stdin"))
	secret["one-time link"] = find(`token=(\S+)`, made("", "user", "add", "bob", "--role", "creator"))
	lines := strings.Split(strings.TrimSpace(made("", "token", "create", "ada")), "\n")
	secret["token"] = lines[len(lines)-1]

	ask := asker{n.url(), t}
	signIn := func(name, password string) string { return `{"name":"` + name + `","password":"` + password + `"}` }
	res := ask.json("POST", "/api/v1/sessions", signIn("ada", secret["password"]), nil)
	require.Equal(t, 201, res.StatusCode)
	secret["cookie"] = res.Cookies()[0].Value
	for _, body := range []string{
		signIn("ada", secret["wrong password"]), signIn(secret["address as a name"], secret["wrong password"]),
		strings.TrimSuffix(signIn("ada", secret["wrong password"]), "}"), `{"name":"ada","password":["` + secret["wrong password"] + `"]}`,
		`{"` + secret["wrong password"] + `":1}`,
	} {
		require.GreaterOrEqual(t, ask.json("POST", "/api/v1/sessions", body, nil).StatusCode, 400)
	}
	setUp := func(password string) int {
		return ask.json("POST", "/api/v1/setup", `{"token":"`+secret["one-time link"]+`","name":"B","password":"`+password+`"}`, nil).StatusCode
	}
	require.Equal(t, 200, ask.json("GET", "/setup?token="+secret["one-time link"], "", nil).StatusCode)
	require.GreaterOrEqual(t, setUp(secret["password that is too short"]), 400)
	require.Equal(t, 200, setUp(secret["password"]))
	everywhere := func(want int) {
		for _, h := range []http.Header{
			{"Authorization": {"Bearer " + secret["token"]}}, {"Authorization": {"Bearer " + secret["token that is not ours"]}},
			{"Cookie": {"runnel=" + secret["cookie that is not ours"]}}, {"Cookie": {res.Cookies()[0].Name + "=" + secret["cookie"]}},
		} {
			for _, path := range []string{"/api/v1/me", "/api/v1/me?token=" + secret["token"], "/api/v1/media/" + secret["media token"] + "/master.m3u8",
				"/" + secret["media token"], "/api/v1/" + secret["token"]} {
				require.GreaterOrEqual(t, ask.json("GET", path, "", h).StatusCode, want, path)
			}
		}
	}
	everywhere(200)
	look := func(when string) {
		for _, path := range []string{"/metrics", "/readyz"} {
			secret.absent(t, path+" "+when, asker{"http://" + admin, t}.text(path))
		}
	}
	look("at work")
	db.Stop(t)
	everywhere(200)
	require.Equal(t, 503, ask.json("POST", "/api/v1/sessions", signIn("ada", secret["password"]), nil).StatusCode)
	look("without its database")

	require.NoError(t, n.cmd.Process.Signal(syscall.SIGQUIT))
	<-n.done
	n.cmd = nil
	log := n.log.String()
	for _, told := range []string{"route=/api/v1/sessions", "route=/api/v1/media/", "level=ERROR", "SIGQUIT: quit", "redis"} {
		require.Contains(t, log, told, "the log is not what was to be looked at")
	}
	secret.absent(t, "the log", log)
}

// TestNoSecretsInRefusals: what a node says of settings that it cannot take does
// not repeat their passwords.
func TestNoSecretsInRefusals(t *testing.T) {
	secret := canaries{"password": "canary-Pw1"}
	for _, args := range [][]string{
		{"--database", "postgres://runnel:canary-Pw1@127.0.0.1:notaport/x"}, {"--database", "postgres://runnel:canary-Pw1@127.0.0.1:1/x"},
		{"--database", "mysql://runnel:canary-Pw1@127.0.0.1/x"}, {"--database", "postgres://runnel:canary-Pw1@127.0.0.1/x?sslmode=what"},
		{"--database", "postgres://runnel:canary-Pw1%zz@127.0.0.1/x"},
		{"--redis", "redis://:canary-Pw1@127.0.0.1:notaport"}, {"--redis", "http://:canary-Pw1@127.0.0.1"}, {"--redis", "redis://:canary-Pw1%zz@h"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		out, err := exec.CommandContext(ctx, binary, append([]string{"serve", "--data", filepath.Join(t.TempDir(), "data"), "--http", "127.0.0.1:0",
			"--admin-http", "", "--gateway-http", "", "--p2p", "/ip4/127.0.0.1/tcp/0"}, args...)...).CombinedOutput()
		cancel()
		require.Error(t, err, args)
		require.NotEmpty(t, out)
		secret.absent(t, strings.Join(args, " "), string(out))
	}
}

// free returns an address on which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// asker asks one server.
type asker struct {
	base string
	t    *testing.T
}

func (a asker) json(method, path, body string, h http.Header) *http.Response {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, strings.NewReader(body))
	require.NoError(a.t, err)
	if h != nil {
		req.Header = h.Clone()
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(a.t, err)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(a.t, err)
	require.NoError(a.t, res.Body.Close())
	return res
}

// try sends a request to a node that may not live to answer it.
func (a asker) try(method, path string, h http.Header) error {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, nil)
	require.NoError(a.t, err)
	req.Header = h
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		err = res.Body.Close()
	}
	return err
}

func (a asker) text(path string) string {
	a.t.Helper()
	res, err := http.Get(a.base + path)
	require.NoError(a.t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(a.t, err)
	require.NotEmpty(a.t, text)
	return string(text)
}
