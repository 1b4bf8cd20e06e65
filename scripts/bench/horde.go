package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// hordeWord makes this program a mob instead of a benchmark: it reads an order
// from its standard input, attacks until that ends, and says every reportEvery
// what it did.
const (
	hordeWord   = "horde"
	reportEvery = 50 * time.Millisecond
)

// horde is a mob in a process of its own. Attackers sit on other machines; what
// their programs compute must not be taken from those who are measured, as far
// as that can be had without privilege: an idle process runs when nobody else
// wants to.
type horde struct {
	cmd   *exec.Cmd
	alive io.Closer // its standard input
	says  *json.Decoder
}

// newHorde starts a mob. The caller stops it.
func newHorde(o order, idle bool) (*horde, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &horde{cmd: exec.Command(self, hordeWord)}
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.alive, c.says = in, json.NewDecoder(out)
	if err := startAs(c.cmd, idle); err != nil {
		return nil, err
	}
	return c, json.NewEncoder(in).Encode(o)
}

// startAs starts a program, which inherits the policy of the thread that does.
func startAs(cmd *exec.Cmd, idle bool) error {
	if !idle {
		return cmd.Start()
	}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
		if err == nil {
			err = cmd.Start()
		}
		started <- err
	}()
	return <-started
}

// did returns what the mob says next.
func (c *horde) did() (d deeds, err error) { return d, c.says.Decode(&d) }

// begun waits until the attack is under way.
func (c *horde) begun() error {
	for {
		d, err := c.did()
		if err != nil || d.Connected >= 600 && d.Sent >= 300 {
			return err
		}
	}
}

// last waits for the mob's end and returns the last that it said.
func (c *horde) last() (d deeds) {
	_ = c.alive.Close()
	for next, err := d, error(nil); err == nil; next, err = c.did() {
		d = next
	}
	_ = c.cmd.Wait()
	return d
}

// beHorde is the mob's side.
func beHorde(ctx context.Context) error {
	in := json.NewDecoder(os.Stdin)
	var o order
	if err := in.Decode(&o); err != nil {
		return err
	}
	m, err := newMob(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	go m.run(ctx)
	for out := json.NewEncoder(os.Stdout); ctx.Err() == nil; _ = wait(ctx, reportEvery) {
		if err := out.Encode(m.did()); err != nil {
			return err
		}
	}
	return nil
}
