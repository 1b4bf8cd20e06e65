package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// service is a program that answers at an address until it is stopped.
type service struct {
	url   string
	log   string // the file with what it says
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // how it ended; once ended is closed
}

// start starts a program and returns once its port answers. What it says goes
// to a file of the lab. The caller stops it.
func (l *lab) start(ctx context.Context, name, url, program string, args ...string) (*service, error) {
	s := &service{url: url, log: l.path(name + ".log"), ended: make(chan struct{})}
	out, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	s.cmd = exec.CommandContext(ctx, program, args...)
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 30 * time.Second
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.awake(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// awake waits until something listens at the address.
func (s *service) awake(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			return connection.Close()
		}
		select {
		case <-s.ended:
			said, _ := os.ReadFile(s.log)
			return fmt.Errorf("%s ended: %v: %s", s.cmd.Path, s.err, said)
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// stop ends the program and waits until it is gone.
func (s *service) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.ended
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
