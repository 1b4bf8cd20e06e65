package catalog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/catalog/pgtest"
)

// TestMain makes the test's program a worker where testLeaseProcesses asks, and
// one that migrates where testKilledWhileMigrating does.
func TestMain(m *testing.M) {
	if url := os.Getenv(migrateEnv); url != "" {
		os.Exit(migrateAs(url))
	}
	if node := os.Getenv("RUNNEL_TEST_WORKER"); node != "" {
		os.Exit(workAs(node, os.Getenv("RUNNEL_TEST_URL"), os.Getenv("RUNNEL_TEST_RELEASE")))
	}
	os.Exit(m.Run())
}

// testLease is long enough for a busy machine to renew it in time.
const testLease = 2 * time.Second

// workAs wants one job until it has it, then keeps it until it loses it, and says
// what happens.
func workAs(node, url, release string) int {
	ctx := context.Background()
	c, err := Open(ctx, Config{Secret: secret(), URL: url}, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	var job models.Job
	patience := time.NewTicker(20 * time.Millisecond)
	for said := false; ; <-patience.C {
		job, err = c.ClaimJob(ctx, node, release, testLease, time.Now())
		if err == nil {
			break
		}
		if !errors.Is(err, models.ErrNotFound) {
			fmt.Println(err)
			return 1
		}
		if !said {
			fmt.Println("waits")
			said = true
		}
	}
	fmt.Println("claimed", job.Attempt)
	for ; ; <-patience.C {
		if err := c.RenewJob(ctx, job, time.Now().Add(testLease)); err != nil {
			fmt.Println("lost", errors.Is(err, models.ErrNotFound))
			return 0
		}
		fmt.Println("renewed")
	}
}

// process is a worker in a program of its own.
type process struct {
	cmd  *exec.Cmd
	says chan string
}

func startWorker(t *testing.T, node, url, release string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), says: make(chan string, 1)}
	p.cmd.Env = append(os.Environ(), "RUNNEL_TEST_WORKER="+node, "RUNNEL_TEST_URL="+url, "RUNNEL_TEST_RELEASE="+release)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.says)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.says <- lines.Text()
		}
	}()
	t.Cleanup(func() { p.end(t) })
	return p
}

func (p *process) end(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Kill() // gone already where the test ended it
	for range p.says {       // the reader ends first
	}
	_ = p.cmd.Wait()
}

// until waits for a line, past renewals that came before it.
func (p *process) until(t *testing.T, line string) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case said, ok := <-p.says:
			require.True(t, ok, "it ended before it said %q", line)
			if said == line {
				return
			}
			require.Equal(t, "renewed", said)
		case <-timeout:
			t.Fatalf("it never said %q", line)
		}
	}
}

// testLeaseProcesses has three programs want one job on one database. The first
// has it while it lives; killed, the second takes it over; stopped and let go on
// after the third took it, the second learns that it has lost it.
func testLeaseProcesses(t *testing.T, at *pgtest.Server, database string) {
	c := openPostgres(t, at, database, Config{Secret: secret()})
	release := queued(t, c, creator(t, c, "anna").ID, models.Release{})
	first := startWorker(t, "first", at.URL(database), release)
	first.until(t, "claimed 1")
	second := startWorker(t, "second", at.URL(database), release)
	second.until(t, "waits")
	for begun := time.Now(); time.Since(begun) < testLease; {
		first.until(t, "renewed") // the second goes on asking past the lease's first end
	}
	job, err := c.Job(t.Context(), release)
	require.NoError(t, err)
	require.Equal(t, "first", job.Node)
	first.end(t)
	second.until(t, "claimed 2")

	third := startWorker(t, "third", at.URL(database), release)
	third.until(t, "waits")
	require.NoError(t, second.cmd.Process.Signal(syscall.SIGSTOP))
	third.until(t, "claimed 3")
	require.NoError(t, second.cmd.Process.Signal(syscall.SIGCONT))
	second.until(t, "lost true")
}
