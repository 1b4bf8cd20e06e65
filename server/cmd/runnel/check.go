package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"runnel/models"
	"runnel/server"
)

type checkCommand struct {
	dataFlag
	storageFlag
	Repair    bool     `help:"Fetch what is damaged or missing from peers; while no node runs on the folder."`
	P2P       []string `name:"p2p" help:"For --repair: where peers reach this node, as for serve." env:"RUNNEL_P2P" placeholder:"MULTIADDR"`
	Bootstrap []string `help:"For --repair: peers to ask." env:"RUNNEL_BOOTSTRAP" placeholder:"MULTIADDR"`
	LAN       *bool    `name:"lan" negatable:"" help:"For --repair: whether this node lives on a local network, as for serve." env:"RUNNEL_LAN"`
}

// Run re-hashes every block and holds the catalogue against them.
func (c checkCommand) Run(ctx context.Context) error {
	if c.Repair {
		if err := stopped(ctx, c.Data, "it heals each damaged block when somebody plays it; stop it to repair all of them"); err != nil {
			return err
		}
	}
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	progress := newBar(false, "Checking blocks", 1, false)
	found, err := folder.Check(ctx, func(done, total int) { progress.of(int64(done), int64(total)) })
	progress.finish()
	if err == nil && c.Repair && len(found.Damaged) > 0 {
		err = c.repair(ctx, folder, &found)
	}
	if err != nil {
		return err
	}
	return c.report(ctx, folder, found)
}

// repair leaves in found what could not be healed.
func (c checkCommand) repair(ctx context.Context, folder *server.Folder, found *server.Findings) error {
	damaged := found.Damaged
	progress := newBar(false, "Asking peers", int64(len(damaged)), false)
	left, err := folder.Repair(ctx, server.Config{
		Data: c.Data, Shared: c.Shared, Blocks: c.Blocks, Database: c.Database, P2P: c.P2P, Bootstrap: c.Bootstrap, LAN: c.LAN, Version: version,
	}, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), damaged,
		func(done, _ int) { progress.set(int64(done)) })
	progress.finish()
	if err != nil {
		return err
	}
	found.Damaged = left
	fmt.Printf("%d of %d damaged or missing blocks healed\n", len(damaged)-len(left), len(damaged))
	return nil
}

func (c checkCommand) report(ctx context.Context, folder *server.Folder, found server.Findings) error {
	for _, d := range found.Damaged {
		fmt.Println(d)
	}
	for _, finding := range found.Findings {
		fmt.Println(printable(finding))
	}
	usage, err := folder.Catalog.Usage(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d blocks, %d bytes, %d releases checked: %d findings\n", found.Blocks, found.Bytes, found.Roots, found.Count())
	fmt.Println(kept(usage.Used(), c.MaxStorage) + ", uploads and originals included")
	if found.Count() > 0 {
		return models.NewFault(models.ErrCorrupt, "findings", "The data folder is not as it should be.")
	}
	return nil
}
