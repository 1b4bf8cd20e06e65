package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The tests below two hosts run in a network of their own: the test starts
// itself again in new namespaces, where it is one host (10.77.0.1 and .3) and has
// a cable to another (10.77.0.2). No privilege is needed where users may make
// namespaces.
const (
	builtBefore = "RUNNEL_TEST_BINARY"
	within      = "RUNNEL_TEST_WITHIN"
)

// twoHosts runs test in such a network, with what runs a command on the other
// host.
func twoHosts(t *testing.T, test func(other []string)) {
	t.Helper()
	if os.Getenv(within) != "" {
		test(cable(t))
		return
	}
	user := syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := again(t, user)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) { // no namespaces of users here; root can do without
		out, err = again(t, syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET})
	}
	if err != nil {
		t.Fatalf("in a network of its own (which takes user namespaces, or root): %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func again(t *testing.T, attr syscall.SysProcAttr) ([]byte, error) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Env = append(os.Environ(), within+"=1", builtBefore+"="+binary)
	cmd.SysProcAttr = &attr
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return cmd.CombinedOutput()
}

// cable makes the other host and connects it with this one.
func cable(t *testing.T) (other []string) {
	t.Helper()
	host := exec.Command("sleep", "infinity") // a host is there while a process is
	host.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	must(t, host.Start())
	t.Cleanup(func() { _ = host.Process.Kill(); _ = host.Wait() })
	other = []string{"nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", host.Process.Pid)}
	for _, step := range []struct {
		in   []string
		line string
	}{
		{nil, fmt.Sprintf("ip link add here type veth peer name there netns %d", host.Process.Pid)},
		{nil, "ip addr add 10.77.0.1/24 dev here"},
		{nil, "ip addr add 10.77.0.3/24 dev here"},
		{nil, "ip link set lo up"},
		{nil, "ip link set here up"},
		{other, "ip addr add 10.77.0.2/24 dev there"},
		{other, "ip link set lo up"},
		{other, "ip link set there up"},
	} {
		line := append(step.in[:len(step.in):len(step.in)], strings.Fields(step.line)...)
		if out, err := exec.Command(line[0], line[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", step.line, err, out)
		}
	}
	return other
}
