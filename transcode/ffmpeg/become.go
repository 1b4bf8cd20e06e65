package ffmpeg

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// become limits the address space and becomes the tool. It returns only when
// that failed.
//
// Our own runtime holds more address space than a tool may have: from the limit
// on it can map nothing, and ends the process when it has to. So the two system
// calls follow on each other, and everything that they need is there before.
func become(argv []string, memory int64) error {
	path, err1 := syscall.BytePtrFromString(argv[0])
	args, err2 := syscall.SlicePtrFromStrings(argv)
	env, err3 := syscall.SlicePtrFromStrings(toolEnv())
	limit, err4 := lowered(memory)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			return fmt.Errorf("exec: %w", err)
		}
	}
	haveSpareThread()
	_, _, errno := syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_AS, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno == 0 {
		_, _, errno = syscall.RawSyscall(unix.SYS_EXECVE,
			uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&args[0])), uintptr(unsafe.Pointer(&env[0])))
	}
	return fmt.Errorf("exec: %w", errno)
}

// lowered returns the limit of the address space: not above the one that holds
// already, which stays as it is for zero.
func lowered(memory int64) (unix.Rlimit, error) {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &now); err != nil || memory == 0 {
		return now, err
	}
	want := uint64(max(memory, 0))
	return unix.Rlimit{Cur: min(want, now.Max), Max: min(want, now.Max)}, nil
}

// haveSpareThread makes the runtime start the one thread that it may want while
// this goroutine holds the only processor, and waits until that thread has run:
// a thread needs a stack, and there is no address space for one later.
func haveSpareThread() {
	ran := make(chan struct{})
	go close(ran)
	<-ran
}
