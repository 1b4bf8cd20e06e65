package main

import (
	"context"
	"fmt"
	"time"

	"runnel/server"
)

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
