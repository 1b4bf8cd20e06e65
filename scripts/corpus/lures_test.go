package corpus

import (
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// word stands in every file that nobody may open.
const word = "canary-Vq7wTz"

// trap is a listener that nobody may reach and files that nobody may open.
type trap struct {
	lures Lures
	hits  atomic.Int64
	came  chan struct{} // a hit, since it was last received from
	watch int           // inotify
}

// lay makes the lures, also under the names that a file could give relatively to
// the folders it may be read in.
func lay(t *testing.T, folders ...string) *trap {
	t.Helper()
	tr := &trap{came: make(chan struct{}, 1)}
	tr.lures.Addr = tr.listen(t)
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	tr.watch = watch
	t.Cleanup(func() { _ = unix.Close(watch) })
	dir := t.TempDir()
	tr.lures.Secret, tr.lures.Film = filepath.Join(dir, "passwd"), filepath.Join(dir, "other.ts")
	paths := []string{tr.lures.Secret, tr.lures.Film}
	for _, folder := range folders {
		paths = append(paths, filepath.Join(folder, "other.ts"))
	}
	made := filepath.Join(t.TempDir(), "film")
	canary := ff("mpegts", picture("64x48", "24", 1), h264(), arg("-metadata", "service_name="+word))
	if err := canary(t.Context(), NewWorkshop(dir, Lures{}), made); err != nil {
		t.Fatal(err)
	}
	film, err := os.ReadFile(made)
	for _, path := range paths {
		content := film
		if path == tr.lures.Secret {
			content = []byte("root:" + word + ":0:0::/root:/bin/sh\n")
		}
		if err == nil {
			err = os.WriteFile(path, content, 0o644)
		}
		if err == nil {
			_, err = unix.InotifyAddWatch(watch, path, unix.IN_OPEN|unix.IN_ACCESS)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func (tr *trap) listen(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// What a datagram could reach has the same number.
	packets, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = listener.Close(), packets.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			tr.hit()
			_ = c.Close()
		}
	}()
	go func() {
		for b := make([]byte, 64); ; tr.hit() {
			if _, _, err := packets.ReadFrom(b); err != nil {
				return
			}
		}
	}()
	return listener.Addr().String()
}

func (tr *trap) hit() {
	tr.hits.Add(1)
	select {
	case tr.came <- struct{}{}:
	default:
	}
}

// opened reports whether a lure was opened since it was last asked.
func (tr *trap) opened() bool {
	n, err := unix.Read(tr.watch, make([]byte, 64<<10))
	return err == nil && n > 0
}

// sprung fails the test when somebody followed a lure, and when the trap would
// not have noticed.
func (tr *trap) sprung(t *testing.T) {
	t.Helper()
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("%d connections to an address that only files name", n)
		<-tr.came
	}
	if tr.opened() {
		t.Error("a file was opened that only other files name")
	}
	if _, err := os.ReadFile(tr.lures.Secret); err != nil || !tr.opened() {
		t.Errorf("reading a lure is not noticed (%v)", err)
	}
	for _, network := range []string{"tcp", "udp"} {
		c, err := net.Dial(network, tr.lures.Addr)
		if err == nil {
			_, err = c.Write([]byte("x"))
			_ = c.Close()
		}
		select {
		case <-tr.came:
		case <-time.After(10 * time.Second):
			t.Errorf("a connection by %s is not noticed (%v)", network, err)
		}
	}
}
