package blocks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"runnel/models"
)

const childEnv = "RUNNEL_BLOCKS_CHILD"

// TestMain lets the test binary be the process that is traced or killed:
// RUNNEL_BLOCKS_CHILD names what it does, and its first argument the folder.
func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "some":
		childPuts(12)
	case "endless":
		childPuts(1 << 30)
	}
}

// childBlocks is the batch of a child's step: alternately small ones, synced
// file by file, and large ones, synced at once.
func childBlocks(step int) []models.Block {
	n := 2
	if step%2 == 1 {
		n = syncAllFrom + 2
	}
	out := make([]models.Block, n)
	for i := range out {
		data := fmt.Appendf(nil, "step %d block %d", step, i)
		out[i] = models.Block{CID: sum(data).cid(), Data: data}
	}
	return out
}

// childPuts puts batches and says of each on standard output, in one write,
// how it went. Everything it syncs it syncs on one thread, so that strace can
// count.
func childPuts(steps int) {
	runtime.LockOSThread()
	s, err := Open(os.Args[len(os.Args)-1], slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println("open failed:", err)
		os.Exit(1)
	}
	fmt.Println("opened")
	for step := range steps {
		err := s.Put(context.Background(), childBlocks(step)...)
		fmt.Println(outcome(step, err))
	}
	for step := range steps {
		for _, b := range childBlocks(step) {
			if _, err := s.Get(context.Background(), b.CID); err == nil {
				fmt.Println("read", b.CID)
			}
		}
	}
	if err := s.Close(); err != nil {
		fmt.Println("close failed:", err)
		os.Exit(1)
	}
}

func outcome(step int, err error) string {
	var f *models.Fault
	switch {
	case err == nil:
		return fmt.Sprint("stored ", step)
	case errors.As(err, &f):
		return fmt.Sprint("refused ", step, " ", f.Code)
	}
	return fmt.Sprint("failed ", step, " ", err)
}

// strace runs the child on dir under strace and returns what the child printed
// and the trace.
func strace(t *testing.T, dir string, args ...string) (printed, trace string) {
	t.Helper()
	tool, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed: the order of system calls is not checked")
	}
	log := t.TempDir() + "/trace"
	args = append([]string{"-f", "-y", "-s", "64", "-o", log}, args...)
	cmd := exec.CommandContext(t.Context(), tool, append(args, os.Args[0], dir)...)
	cmd.Env = append(os.Environ(), childEnv+"=some")
	out, err := cmd.CombinedOutput()
	if err != nil && strings.Contains(string(out), "PTRACE") {
		t.Skip("this machine does not let strace trace: the order of system calls is not checked")
	}
	if err != nil {
		t.Fatalf("strace: %v\n%s", err, out)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), string(b)
}
