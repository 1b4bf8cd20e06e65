package corpus

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"runnel/models"
	"runnel/server/client"
)

// patience is how long a file may keep a node busy.
const patience = time.Minute

// TestMain lets more files go at a time than there are processors: most of them
// wait for the node, which has two at work.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestCorpus sends the files to a node, as its user would, and plays what it
// publishes. A quick third of them, or with -args -all every one; -only takes
// those whose class/name matches.
func TestCorpus(t *testing.T) {
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("this test needs " + tool)
		}
	}
	n := serve(t)
	tr := lay(t, filepath.Join(n.data, "uploads"), filepath.Join(n.data, "jobs"))
	peak := weigh(t, n.pid)
	w := NewWorkshop(t.TempDir(), tr.lures)
	out := &report{}
	// The subtests are parallel: the group ends when all have.
	t.Run("files", func(t *testing.T) {
		for i, f := range chosen(t) {
			t.Run(f.Name, func(t *testing.T) {
				t.Parallel()
				one := row{file: f, number: i}
				if err := try(t.Context(), n, w, &one); err != nil {
					one.wrong, one.got = true, one.got+" "+err.Error()
					t.Errorf("%s: %v", f.Want, err)
				}
				t.Logf("%s/%s: %s in %.1f s", f.Class, f.Name, one.got, one.took.Seconds())
				out.add(one)
			})
		}
	})
	t.Log(out)
	t.Logf("%d MB of memory at most, node and ffmpeg together", peak.Load()>>20)
	if peak.Load() > most {
		t.Errorf("%d bytes of memory, want at most %d", peak.Load(), int64(most))
	}
	tr.sprung(t)
	if strings.Contains(n.logged(), word) {
		t.Error("the word of a lure stands in the node's log")
	}
	if _, err := os.Stat("/tmp/" + filepath.Base(gone)); err == nil {
		t.Error("an archive was unpacked")
	}
}

var (
	all     = flag.Bool("all", false, "every file, not a quick third")
	program = flag.String("node", "", "the program to try; built when empty")
	only    = flag.String("only", "", "files whose class/name matches this pattern")
)

// chosen are the files that the command line asks for.
func chosen(t *testing.T) []File {
	t.Helper()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	files := Quick()
	if *all || *only != "" {
		files = Files()
	}
	return slices.DeleteFunc(files, func(f File) bool { return !pattern.MatchString(f.Class + "/" + f.Name) })
}

// try makes a file, sends it and judges how it ends.
func try(ctx context.Context, n *node, w *Workshop, one *row) error {
	path, err := w.Make(ctx, one.file)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }()
	ctx, stop := context.WithTimeout(ctx, 3*patience)
	defer stop()
	begun := time.Now()
	r, err := send(ctx, n.client, path, one.file)
	one.took = time.Since(begun)
	if one.took > patience {
		return fmt.Errorf("takes %v", one.took)
	}
	if err == nil {
		err = shown(r)
	}
	if err != nil {
		return err
	}
	want := one.file.Want
	if r.Failure != nil {
		one.got = "refused: " + r.Failure.Code
		if r.Failure.Code == "internal" || r.Failure.Text == "" || !want.Any && !slices.Contains(want.Codes, r.Failure.Code) {
			return fmt.Errorf("%q", r.Failure.Text)
		}
		return nil
	}
	one.got = fmt.Sprintf("plays as %s %.2f s", r.Kind, r.DurationSeconds)
	if !want.Any && r.Kind != string(want.Kind) {
		return errors.New("it must not")
	}
	return plays(ctx, n, r, want)
}

// send uploads a file and waits for the end of its release. What is refused
// before it has one is a release that failed.
func send(ctx context.Context, c *client.Client, path string, f File) (client.Release, error) {
	data, err := os.Open(path)
	if err != nil {
		return client.Release{}, err
	}
	defer func() { _ = data.Close() }()
	info, err := data.Stat()
	if err != nil {
		return client.Release{}, err
	}
	meta := f.Meta
	if meta == nil {
		meta = named(f.Name)
	}
	upload, err := c.Create(ctx, info.Size(), meta)
	if err == nil {
		err = c.Send(ctx, upload, data, info.Size(), func(int64) {})
	}
	var fault *models.Fault
	if errors.As(err, &fault) && !errors.Is(err, models.ErrUnavailable) {
		return client.Release{Failure: &client.Failure{Code: fault.Code, Text: fault.Text}}, nil
	}
	if err != nil {
		return client.Release{}, err
	}
	return c.Follow(ctx, upload.Release, func(client.Release) {})
}

// shown checks that a release ended, and that its title can be shown as it is.
func shown(r client.Release) error {
	if r.Failure == nil && r.State != string(models.StateFinal) {
		return fmt.Errorf("ended as %q", r.State)
	}
	bad := func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }
	if !utf8.ValidString(r.Title) || utf8.RuneCountInString(r.Title) > 200 || strings.ContainsFunc(r.Title, bad) {
		return fmt.Errorf("the title %.300q", r.Title)
	}
	return nil
}
