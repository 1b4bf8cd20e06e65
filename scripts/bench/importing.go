package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"runnel/models/blockset"
	"runnel/server/blocks"
)

// importing holds a file's way into the block store (cut, hashed twice, synced)
// against the hash alone, as openssl computes it with the processor's own
// instructions. Rounds alternate; the best of each is taken.
func importing(flags *flag.FlagSet) runner {
	size := flags.Int("mib", 256, "MiB of the file")
	rounds := flags.Int("rounds", 5, "rounds")
	return func(ctx context.Context, l *lab) error {
		file := l.path("file")
		if err := makeFile(file, *size); err != nil {
			return err
		}
		var imports, hashes []time.Duration
		for round := range *rounds {
			took, err := opensslTime(ctx, file)
			if err != nil {
				return err
			}
			hashes = append(hashes, took)
			if took, err = importTime(ctx, file, l.path(fmt.Sprintf("store-%d", round))); err != nil {
				return err
			}
			imports = append(imports, took)
		}
		l.say("import", "%s, best of %s", best(imports), list(imports))
		l.say("openssl dgst -sha256", "%s, best of %s", best(hashes), list(hashes))
		l.atMost("import / openssl", ratio(best(imports), best(hashes)), 2, "")
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

// importTime imports the file into a new store, which is removed afterwards.
func importTime(ctx context.Context, path, dir string) (time.Duration, error) {
	defer os.RemoveAll(dir)
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
	return time.Since(start), err
}
