package blocks

import (
	"bufio"
	"bytes"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"runnel/models"
)

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A store that is killed at any moment has what it acknowledged, and nothing
// half.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	for round := range 6 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], dir)
		cmd.Env = append(os.Environ(), childEnv+"=endless")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			printed.WriteString(lines.Text() + "\n")
			if n == 3+7*round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		if acks := mustHaveStored(t, dir, printed.String()); acks < 3 {
			t.Errorf("round %d: only %d acknowledgements", round, acks)
		}
	}
}

// RELIABILITY D5: a full disk is a fault with its own code, costs nothing that
// is there, and writes go on once there is space.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small file system cannot be mounted here (%v): a full disk is not tried", err)
	}
	defer func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	s, err := Open(filepath.Join(dir, "blocks"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var held []models.Block
	for n := byte(0); ; n++ {
		batch := fill(n)
		if err = s.Put(t.Context(), batch...); err != nil {
			break
		}
		held = append(held, batch...)
	}
	var f *models.Fault
	if !errors.Is(err, models.ErrUnavailable) || !errors.Is(err, syscall.ENOSPC) || !errors.As(err, &f) || f.Code != CodeFull {
		t.Fatalf("full disk: %v", err)
	}
	if free, err := s.Free(); err != nil || free > 1<<20 {
		t.Errorf("%d bytes free, %v", free, err)
	}
	if left, _ := os.ReadDir(s.temps.dir); len(left) != 0 || len(held) < 6 {
		t.Errorf("%d temporary files left, %d blocks stored", len(left), len(held))
	}
	for _, b := range held {
		if got, err := s.Get(t.Context(), b.CID); err != nil || !bytes.Equal(got, b.Data) {
			t.Errorf("read on a full disk: %v", err)
		}
	}
	for _, b := range held[:4] {
		if err := s.Delete(t.Context(), b.CID); err != nil {
			t.Fatal(err)
		}
	}
	mustPut(t, s, fill(200)...)
}

// fill is two blocks of 256 KiB.
func fill(n byte) []models.Block {
	var out []models.Block
	for i := range byte(2) {
		data := bytes.Repeat([]byte{n, i}, 128<<10)
		out = append(out, models.Block{CID: sum(data).cid(), Data: data})
	}
	return out
}
