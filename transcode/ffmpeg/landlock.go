package ffmpeg

import (
	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// libraries are the folders and files a dynamically linked tool needs to start.
// Symbolic links on the way (/etc/alternatives) need no permission.
var libraries = []string{"/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib"}

// landlockABI is the newest version of the interface that restrictFiles asks for.
const landlockABI = 6

// restrictFiles enforces Landlock as far as the kernel has it: file access, TCP
// (ABI 4), device ioctls (5), signals and abstract sockets (6).
func (p policy) restrictFiles() error {
	const write = llsys.AccessFSReadFile | llsys.AccessFSReadDir | llsys.AccessFSWriteFile | llsys.AccessFSTruncate |
		llsys.AccessFSMakeReg | llsys.AccessFSMakeDir | llsys.AccessFSRemoveFile | llsys.AccessFSRemoveDir
	rules := []landlock.Rule{
		landlock.RODirs(libraries...).IgnoreIfMissing(),
		landlock.ROFiles("/etc/ld.so.cache", "/dev/urandom").IgnoreIfMissing(),
		landlock.RWFiles("/dev/null"),
		landlock.ROFiles(p.Tool),
	}
	if len(p.ReadOnly) > 0 {
		rules = append(rules, landlock.RODirs(p.ReadOnly...).IgnoreIfMissing())
	}
	if p.Input != "" {
		rules = append(rules, landlock.PathAccess(llsys.AccessFSReadFile, p.Input))
	}
	if p.Dir != "" {
		// No right to execute what it wrote, nor to make links or devices.
		rules = append(rules, landlock.PathAccess(write, p.Dir))
	}
	return landlock.V6.BestEffort().Restrict(rules...)
}
