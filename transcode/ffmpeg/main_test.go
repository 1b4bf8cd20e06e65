package ffmpeg

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain makes this test binary usable as sandbox helper, as a spy in
// ffmpeg's place, and as a server that is killed while ffmpeg runs.
func TestMain(m *testing.M) {
	MaybeSandbox()
	for i, arg := range os.Args {
		if action, ok := strings.CutPrefix(arg, "spy:"); ok {
			syscall.Exit(spy(action, os.Args[i+1:])) // without the second that the race detector sleeps
		}
	}
	os.Exit(m.Run())
}

// newRunner returns a sandboxed Runner; change may be nil.
func newRunner(t *testing.T, change func(*Config)) *Runner {
	t.Helper()
	needTools(t)
	cfg := Config{}
	if change != nil {
		change(&cfg)
	}
	r, err := New(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func needTools(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("this test needs " + tool + " in PATH")
		}
	}
}

// generate makes a small file with ffmpeg, outside any sandbox.
func generate(t *testing.T, name string, args ...string) string {
	t.Helper()
	needTools(t)
	path := filepath.Join(t.TempDir(), name)
	args = append([]string{"-nostdin", "-v", "error", "-y"}, args...)
	out, err := exec.Command("ffmpeg", append(args, "file:"+path)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v\n%s", args, err, out)
	}
	return path
}

// testPicture and testTone are lavfi inputs of a length in seconds.
func testPicture(size, rate string, seconds float64) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%s:r=%s:d=%g", size, rate, seconds)}
}

func testTone(seconds float64) []string {
	return []string{"-f", "lavfi", "-i", fmt.Sprintf("sine=r=48000:d=%g", seconds)}
}

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
