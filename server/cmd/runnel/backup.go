package main

import (
	"context"
	"fmt"
	"path/filepath"

	"runnel/server"
)

type backupCommand struct {
	dataFlag
	File  string `arg:"" help:"The file to write; one that is there is replaced when the new one is whole." type:"path"`
	Media bool   `help:"Take the media too: every block, and the originals that were uploaded."`
}

// Run backs a data folder and its catalogue up, whether or not a node runs.
func (c backupCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	progress := newBar(!c.Media, "Copying blocks", 1, false)
	done, err := folder.Backup(ctx, c.File, version, c.Media, func(done, total int) { progress.of(int64(done), int64(total)) })
	progress.finish()
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, %d blocks, %d uploads and originals\n", printable(c.File), done.Bytes, done.Blocks, done.Uploads)
	if done.Damaged > 0 {
		fmt.Printf("  %d damaged blocks were left out: run 'runnel check'\n", done.Damaged)
	}
	fmt.Println("  It holds the node's secret and its channels' keys: keep it as safe as a password.")
	return nil
}

type restoreCommand struct {
	dataFlag
	File string `arg:"" help:"A file that 'runnel backup' wrote." type:"existingfile"`
}

// Run restores a backup into an empty data folder and an empty database.
func (c restoreCommand) Run(ctx context.Context) error {
	progress := newBar(false, "Checking the backup", 1, true)
	done, err := server.Restore(ctx, c.File, c.where(), progress.of)
	progress.finish()
	if err != nil {
		return err
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	fmt.Printf("%s, as of %s: %d accounts, %d releases, %d blocks, %d uploads and originals\n", printable(data),
		done.Head.Made.Local().Format("2006-01-02 15:04:05"), done.Accounts, done.Releases, done.Blocks, done.Uploads)
	if done.Missing > 0 {
		fmt.Printf("  the media of %d releases are missing: a node that runs here fetches them from its peers\n", done.Missing)
	}
	return nil
}
