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
	dataFlag
	CID string `arg:"" name:"cid" help:"The manifest CID."`
	Out string `short:"o" help:"A file ending in .car, or a folder to write the files to." default:"" placeholder:"PATH"`
}

// Run writes a release that this data folder holds to a CAR file or a folder.
func (c getCommand) Run(ctx context.Context) error {
	id, err := root(c.CID)
	if err != nil {
		return err
	}
	folder, err := server.OpenFolder(ctx, c.Data, c.Database)
	if err != nil {
		return err
	}
	defer folder.Close()
	out := c.Out
	if out == "" {
		out = id.String()
	}
	if filepath.Ext(out) != ".car" {
		return blockset.ExportDir(ctx, folder.Blocks, id, out)
	}
	return writeWhole(out, func(file *os.File) error { return blockset.ExportCAR(ctx, folder.Blocks, id, file) })
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
	File string `arg:"" help:"A CAR file with one release." type:"existingfile"`
}

// Run takes a release from a CAR file, checks it whole and keeps it.
func (c importCommand) Run(ctx context.Context) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	folder, err := server.MakeFolder(ctx, c.Data, c.Database)
	if err != nil {
		return err
	}
	defer folder.Close()
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
	dataFlag
	CID string `arg:"" name:"cid" help:"The manifest CID."`
}

// Run checks authorship and every byte of a release that this folder holds.
func (c verifyCommand) Run(ctx context.Context) error {
	id, err := root(c.CID)
	if err != nil {
		return err
	}
	folder, err := server.OpenFolder(ctx, c.Data, c.Database)
	if err != nil {
		return err
	}
	defer folder.Close()
	progress := newBar(false, "Verifying", 1, true)
	report, err := blockset.Verify(ctx, folder.Blocks, id, progress.of)
	progress.finish()
	if errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("this folder does not hold all of %s: %w", id, err)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%s\n  %s: %d files, %d blocks, %d bytes, all as signed by %s\n", id, printable(report.Title), report.Files, report.Blocks, report.Bytes, report.Channel)
	return nil
}
