package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/models"
	"runnel/models/blockset"
	"runnel/server"
)

// root is a manifest CID on the command line.
func root(text string) (cid.Cid, error) {
	c, err := cid.Decode(strings.TrimPrefix(text, "/ipfs/"))
	if err != nil {
		return cid.Undef, asUsage("bad_cid", text+" is not a CID.")
	}
	return c, nil
}

type getCommand struct {
	serverFlags
	CID string `arg:"" name:"cid" help:"The manifest CID."`
	Out string `short:"o" help:"A file ending in .car, or a folder to write the files to." default:"" placeholder:"PATH"`
}

// Run writes a release to a CAR file or a folder: from the data folder, or from
// a node, whose bytes are checked whole first.
func (c getCommand) Run(ctx context.Context) error {
	id, err := root(c.CID)
	if err != nil {
		return err
	}
	out := c.Out
	if out == "" {
		out = id.String()
	}
	if c.Server != "" {
		blocks, _, err := fetch(ctx, c.visit(), id, filepath.Dir(filepath.Clean(out)))
		if err != nil {
			return err
		}
		defer blocks.Close()
		return export(ctx, blocks, id, out)
	}
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	return export(ctx, folder.Blocks, id, out)
}

// export writes a release as what the name of out says.
func export(ctx context.Context, blocks blockset.Getter, id cid.Cid, out string) error {
	if filepath.Ext(out) != ".car" {
		return blockset.ExportDir(ctx, blocks, id, out)
	}
	return writeWhole(out, func(file *os.File) error { return blockset.ExportCAR(ctx, blocks, id, file) })
}

// writeWhole writes a file that appears under its name only when it is whole.
func writeWhole(path string, write func(*os.File) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".runnel-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

type importCommand struct {
	dataFlag
	storageFlag
	File string `arg:"" help:"A CAR file with one release." type:"existingfile"`
}

// Run takes a release from a CAR file, checks it whole and keeps it.
func (c importCommand) Run(ctx context.Context) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	folder, err := server.MakeFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	if info, err := file.Stat(); err != nil {
		return err
	} else if err := c.fits(ctx, folder, info.Size()); err != nil {
		return err
	}
	id, err := blockset.ImportCAR(ctx, file, folder.Blocks)
	if err != nil {
		return err
	}
	report, err := folder.Keep(ctx, id)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n  %s, %d files, %d bytes, signed by %s\n", id, printable(report.Title), report.Files, report.Bytes, report.Channel)
	return nil
}

type verifyCommand struct {
	serverFlags
	CID string `arg:"" name:"cid" help:"The manifest CID."`
}

// Run checks authorship and every byte of a release that the data folder holds,
// or that a node sends: on this machine, whatever the node says.
func (c verifyCommand) Run(ctx context.Context) error {
	id, err := root(c.CID)
	if err != nil {
		return err
	}
	report, err := c.verify(ctx, id)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n  %s: %d files, %d blocks, %d bytes, all as signed by %s\n", id, printable(report.Title), report.Files, report.Blocks, report.Bytes, report.Channel)
	return nil
}

func (c verifyCommand) verify(ctx context.Context, id cid.Cid) (blockset.Report, error) {
	if c.Server != "" {
		blocks, report, err := fetch(ctx, c.visit(), id, os.TempDir())
		if err == nil {
			blocks.Close()
		}
		return report, err
	}
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return blockset.Report{}, err
	}
	defer folder.Close()
	progress := newBar(false, "Verifying", 1, true)
	report, err := blockset.Verify(ctx, folder.Blocks, id, progress.of)
	progress.finish()
	if errors.Is(err, models.ErrNotFound) {
		return report, fmt.Errorf("this folder does not hold all of %s: %w", id, err)
	}
	return report, err
}
