package blockset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"runnel/models"
)

// slow is a Putter whose first Put fails when it is told to.
type slow struct {
	calls atomic.Int32
	end   chan struct{} // closed: the first one may fail
	other chan struct{} // closed when another one has ended
}

func (s *slow) Put(context.Context, ...models.Block) error {
	switch s.calls.Add(1) {
	case 1:
		<-s.end
		return models.ErrUnavailable
	case 2:
		close(s.other)
	}
	return nil
}

// AddFile knows of every Put when it returns, in whatever order they end.
func TestAddFileWaitsForEveryPut(t *testing.T) {
	s := &slow{end: make(chan struct{}), other: make(chan struct{})}
	done := make(chan error, 1)
	go func() {
		_, err := AddFile(t.Context(), s, "x/file.bin", bytes.NewReader(noise(1, batchBytes+leafSize)))
		done <- err
	}()
	<-s.other
	for range 1000 {
		runtime.Gosched()
		select {
		case err := <-done:
			t.Fatalf("AddFile returned (%v) before its first blocks were put", err)
		default:
		}
	}
	close(s.end)
	if err := <-done; !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("the first Put failed, and AddFile says %v", err)
	}
}

func TestAddFile(t *testing.T) {
	// CIDs of stock tools with the profile: the empty file and "hello\n".
	known := map[int]string{0: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}
	for _, n := range []int{0, 1, leafSize - 1, leafSize, leafSize + 1, 5*leafSize + 17} {
		s, data := newStore(), noise(uint64(n), n)
		f, err := AddFile(t.Context(), s, "v/360p24/00/00000.m4s", iotest.HalfReader(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		if f.Size != int64(n) || f.SHA256 != sha256.Sum256(data) || isRaw(f.CID) != (n <= leafSize) {
			t.Errorf("%d bytes: %+v", n, f)
		}
		if want, ok := known[n]; ok && f.CID.String() != want {
			t.Errorf("%d bytes: %s", n, f.CID)
		}
		var stored uint64
		for _, c := range f.Blocks {
			stored += uint64(len(s.blocks[c]))
		}
		if len(f.Blocks) != len(s.blocks) || stored != f.DagSize {
			t.Errorf("%d bytes: %d blocks of %d bytes, %d stored, DAG of %d", n, len(f.Blocks), stored, len(s.blocks), f.DagSize)
		}
		checkLeaves(t, s, f, data)
	}
	if f := addBytes(t, newStore(), "hello", []byte("hello\n")); f.CID.String() != "bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am" {
		t.Errorf("hello: %s", f.CID)
	}
}

func checkLeaves(t *testing.T, s *store, f models.File, data []byte) {
	t.Helper()
	leaves, err := Leaves(t.Context(), s, f.CID)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for i, l := range leaves {
		b, err := s.Get(t.Context(), l.CID)
		if err != nil || int64(len(b)) != l.Size || l.CID != f.Blocks[i] {
			t.Errorf("leaf %d: %v, %d bytes of %d", i, err, len(b), l.Size)
		}
		got = append(got, b...)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("leaves of %d bytes are not the file", len(data))
	}
}

// A file of more leaves than one node takes, in constant memory, from one leaf
// that comes again and again.
func TestAddFileOfTwoLevels(t *testing.T) {
	s := newStore()
	const size = (nodeWidth+1)*leafSize + 5
	f, err := AddFile(t.Context(), s, "film", io.LimitReader(zeros{}, size))
	if err != nil {
		t.Fatal(err)
	}
	if s.most > batchBytes+leafSize {
		t.Errorf("a batch of %d bytes", s.most)
	}
	if len(f.Blocks) != 5 { // two leaves, two inner nodes, the root
		t.Errorf("%d blocks", len(f.Blocks))
	}
	leaves, err := Leaves(t.Context(), s, f.CID)
	if err != nil || len(leaves) != nodeWidth+2 || contentSize(leaves) != size {
		t.Errorf("%v: %d leaves of %d bytes", err, len(leaves), contentSize(leaves))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestAddFileErrors(t *testing.T) {
	for _, path := range []string{"", "/x", "x/", "a//b", "..", "a/../b", "a/./b", ".x", "a b", "a\\b", "a\x00b", "é", "1/2/3/4/5/6/7"} {
		if _, err := AddFile(t.Context(), newStore(), path, bytes.NewReader(nil)); !errors.Is(err, models.ErrInvalid) {
			t.Errorf("%q: %v", path, err)
		}
	}
	broken := errors.New("broken")
	if _, err := AddFile(t.Context(), newStore(), "x", io.MultiReader(bytes.NewReader(make([]byte, 3*leafSize)), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}
	if _, err := AddFile(t.Context(), full{}, "x", bytes.NewReader(make([]byte, 9*leafSize))); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("full store: %v", err)
	}
}
