package ffmpeg

import (
	"fmt"
	"os"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// denied are the system calls that a media tool never needs: anything that
// reaches the network, another process or the kernel's machinery. Names that an
// architecture does not have are passed over.
var denied = []string{
	"socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept", "accept4",
	"sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
	"pidfd_open", "pidfd_getfd", "pidfd_send_signal", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
	"fork", "vfork", "execveat", "setsid", "setpgid", "setpriority", "ioprio_set",
	"mount", "umount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "pivot_root", "chroot", "unshare", "setns",
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"io_setup", "io_submit", "keyctl", "add_key", "request_key", "memfd_create", "memfd_secret",
	"kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot",
	"swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "sethostname", "setdomainname",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm", "syslog", "vhangup",
	"open_by_handle_at", "name_to_handle_at", "fanotify_init", "lookup_dcookie", "nfsservctl",
	"msgget", "semget", "shmget", "mq_open",
}

// restrictSyscalls loads the filters. Denied calls fail with EPERM; clone3,
// whose flags a filter cannot see, with ENOSYS, so that libc falls back to
// clone, which is allowed for threads only.
func restrictSyscalls() error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	const enosys = seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)
	filter := seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls: []seccomp.SyscallGroup{
				{Action: enosys, Names: known(info, []string{"clone3"})},
				{Action: seccomp.ActionErrno, Names: known(info, denied), NamesWithCondtions: deniedArguments()},
			},
		},
	}
	if err := seccomp.LoadFilter(filter); err != nil {
		return err
	}
	return forbidOtherABIs(uint32(info.ID))
}

// deniedArguments allows calls for our own process and thread only, and keeps
// the tool from outliving us.
func deniedArguments() []seccomp.NameWithConditions {
	when := func(name string, arg uint32, op seccomp.Operation, value uint64) seccomp.NameWithConditions {
		return seccomp.NameWithConditions{Name: name, Conditions: seccomp.ArgumentConditions{
			{Argument: arg, Operation: op, Value: value},
		}}
	}
	return []seccomp.NameWithConditions{
		when("clone", 0, seccomp.BitsNotSet, unix.CLONE_THREAD),
		when("tgkill", 0, seccomp.NotEqual, uint64(os.Getpid())),
		when("prlimit64", 0, seccomp.NotEqual, 0),
		when("prctl", 0, seccomp.Equal, unix.PR_SET_PDEATHSIG),
	}
}

func known(info *arch.Info, names []string) []string {
	var out []string
	for _, name := range names {
		if _, ok := info.SyscallNames[name]; ok {
			out = append(out, name)
		}
	}
	return out
}

// forbidOtherABIs ends the process on a system call of another architecture:
// the filter above lets those through, and a 64-bit program can make 32-bit
// calls.
func forbidOtherABIs(native uint32) error {
	const archOffset = 4 // in struct seccomp_data
	code := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: archOffset},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: native, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("architecture filter: %w", errno)
	}
	return nil
}

// seccompThere reports whether filters can be loaded at all, here and on this
// architecture.
func seccompThere() bool {
	_, err := arch.GetInfo("")
	return err == nil && seccomp.Supported()
}
