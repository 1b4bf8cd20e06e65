package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"runnel/models"
)

const (
	copyBuffer = 256 << 10 // bytes held in memory for one running request
	// settleTime is how long the last sync of a broken request may take after
	// the request itself is gone.
	settleTime = 30 * time.Second
)

// WriteChunk appends src at the acknowledged offset and returns how many bytes
// are durable, also when it returns an error. While src flows, what has
// arrived is acknowledged every SyncBytes or SyncInterval.
func (u *upload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.write(ctx, offset, src)
	return n, u.store.wire("write", err)
}

func (u *upload) write(ctx context.Context, offset int64, src io.Reader) (n int64, err error) {
	if err := u.store.room(max(u.row.Length-offset, 0)); err != nil {
		return 0, err
	}
	f, err := openAt(u.store.path(u.row.ID), offset)
	if err != nil {
		return 0, err
	}
	defer f.Close() // every byte that counts was synced before
	if sum := requestOf(ctx).checksum; sum != nil {
		return u.writeChecked(ctx, f, offset, src, sum)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 24*time.Hour)
	defer cancel()
	a := newAppender(u, f, offset)
	go a.run(ctx)
	copyErr := u.copy(f, offset, src, a.wrote)
	n, err = a.finish(ctx)
	return n - offset, errors.Join(err, copyErr)
}

// openAt opens a data file for writing at offset and cuts off what was never
// acknowledged.
func openAt(path string, offset int64) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() < offset {
		err = fmt.Errorf("%w: file has %d bytes, %d were acknowledged", models.ErrCorrupt, st.Size(), offset)
	}
	if err == nil && st.Size() > offset {
		err = f.Truncate(offset)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// copy writes src at offset in bounded pieces and reports each to wrote, whose
// error ends it.
func (u *upload) copy(f *os.File, offset int64, src io.Reader, wrote func(end int64) error) error {
	buf := u.store.buffers.Get().(*[]byte)
	defer u.store.buffers.Put(buf)
	for {
		n, rerr := src.Read(*buf)
		if offset+int64(n) > u.store.cfg.MaxSize {
			return errTooLarge
		}
		if n > 0 {
			u.store.locks.touch(u.row.ID)
			m, werr := f.WriteAt((*buf)[:n], offset)
			offset += int64(m)
			if err := wrote(offset); err != nil {
				return err
			}
			if werr != nil {
				return werr
			}
		}
		if rerr == io.EOF {
			return nil
		}
		if rerr != nil {
			return rerr
		}
	}
}

// appender makes a growing file durable beside the one who writes it. It lags
// behind by at most two times SyncBytes: the writer waits for it.
type appender struct {
	u       *upload
	file    *os.File
	end     atomic.Int64 // written
	kicked  int64        // end at the last kick; the writer's own
	kick    chan struct{}
	quit    chan struct{}
	done    chan struct{}
	durable int64 // synced and in the row; run's own until done is closed
	err     error // why run ended early; likewise
}

func newAppender(u *upload, f *os.File, offset int64) *appender {
	a := &appender{
		u: u, file: f, kicked: offset, durable: offset,
		kick: make(chan struct{}), quit: make(chan struct{}), done: make(chan struct{}),
	}
	a.end.Store(offset)
	return a
}

// run syncs when kicked, and every SyncInterval if bytes came.
func (a *appender) run(ctx context.Context) {
	defer close(a.done)
	tick := time.NewTicker(a.u.store.cfg.SyncInterval)
	defer tick.Stop()
	for {
		select {
		case <-a.quit:
			return
		case <-a.kick:
		case <-tick.C:
		}
		if a.err = a.settle(ctx); a.err != nil {
			return
		}
	}
}

// wrote is called by the writer after each piece.
func (a *appender) wrote(end int64) error {
	a.end.Store(end)
	if end-a.kicked < a.u.store.cfg.SyncBytes {
		select {
		case <-a.done:
			return a.err
		default:
			return nil
		}
	}
	a.kicked = end
	select {
	case a.kick <- struct{}{}:
		return nil
	case <-a.done:
		return a.err
	}
}

// finish ends run and makes the rest durable. It returns the acknowledged
// offset. After a failed sync nothing more is acknowledged.
func (a *appender) finish(ctx context.Context) (int64, error) {
	close(a.quit)
	<-a.done
	if a.err == nil {
		ctx, cancel := context.WithTimeout(ctx, settleTime)
		defer cancel()
		a.err = a.settle(ctx)
	}
	return a.durable, a.err
}

// settle syncs what is written by now, then moves the row.
func (a *appender) settle(ctx context.Context) error {
	end := a.end.Load()
	if end == a.durable {
		return nil
	}
	if err := a.file.Sync(); err != nil {
		return a.u.store.fail(err)
	}
	a.u.store.locks.touch(a.u.row.ID)
	if err := a.u.store.records.AdvanceUpload(ctx, a.u.row.ID, end); err != nil {
		return err
	}
	a.durable, a.u.row.Offset = end, end
	return nil
}

// fail makes the spool refuse bytes, unless the disk is only full.
func (s *Store) fail(err error) error {
	if full(err) {
		return err
	}
	s.log.Error("spool: a sync failed; uploads are refused until a restart", "err", err)
	s.failed.Store(true)
	return errBroken
}
