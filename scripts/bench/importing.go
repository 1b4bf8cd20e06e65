package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"runnel/models/blockset"
	"runnel/server/blocks"
)

// importing holds a file's way into the block store (cut, hashed twice, synced)
// against the hash alone, as openssl computes it with the processor's own
// instructions. Rounds alternate; the medians are compared,
// since the disk's own time varies.
func importing(flags *flag.FlagSet) runner {
	size := flags.Int("mib", 256, "MiB of the file")
	rounds := flags.Int("rounds", 15, "rounds")
	return func(ctx context.Context, l *lab) error {
		file := l.path("file")
		if err := makeFile(file, *size); err != nil {
			return err
		}
		var imports, hashes []time.Duration
		var busy time.Duration
		for round := range *rounds {
			took, err := opensslTime(ctx, file)
			if err != nil {
				return err
			}
			hashes = append(hashes, took)
			before := processorTime()
			if took, err = importTime(ctx, file, l.path(fmt.Sprintf("store-%d", round))); err != nil {
				return err
			}
			imports, busy = append(imports, took), busy+processorTime()-before
		}
		l.say("import", "%s, median of %s", middle(imports), list(imports))
		l.say("import: processor time", "%s a round", (busy / time.Duration(*rounds)).Round(time.Millisecond))
		l.say("openssl dgst -sha256", "%s, median of %s", middle(hashes), list(hashes))
		l.say("import / openssl, the best of each", "%.4g", ratio(best(imports), best(hashes)))
		l.atMost("import / openssl", ratio(middle(imports), middle(hashes)), 2, "")
		return nil
	}
}

func makeFile(path string, mib int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	source := rand.NewChaCha8([32]byte{1})
	part := make([]byte, 1<<20)
	for range mib {
		_, _ = source.Read(part)
		if _, err := file.Write(part); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return errors.Join(file.Sync(), file.Close())
}

func opensslTime(ctx context.Context, file string) (time.Duration, error) {
	start := time.Now()
	_, err := output(ctx, "openssl", "dgst", "-sha256", file)
	return time.Since(start), err
}

// importTime imports the file into a new store. What belongs to the benchmark and
// not to the import is kept out of it: the store stays until all rounds are over,
// because ext4 passes over the inodes of files that were removed half a minute ago
// or less, one by one; but the kernel forgets its bytes, so that a virtual machine
// need not ask its host for new memory in each round.
func importTime(ctx context.Context, path, dir string) (time.Duration, error) {
	store, err := blocks.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	defer store.Close()
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	start := time.Now()
	_, err = blockset.AddFile(ctx, store, "x/file.bin", file)
	took := time.Since(start)
	return took, errors.Join(err, forget(dir))
}

// forget drops the files below a folder from the kernel's cache.
func forget(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		return unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
}
