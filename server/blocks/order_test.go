package blocks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// call is a system call at the moment it had returned, without its process.
type call struct{ name, args string }

var (
	tracedLine = regexp.MustCompile(`^(\d+)\s+(.*)$`)
	resumed    = regexp.MustCompile(`^<\.\.\. \w+ resumed>(.*)$`)
	callLine   = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (\d+.*)$`)
	fdPath     = regexp.MustCompile(`^\d+<([^>]+)>`)
	quoted     = regexp.MustCompile(`"([^"]*)"`)
)

// calls puts the halves of interrupted lines together and drops what failed.
func calls(trace string) []call {
	var out []call
	begun := map[string]string{}
	for line := range strings.Lines(trace) {
		m := tracedLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		process, text := m[1], m[2]
		if head, cut := strings.CutSuffix(text, "<unfinished ...>"); cut {
			begun[process] = strings.TrimSpace(head)
			continue
		}
		if r := resumed.FindStringSubmatch(text); r != nil {
			text = begun[process] + r[1]
		}
		if c := callLine.FindStringSubmatch(text); c != nil {
			out = append(out, call{c[1], c[2]})
		}
	}
	return out
}

// ledger follows which files and folders are on disk.
type ledger struct {
	t        *testing.T
	dir      string
	unsynced map[string]bool // temporary files written and not yet synced
	synced   map[string]bool // … and synced
	pending  map[string]bool // folders with a new name that was not synced
	renames  int
	acks     int
}

func (l *ledger) apply(c call) {
	path := ""
	if m := fdPath.FindStringSubmatch(c.args); m != nil {
		path = m[1]
	}
	switch c.name {
	case "write":
		l.write(path, c.args)
	case "fsync", "fdatasync":
		l.sync(path)
	case "syncfs":
		for file := range l.unsynced {
			l.sync(file)
		}
		clear(l.pending)
	case "mkdirat", "mkdir":
		if m := quoted.FindStringSubmatch(c.args); m != nil && filepath.Dir(m[1]) == l.dir && filepath.Base(m[1]) != tempDir {
			l.pending[l.dir] = true
		}
	case "rename", "renameat", "renameat2":
		names := quoted.FindAllStringSubmatch(c.args, 2)
		l.rename(names[0][1], names[1][1])
	}
}

func (l *ledger) write(path, args string) {
	switch {
	case strings.HasPrefix(path, filepath.Join(l.dir, tempDir)):
		l.unsynced[path] = true
		delete(l.synced, path)
	case strings.Contains(args, `"stored `):
		l.acks++
		if len(l.pending) > 0 {
			l.t.Errorf("acknowledged before these folders were synced: %v", l.pending)
		}
	}
}

func (l *ledger) sync(path string) {
	if l.unsynced[path] {
		l.synced[path] = true
		delete(l.unsynced, path)
	}
	delete(l.pending, path)
}

func (l *ledger) rename(from, to string) {
	l.renames++
	if !l.synced[from] {
		l.t.Errorf("%s was renamed before it was synced", from)
	}
	l.pending[filepath.Dir(to)] = true
}

// RELIABILITY D3: contents are synced before they get their name, and the
// name's folder, with the root where the folder is new, before anyone is told.
func TestOrderOnDisk(t *testing.T) {
	dir := t.TempDir()
	printed, trace := strace(t, dir, "-e", "trace=write,fsync,fdatasync,syncfs,mkdir,mkdirat,rename,renameat,renameat2")
	l := &ledger{t: t, dir: dir, unsynced: map[string]bool{}, synced: map[string]bool{}, pending: map[string]bool{}}
	kinds := map[string]int{}
	for _, c := range calls(trace) {
		kinds[c.name]++
		l.apply(c)
	}
	want := 0
	for step := range 12 {
		want += len(childBlocks(step))
	}
	if l.renames != want || l.acks != 12 || kinds["syncfs"] != 12 || kinds["fsync"] == 0 {
		t.Errorf("%d renames of %d, %d acknowledgements, %v\n%s", l.renames, want, l.acks, kinds, printed)
	}
}

// RELIABILITY D4: a failed sync is never followed by a success; reads go on.
func TestFailedSyncIsFinal(t *testing.T) {
	stored := regexp.MustCompile(`(?m)^stored (\d+)$`)
	for _, inject := range []string{
		"inject=fsync:error=EIO:when=1", "inject=fsync:error=EIO:when=2", "inject=fsync:error=EIO:when=3", "inject=fsync:error=EIO:when=4",
		"inject=fsync:error=EIO:when=9", "inject=fsync:error=EIO:when=20", "inject=syncfs:error=EIO:when=1", "inject=syncfs:error=EIO:when=2",
		"inject=syncfs:error=EIO:when=3", "inject=syncfs:error=EIO:when=4",
	} {
		t.Run(inject, func(t *testing.T) {
			dir := t.TempDir()
			printed, trace := strace(t, dir, "-e", "trace=fsync,syncfs", "-e", inject)
			if !strings.Contains(trace, "(INJECTED)") {
				t.Fatalf("nothing was injected:\n%s", printed)
			}
			good, bad, found := strings.Cut(printed, "refused ")
			if !found || stored.MatchString(bad) {
				t.Errorf("a success after a failed sync:\n%s", printed)
			}
			if strings.Count(bad, CodeReadOnly) != 12-len(stored.FindAllString(good, -1)) || strings.Contains(printed, "failed") {
				t.Errorf("not all later writes were refused:\n%s", printed)
			}
			mustHaveStored(t, dir, printed)
		})
	}
}

// mustHaveStored opens the folder anew and looks for every batch that a child
// said it had stored, and that the store takes writes again.
func mustHaveStored(t *testing.T, dir, printed string) int {
	t.Helper()
	s := open(t, dir)
	defer s.Close()
	acks := 0
	for line := range strings.Lines(printed) {
		n, ok := strings.CutPrefix(strings.TrimSpace(line), "stored ")
		if !ok {
			continue
		}
		acks++
		for _, b := range childBlocks(number(t, n)) {
			if _, err := s.Get(t.Context(), b.CID); err != nil {
				t.Errorf("batch %s was acknowledged: %v", n, err)
			}
			if strings.Contains(printed, "\nrefused") && !strings.Contains(printed, "read "+b.CID.String()) {
				t.Errorf("the failed store did not read block %s", b.CID)
			}
		}
	}
	if r, err := s.Check(t.Context(), nil); err != nil || !r.Clean() {
		t.Errorf("check: %+v, %v", r, err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, tempDir)); len(left) != 1 {
		t.Errorf("%d folders of temporary files", len(left))
	}
	mustPut(t, s, childBlocks(0)...)
	return acks
}
