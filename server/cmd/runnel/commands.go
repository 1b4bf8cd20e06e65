package main

import (
	"context"
	"fmt"

	"runnel/models"
	"runnel/server"
)

// commands is the command line: every command and the settings all share.
type commands struct {
	Config string `help:"A settings file (YAML); 'runnel config' prints one." type:"path" env:"RUNNEL_CONFIG"`

	Serve   serveCommand   `cmd:"" help:"Run a node."`
	Publish publishCommand `cmd:"" help:"Upload files and publish each as a release, folders as albums."`
	Pin     pinCommand     `cmd:"" help:"Fetch a release from the peer network and keep it."`
	Unpin   unpinCommand   `cmd:"" help:"Stop keeping a release."`
	Get     getCommand     `cmd:"" help:"Write a release to a CAR file or a folder, checked."`
	Import  importCommand  `cmd:"" help:"Take a release from a CAR file and keep it."`
	Verify  verifyCommand  `cmd:"" help:"Check authorship and every byte of a release."`
	Check   checkCommand   `cmd:"" help:"Check a whole data folder."`
	GC      gcCommand      `cmd:"" name:"gc" help:"Remove the blocks that nothing needs."`
	Rebuild rebuildCommand `cmd:"" help:"Put back from the blocks alone what a lost catalogue named."`
	Backup  backupCommand  `cmd:"" help:"Write the catalogue, the keys and, if wanted, the media to one private file."`
	Restore restoreCommand `cmd:"" help:"Make a data folder and its database from a backup."`
	Peers   peersCommand   `cmd:"" help:"Show this node's identity and addresses."`
	User    userCommand    `cmd:"" help:"Accounts."`
	Token   tokenCommand   `cmd:"" help:"Tokens, with which programs act as an account."`
	Sample  configCommand  `cmd:"" name:"config" help:"Print a commented settings file."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// dataFlag is the data folder and its catalogue, for commands that work on them.
type dataFlag struct {
	Data     string `help:"The data folder." default:"${data}" env:"RUNNEL_DATA" placeholder:"DIR"`
	Shared   string `help:"What servers that act as one share: secret, uploads and blocks; the data folder when empty. Needs a postgres:// database." env:"RUNNEL_SHARED" placeholder:"DIR"`
	Blocks   string `help:"The folder of the block files; blocks in the shared folder when empty." env:"RUNNEL_BLOCKS" placeholder:"DIR"`
	Database string `help:"The catalogue: sqlite, in the data folder, or postgres://…" default:"sqlite" env:"RUNNEL_DATABASE" placeholder:"URL"`
}

func (f dataFlag) where() server.Where {
	return server.Where{Data: f.Data, Shared: f.Shared, Blocks: f.Blocks, Database: f.Database}
}

// serverFlags name a running node and the account to act as.
type serverFlags struct {
	dataFlag
	Server string `help:"The node's address; the one running on the data folder when empty." env:"RUNNEL_SERVER" placeholder:"URL"`
	Token  string `help:"A token; without one the owner of the data folder acts." env:"RUNNEL_TOKEN"`
}

// storageFlag bounds what a node keeps.
type storageFlag struct {
	MaxStorage int64 `name:"max-storage" help:"The most bytes that this node keeps: releases, uploads and originals together; 0 for no limit. What is published is never deleted for it." default:"0" env:"RUNNEL_MAX_STORAGE" placeholder:"BYTES"`
}

// fits refuses what would pass the limit.
func (f storageFlag) fits(ctx context.Context, folder *server.Folder, bytes int64) error {
	u, err := folder.Catalog.Usage(ctx)
	if err != nil || f.MaxStorage <= 0 || u.Used()+bytes <= f.MaxStorage {
		return err
	}
	return models.NewFault(models.ErrTooLarge, "storage_limit", fmt.Sprintf(
		"This node may keep %d bytes and keeps %d: %d more do not fit. Unpin or delete something first.", f.MaxStorage, u.Used(), bytes))
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	fmt.Println("runnel", version)
	return nil
}
