package main

import (
	"context"
	"fmt"

	"runnel/models"
	"runnel/server"
	"runnel/server/client"
)

type rebuildCommand struct {
	dataFlag
	Public bool `help:"Everyone may see what is found: say so only where nothing was private, unlisted or taken down. Without it a moderator approves each release first."`
}

// Run puts the releases back whose blocks are there and which the catalogue does
// not know.
func (c rebuildCommand) Run(ctx context.Context) error {
	if err := stopped(ctx, c.Data, "stop it before you rebuild its catalogue"); err != nil {
		return err
	}
	folder, err := server.MakeFolderForBlocks(ctx, c.where())
	if err != nil {
		return err
	}
	defer folder.Close()
	steps := &steps{}
	out, err := folder.Rebuild(ctx, c.Public, steps.of)
	steps.finish()
	if err != nil {
		return err
	}
	incomplete := 0
	for _, r := range out.Put {
		line := fmt.Sprintf("%s  %s  %s, by %s, revision %d", r.ID, r.Manifest, printable(r.Title), printable(r.ChannelName), r.Rev)
		if r.Missing > 0 {
			incomplete++
			line += fmt.Sprintf(" (%d blocks missing; a node fetches them)", r.Missing)
		}
		fmt.Println(line)
	}
	for _, finding := range out.Findings {
		fmt.Println(printable(finding))
	}
	fmt.Printf("%d blocks looked at: %d releases put back, %d of them incomplete, %d here before, %d originals found, %d findings\n", out.Blocks, len(out.Put), incomplete, out.Here, out.Sources, len(out.Findings))
	c.explain(len(out.Put))
	if len(out.Findings) > 0 {
		return models.NewFault(models.ErrCorrupt, "findings", "Not everything that was found is whole.")
	}
	return nil
}

// explain says what no block tells.
func (c rebuildCommand) explain(put int) {
	if put == 0 {
		return
	}
	if !c.Public {
		fmt.Println("Nobody but moderators sees them yet: no block tells what was private, unlisted or taken down. Approve each at /moderation once the node runs. Those of a channel that an account here has are that account's, private, in its studio.")
	}
	fmt.Println("Titles and texts are as they were signed. Accounts, passwords and channel keys are not in the blocks: without a backup of them the releases belong to nobody here, under the channel that signed them.")
}

// steps shows one bar after the other.
type steps struct {
	what  string
	shown bar
}

func (s *steps) of(what string, done, total int64) {
	if what != s.what {
		s.finish()
		s.what, s.shown = what, newBar(false, what, 1, what == "Verifying")
	}
	s.shown.of(done, total)
}

func (s *steps) finish() { s.shown.finish() }

// stopped refuses to go on while a node runs on a data folder.
func stopped(ctx context.Context, data, instead string) error {
	address, err := server.Address(data)
	if err != nil || !client.New(address, "").Healthy(ctx) {
		return nil
	}
	return models.NewFault(models.ErrUnavailable, "node_runs", "A node runs on "+data+" ("+address+"): "+instead+".")
}
