package blocks

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncAll writes out everything that the file system of f holds in memory.
// Since Linux 5.8 it reports what failed to be written since f was opened; see
// syncfs(2).
func syncAll(f *os.File) error {
	return os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd())))
}

// beginWriting asks the kernel to begin to write a file out, and waits for
// nothing. It makes nothing durable; what fails is told by the sync.
func beginWriting(f *os.File) {
	_ = unix.SyncFileRange(int(f.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}

// syncAllReports says whether this kernel's syncfs reports failed writes.
func syncAllReports() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	major, rest := leadingNumber(u.Release[:])
	if len(rest) == 0 {
		return false
	}
	minor, _ := leadingNumber(rest[1:])
	return major > 5 || major == 5 && minor >= 8
}

func leadingNumber(b []byte) (n int, rest []byte) {
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		n, b = n*10+int(b[0]-'0'), b[1:]
	}
	return n, b
}
