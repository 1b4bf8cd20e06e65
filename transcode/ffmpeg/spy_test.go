package ffmpeg

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// attempt is what the spy in ffmpeg's place could do.
type attempt struct {
	ReadInput, WriteDir                                     bool // must work
	ReadPasswd, ReadCanary, ListRoot, ListHome              bool
	WriteOutside, WriteInput, ExecWritten, Symlink          bool
	DialTCP, SendUDP, DialUnix, ListenTCP, Socketpair       bool
	Fork, NewSession, SignalParent, ReadParent, TraceParent bool
	RaiseLimit, LimitParent, KeepAfterParent, MemoryFile    bool
	Environment                                             []string
	NoNewPrivs                                              bool
	Capabilities                                            string
	OpenFiles, Core                                         uint64
	Nice                                                    int
}

// spy does what a taken-over ffmpeg might; it runs in the tool's process.
func spy(action string, args []string) int {
	switch action {
	case "try":
		_ = json.NewEncoder(os.Stdout).Encode(try(args))
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		<-time.After(time.Hour)
	case "flood":
		for {
			if _, err := os.Stdout.Write(make([]byte, 64<<10)); err != nil {
				return 1
			}
		}
	case "fill":
		return fill(args[0])
	case "spawn":
		return spawn(args[0])
	case "server":
		return server(args[0])
	case "killed":
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
		<-time.After(time.Hour)
	}
	return 0
}

// try expects canary, outside folder, TCP, UDP and unix addresses, input, dir.
func try(args []string) attempt {
	canary, outside, tcp, udp, sock, input := args[0], args[1], args[2], args[3], args[4], args[5]
	reads := func(path string) bool { b, err := os.ReadFile(path); return err == nil && len(b) > 0 }
	writes := func(path string) bool {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o700)
		if err == nil {
			f.Close()
		}
		return err == nil
	}
	lists := func(path string) bool { _, err := os.ReadDir(path); return err == nil }
	dials := func(network, addr string) bool {
		c, err := net.DialTimeout(network, addr, time.Second)
		if err != nil {
			return false
		}
		defer c.Close()
		_, err = c.Write([]byte("leak"))
		return err == nil
	}
	parent := os.Getppid()
	a := attempt{
		ReadInput: reads(input), WriteDir: writes("made-here"),
		ReadPasswd: reads("/etc/passwd"), ReadCanary: reads(canary), ListRoot: lists("/"), ListHome: lists("/root") || lists("/home"),
		WriteOutside: writes(filepath.Join(outside, "escaped")), WriteInput: writes(input),
		Symlink: os.Symlink("/etc/passwd", "link") == nil,
		DialTCP: dials("tcp", tcp), SendUDP: dials("udp", udp), DialUnix: dials("unix", sock),
		Fork:         exec.Command("/bin/true").Run() == nil,
		ReadParent:   reads("/proc/" + strconv.Itoa(parent) + "/environ"),
		SignalParent: unix.Kill(parent, 0) == nil,
		Environment:  os.Environ(),
		OpenFiles:    limit(unix.RLIMIT_NOFILE), Core: limit(unix.RLIMIT_CORE),
	}
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		a.ListenTCP = true
		l.Close()
	}
	if fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err == nil {
		a.Socketpair = true
		unix.Close(fds[0])
		unix.Close(fds[1])
	}
	a.ExecWritten = executes("made-here")
	a.more(parent)
	return a
}

func (a *attempt) more(parent int) {
	_, err := unix.Setsid()
	a.NewSession = err == nil || err == unix.EPERM && unix.Setpgid(0, 0) == nil
	// A group leader may not make a session in any case; moving groups tells.
	a.TraceParent = unix.PtraceSeize(parent) == nil // unlike attaching, stops nobody
	var now unix.Rlimit
	_ = unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &now)
	a.RaiseLimit = unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: now.Cur, Max: now.Max + 1}, nil) == nil
	a.LimitParent = unix.Prlimit(parent, unix.RLIMIT_CORE, nil, &now) == nil
	a.KeepAfterParent = unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0) == nil
	if fd, err := unix.MemfdCreate("x", 0); err == nil {
		a.MemoryFile = true
		unix.Close(fd)
	}
	n, _ := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	a.NoNewPrivs = n == 1
	var header = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	_ = unix.Capget(&header, &data[0])
	a.Capabilities = fmt.Sprintf("%08x%08x", data[1].Permitted, data[0].Permitted)
	a.Nice, _ = unix.Getpriority(unix.PRIO_PROCESS, 0)
	a.Nice = 20 - a.Nice // the system call returns it that way round
}

// executes writes a program into the working folder and asks the kernel whether
// it may run, without needing a second process.
func executes(name string) bool {
	program, err := os.ReadFile("/usr/lib/os-release")
	if err != nil {
		return false
	}
	_ = os.WriteFile(name, append([]byte("#!/bin/true\n"), program...), 0o700)
	return unix.Faccessat2(unix.AT_FDCWD, name, unix.X_OK, 0) == nil && syscallExecAllowed(name)
}

// syscallExecAllowed tries execve with an argument vector that the kernel
// refuses only after it has opened the file with the right to execute.
func syscallExecAllowed(name string) bool {
	big := make([]byte, 4<<20)
	for i := range big {
		big[i] = 'x'
	}
	return syscall.Exec(name, []string{string(big)}, nil) == syscall.E2BIG
}

func limit(resource int) uint64 {
	var l unix.Rlimit
	_ = unix.Prlimit(0, resource, nil, &l)
	return l.Max
}

func fill(path string) int {
	signal.Ignore(syscall.SIGXFSZ)
	f, err := os.Create(path)
	if err != nil {
		return 2
	}
	for {
		if _, err := f.Write(make([]byte, 64<<10)); err != nil {
			fmt.Fprintln(os.Stderr, err) // "file too large"
			return 3
		}
	}
}

// spawn leaves a child behind in our group, whose number it prints.
func spawn(how string) int {
	cmd := exec.Command("/bin/sleep", "600")
	if err := cmd.Start(); err != nil {
		return 4
	}
	fmt.Println(cmd.Process.Pid)
	if how == "wait" {
		<-time.After(time.Hour)
	}
	return 0
}

// server runs ffmpeg for ever in dir, as a node does, until it is killed.
func server(dir string) int {
	r, err := New(Config{}, quiet())
	if err != nil {
		return 5
	}
	err = r.Run(context.Background(), Command{
		Args: []string{"-re", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=5", "-f", "null", "-"}, Dir: dir,
		Progress: func(p Progress) {
			if p.Frame > 0 {
				_ = os.WriteFile(filepath.Join(dir, "running"), []byte("yes"), 0o600)
			}
		},
	})
	fmt.Fprintln(os.Stderr, err)
	return 6
}
