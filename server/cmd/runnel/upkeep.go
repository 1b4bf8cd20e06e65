package main

import (
	"context"
	"fmt"
	"time"

	"runnel/models"
	"runnel/server"
)

type checkCommand struct {
	dataFlag
	storageFlag
}

// Run re-hashes every block and holds the catalogue against them.
func (c checkCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	progress := newBar(false, "Checking blocks", 1, false)
	found, err := folder.Check(ctx, func(done, total int) { progress.of(int64(done), int64(total)) })
	progress.finish()
	if err != nil {
		return err
	}
	for _, finding := range found.Findings {
		fmt.Println(printable(finding))
	}
	usage, err := folder.Catalog.Usage(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d blocks, %d bytes, %d releases checked: %d findings\n", found.Blocks, found.Bytes, found.Roots, len(found.Findings))
	fmt.Println(kept(usage.Used(), c.MaxStorage) + ", uploads and originals included")
	if len(found.Findings) > 0 {
		return models.NewFault(models.ErrCorrupt, "findings", "The data folder is not as it should be.")
	}
	return nil
}

type gcCommand struct {
	dataFlag
	Grace time.Duration `help:"Keep blocks younger than this, whoever needs them." default:"1h"`
}

// Run removes the blocks that no release, pin or running job needs.
func (c gcCommand) Run(ctx context.Context) error {
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	swept, err := folder.Collect(ctx, c.Grace)
	if err != nil {
		return err
	}
	fmt.Printf("%d blocks removed, %d bytes freed\n", swept.Blocks, swept.Bytes)
	return nil
}
