package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"runnel/server/client"
)

// memory reads the server's resident set at rest and while it takes a large
// upload from the client that 'runnel publish' is made of.
func memory(flags *flag.FlagSet) runner {
	size := flags.Float64("gb", 4, "GB of the upload")
	return func(ctx context.Context, l *lab) error {
		bytes := int64(*size * 1e9)
		n, err := l.serve(ctx, "data")
		if err != nil {
			return err
		}
		defer n.stop()
		if err := wait(ctx, 2*time.Second); err != nil {
			return err
		}
		rest, restPeak, err := n.memory()
		if err != nil {
			return err
		}
		took, err := l.upload(ctx, n, bytes)
		if err != nil {
			return err
		}
		after, peak, err := n.memory()
		if err != nil {
			return err
		}
		l.say("upload", "%.0f GB in %s, %.0f MB/s, acknowledged after each sync", *size, took.Round(time.Second), float64(bytes)/1e6/took.Seconds())
		l.say("at rest", "%.0f MiB (peak %.0f)", mib(rest), mib(restPeak))
		l.say("after the upload", "%.0f MiB", mib(after))
		l.atMost("peak of the resident set", mib(peak), 300, " MiB")
		return nil
	}
}

// upload sends bytes that are no media and returns how long the node took them.
// What the node then makes of them is not waited for.
func (l *lab) upload(ctx context.Context, n *node, size int64) (time.Duration, error) {
	token, err := l.token(ctx, n)
	if err != nil {
		return 0, err
	}
	c := client.New(n.url, token)
	start := time.Now()
	u, err := c.Create(ctx, size, map[string]string{"filename": "large.bin", "visibility": "private"})
	if err != nil {
		return 0, err
	}
	if err := c.Send(ctx, u, newEndless(), size, func(int64) {}); err != nil {
		return 0, fmt.Errorf("upload: %w", err)
	}
	return time.Since(start), nil
}

// endless is a file without an end: one part of noise over and over.
type endless struct{ part []byte }

func newEndless() endless { return endless{film{segmentBytes: 1 << 20}.segmentData(0)} }

// ReadAt implements io.ReaderAt.
func (e endless) ReadAt(p []byte, off int64) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], e.part[(off+int64(n))%int64(len(e.part)):])
	}
	return len(p), nil
}
