package ingest

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/transcode"
)

// worker is a process of its own that dies at a point.
func (r *rig) worker(t *testing.T, crashAt string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+r.dir, "RUNNEL_CRASH_AT="+crashAt)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "works\n", line)
	return cmd
}

// TestCrashPoints is D2: the process dies at each point once; after a restart
// the release is final without a hand and holds the bytes that an undisturbed
// run makes.
func TestCrashPoints(t *testing.T) {
	r := newRig(t)
	path := clip(t, "clip.mp4", 3, "320x180")
	stop := r.start(t, nil)
	calm := r.await(t, r.mustUpload(t, path), ended)
	require.Equal(t, models.StateFinal, calm.State)
	want := r.media(t, calm.Manifest)
	stop()
	points := []string{AfterBlockPut, AfterBlockPut + ":4", BeforeManifest, AfterManifest, BeforeCommit, AfterCommit, BeforeAnnounce}
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			r := newRig(t)
			id := r.mustUpload(t, path)
			cmd := r.worker(t, point)
			err := cmd.Wait()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			require.Equal(t, "signal: killed", exit.Error(), "the point was not reached")
			began := time.Now()
			stop := r.start(t, nil)
			rel := r.await(t, id, ended)
			require.Equal(t, models.StateFinal, rel.State, "%+v", rel.Failure)
			t.Logf("final %v after the restart", time.Since(began).Round(time.Millisecond))
			r.awaitNoFolder(t, id)
			stop()
			_, err = blockset.Verify(t.Context(), r.blocks, rel.Manifest, nil)
			require.NoError(t, err)
			findings, err := r.catalog.Dangling(t.Context())
			require.NoError(t, err)
			require.Empty(t, findings)
			folders, err := os.ReadDir(filepath.Join(r.dir, "jobs"))
			require.NoError(t, err)
			require.Empty(t, folders)
			require.Equal(t, want, r.media(t, rel.Manifest))
		})
	}
}

// TestStopPutsTheJobBack: a worker that stops loses nothing; the next one goes
// on where it was.
func TestStopPutsTheJobBack(t *testing.T) {
	r := newRig(t)
	stop := r.start(t, nil)
	id := r.mustUpload(t, clip(t, "clip.mp4", 12, "640x360"))
	r.await(t, id, func(rel models.Release) bool { return rel.Playable > 0 })
	began := time.Now()
	stop()
	require.Less(t, time.Since(began), 10*time.Second)
	job, err := r.catalog.Job(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, models.StateQueued, job.State)
	require.Zero(t, job.Attempt, "a stop is not an attempt")
	r.start(t, nil)
	rel := r.await(t, id, ended)
	require.Equal(t, models.StateFinal, rel.State, "%+v", rel.Failure)
	_, err = blockset.Verify(t.Context(), r.blocks, rel.Manifest, nil)
	require.NoError(t, err)
}

// TestCancel: cancelling or deleting a release ends its work within seconds.
func TestCancel(t *testing.T) {
	for name, end := range map[string]func(r *rig, id string) error{
		"cancel": func(r *rig, id string) error { return r.catalog.CancelRelease(context.Background(), id) },
		"delete": func(r *rig, id string) error { return r.catalog.DeleteRelease(context.Background(), id) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.start(t, nil)
			id := r.mustUpload(t, clip(t, "clip.mp4", 20, "640x360"))
			r.await(t, id, func(rel models.Release) bool { return rel.Playable > 0 })
			began := time.Now()
			require.NoError(t, end(r, id))
			r.awaitNoFolder(t, id)
			require.Less(t, time.Since(began), 5*time.Second)
			rel, err := r.catalog.Release(t.Context(), id)
			if name == "delete" {
				require.ErrorIs(t, err, models.ErrNotFound)
				return
			}
			require.NoError(t, err)
			require.Equal(t, models.StateCancelled, rel.State)
		})
	}
}

// TestLeaseTakenByAnother: a worker whose job another node holds gives it up
// and writes nothing more.
func TestLeaseTakenByAnother(t *testing.T) {
	r := newRig(t)
	r.start(t, func(c *Config, _ *Deps) { c.Lease, c.Renew = 400*time.Millisecond, time.Hour })
	id := r.mustUpload(t, clip(t, "clip.mp4", 20, "640x360"))
	r.await(t, id, func(rel models.Release) bool { return rel.State == models.StateTranscoding })
	var job models.Job
	require.Eventually(t, func() bool {
		var err error
		job, err = r.catalog.ClaimJob(t.Context(), "other", id, time.Hour, time.Now())
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, r.catalog.RenewJob(t.Context(), job, time.Now().Add(time.Hour)))
	require.Eventually(t, func() bool { return !encoding(r.dir) }, 10*time.Second, 20*time.Millisecond, "ffmpeg goes on")
	now, err := r.catalog.Job(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "other", now.Node)
}

// encoding reports whether a process works on a file of the data folder.
func encoding(dir string) bool {
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range procs {
		b, err := os.ReadFile(p)
		if err == nil && strings.Contains(string(b), "file:"+dir) && strings.Contains(string(b), "ffmpeg") {
			return true
		}
	}
	return false
}

// flaky fails before it works.
type flaky struct {
	Transcoder
	left  atomic.Int64
	fault error
}

func (f *flaky) Inspect(ctx context.Context, source string) (transcode.Media, error) {
	if f.left.Add(-1) >= 0 {
		return transcode.Media{}, f.fault
	}
	return f.Transcoder.Inspect(ctx, source)
}

// TestRetries: the machine's faults are tried again, with a reason, and in the
// end told without what happened inside.
func TestRetries(t *testing.T) {
	r := newRig(t)
	f := &flaky{Transcoder: r.deps.Transcoder, fault: errors.New("exec /usr/bin/ffmpeg: resource temporarily unavailable")}
	f.left.Store(2)
	r.start(t, func(_ *Config, d *Deps) { d.Transcoder = f })
	path := clip(t, "clip.mp4", 2, "320x180")
	id := r.mustUpload(t, path)
	rel := r.await(t, id, ended)
	require.Equal(t, models.StateFinal, rel.State)
	job, err := r.catalog.Job(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 3, job.Attempt)

	f.left.Store(1000)
	id = r.mustUpload(t, path)
	rel = r.await(t, id, ended)
	require.Equal(t, models.StateFailed, rel.State)
	require.Equal(t, internal, *rel.Failure)
	job, err = r.catalog.Job(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 4, job.Attempt)

	f.left.Store(0)
	require.NoError(t, r.catalog.RetryRelease(t.Context(), id))
	rel = r.await(t, id, func(r models.Release) bool { return r.State == models.StateFinal })
	require.Nil(t, rel.Failure)
}

// TestKilledEncoder is D6: ffmpeg dies by a signal.
func TestKilledEncoder(t *testing.T) {
	r := newRig(t)
	r.start(t, nil)
	id := r.mustUpload(t, clip(t, "clip.mp4", 12, "640x360"))
	r.await(t, id, func(rel models.Release) bool { return rel.Playable > 0 })
	killed := 0
	procs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range procs {
		b, err := os.ReadFile(p)
		if err != nil || !strings.Contains(string(b), "file:"+r.dir) || !strings.Contains(string(b), "ffmpeg") {
			continue
		}
		var pid int
		for _, c := range filepath.Base(filepath.Dir(p)) {
			pid = pid*10 + int(c-'0')
		}
		if proc, err := os.FindProcess(pid); err == nil && proc.Kill() == nil {
			killed++
		}
	}
	require.NotZero(t, killed)
	rel := r.await(t, id, ended)
	require.Equal(t, models.StateFinal, rel.State, "%+v", rel.Failure)
	job, err := r.catalog.Job(t.Context(), id)
	require.NoError(t, err)
	require.Greater(t, job.Attempt, 1)
}
