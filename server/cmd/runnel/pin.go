package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"runnel/models"
	"runnel/server"
	"runnel/server/client"
)

type pinCommand struct {
	serverFlags
	CID   string `arg:"" name:"cid" help:"The manifest CID."`
	Async bool   `help:"Do not wait until all of it is here."`
}

// Run asks the node to keep a release and waits until it does.
func (c pinCommand) Run(ctx context.Context) error {
	node, done, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	pin, err := node.Pin(ctx, c.CID)
	if err != nil || c.Async {
		return err
	}
	for pin.State != string(models.PinHeld) {
		if pin.State == string(models.PinFailed) {
			return models.NewFault(models.ErrUnavailable, "pin_failed", pin.Failure)
		}
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return err
		}
		if pin, err = node.PinState(ctx, c.CID); err != nil {
			return err
		}
	}
	printPin(pin)
	return nil
}

func printPin(pin client.Pin) {
	fmt.Printf("%s\n  %s, %d blocks, %d bytes\n", pin.CID, pin.State, pin.Blocks, pin.Bytes)
}

type unpinCommand struct {
	serverFlags
	CID string `arg:"" name:"cid" help:"The manifest CID."`
}

// Run lets the node drop a release; its blocks go with the next gc. Where no
// node runs on the data folder, the folder itself lets it go.
func (c unpinCommand) Run(ctx context.Context) error {
	if _, err := server.Address(c.Data); c.Server == "" && errors.Is(err, models.ErrNotFound) {
		return c.offline(ctx)
	}
	node, done, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer done()
	return node.Unpin(ctx, c.CID)
}

func (c unpinCommand) offline(ctx context.Context) error {
	id, err := root(c.CID)
	if err != nil {
		return err
	}
	folder, err := server.OpenFolder(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	err = folder.Catalog.DeletePin(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return models.NewFault(models.ErrNotFound, "not_pinned", "This release is not pinned here.")
	}
	return err
}

type peersCommand struct{ serverFlags }

// Run prints the running node's identity and the addresses to reach it at.
func (c peersCommand) Run(ctx context.Context) error {
	node := c.visit()
	if c.Server == "" {
		address, err := server.Address(c.Data)
		if err != nil {
			return noNode(err, c.Data)
		}
		node = client.New(address, c.Token)
	}
	info, err := node.Node(ctx)
	if err != nil {
		return err
	}
	fmt.Println(printable(info.PeerID))
	for _, address := range info.Addrs {
		fmt.Println(" ", printable(address))
	}
	fmt.Printf("peers connected: %d; %s\n", info.Peers, kept(info.Storage.Used, info.Storage.Limit))
	return nil
}

// kept says how much a node keeps.
func kept(used, limit int64) string {
	if limit == 0 {
		return fmt.Sprintf("%d bytes kept", used)
	}
	return fmt.Sprintf("%d of %d bytes kept", used, limit)
}
