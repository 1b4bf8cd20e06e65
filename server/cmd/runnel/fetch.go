package main

import (
	"context"
	"errors"
	"io"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server/client"
)

// fetch gets a release from a node that need not be trusted, and checks on this
// machine who made it and every byte before anything of it is used. Bytes that
// are wrong or missing are models.ErrCorrupt, a lost connection is
// models.ErrUnavailable. The blocks lie in dir until the caller closes them.
func fetch(ctx context.Context, node *client.Client, id cid.Cid, dir string) (*scratch, blockset.Report, error) {
	blocks, err := newScratch(dir)
	if err != nil {
		return nil, blockset.Report{}, err
	}
	err = download(ctx, node, id, blocks)
	var report blockset.Report
	if err == nil {
		progress := newBar(false, "Verifying", 1, true)
		report, err = blockset.Verify(ctx, blocks, id, progress.of)
		progress.finish()
	}
	if err != nil {
		blocks.Close()
		return nil, report, err
	}
	return blocks, report, nil
}

// download takes the blocks of a release; each was hashed when it returns.
func download(ctx context.Context, node *client.Client, id cid.Cid, to blockset.Putter) error {
	archive, err := node.CAR(ctx, id.String())
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	progress := newBar(false, "Fetching", -1, true)
	defer progress.finish()
	from := &watched{from: archive, progress: progress.set}
	sent, err := blockset.ImportCAR(ctx, from, to)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case from.err != nil:
		return models.NewFault(models.ErrUnavailable, "connection_lost", "The connection to the server was lost. Run the command again.")
	case errors.Is(err, blockset.ErrMissingBlock):
		return models.NewFault(models.ErrCorrupt, "server_incomplete", "The server did not send all of this release.")
	case err == nil && !sent.Equals(id):
		return models.NewFault(models.ErrCorrupt, "server_other", "The server sent another release than was asked for.")
	}
	return err
}

// watched counts what is read and remembers why reading failed.
type watched struct {
	from     io.Reader
	progress func(int64)
	n        int64
	err      error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	w.n += int64(n)
	w.progress(w.n)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
