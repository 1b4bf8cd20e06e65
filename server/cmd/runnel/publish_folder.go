package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"runnel/models"
	"runnel/server/client"
)

// folderState is what an earlier run brought to the node: the collection, and
// the releases by the fingerprint of their files.
type folderState struct {
	Collection string            `json:"collection"`
	Releases   map[string]string `json:"releases"`
}

// publishFolder publishes the media of a folder as one collection: an album, or
// a series where all of them are films. What an earlier run has published is not
// published again.
func (c publishCommand) publishFolder(ctx context.Context, node *client.Client, memory *memory, dir string) error {
	pieces, err := readFolder(ctx, dir)
	if err != nil {
		return err
	}
	key := strings.Join([]string{"folder", c.Server, c.Data, absolute(dir)}, "\n")
	state := folderState{}
	memory.recall(key, &state)
	k, err := c.collection(ctx, node, state.Collection, dir, pieces)
	if err != nil {
		return err
	}
	if k.ID != state.Collection {
		state = folderState{Collection: k.ID}
	}
	if state.Releases == nil {
		state.Releases = map[string]string{}
	}
	if err := memory.keep(key, state); err != nil {
		return err
	}
	failed, last := 0, ""
	for _, p := range pieces {
		id, err := c.publishPiece(ctx, node, memory, p, state.Releases, func() error { return memory.keep(key, state) })
		if err == nil {
			err = place(ctx, node, k.ID, id, last)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			failed++
			fmt.Fprintf(os.Stderr, "runnel: %s: %s\n", printable(p.name), printable(sentence(err)))
		default:
			last = id
		}
	}
	if failed > 0 {
		return models.NewFault(models.ErrInvalid, "some_failed", fmt.Sprintf("%d of %d files were not published. Run the command again to try them again.", failed, len(pieces)))
	}
	if k, err = node.Collection(ctx, k.ID); err != nil {
		return err
	}
	return errors.Join(c.printCollection(k), memory.forget(key))
}

// collection takes up the collection of an earlier run, or makes one.
func (c publishCommand) collection(ctx context.Context, node *client.Client, known, dir string, pieces []track) (client.Collection, error) {
	if known != "" {
		if k, err := node.Collection(ctx, known); !errors.Is(err, models.ErrNotFound) {
			return k, err
		}
	}
	kind, films := models.Album, 0
	for _, p := range pieces {
		if p.film {
			films++
		}
	}
	if films == len(pieces) {
		kind = models.Series
	}
	title := c.Title
	if title == "" {
		title = named(pieces, func(p track) string { return p.album })
	}
	if title == "" {
		title = filepath.Base(absolute(dir))
	}
	return node.CreateCollection(ctx, string(kind), title, named(pieces, func(p track) string { return p.artist }), c.Visibility)
}

// publishPiece returns the release of a file: the one of an earlier run if it is
// there and final, else a new one, which is kept among the known ones.
func (c publishCommand) publishPiece(ctx context.Context, node *client.Client, memory *memory, p track, known map[string]string, keep func() error) (string, error) {
	info, err := os.Stat(p.path)
	if err != nil {
		return "", models.NewFault(models.ErrNotFound, "no_file", "Cannot read "+p.path+".")
	}
	key := c.fingerprint(p.path, info)
	if id := known[key]; id != "" {
		r, err := node.Release(ctx, id)
		if err == nil && r.State == string(models.StateFinal) {
			return id, nil
		}
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return "", err
		}
	}
	alone := c
	alone.Title = p.title // the command's is the collection's
	r, err := alone.publish(ctx, node, memory, p.path)
	if err != nil {
		return "", err
	}
	known[key] = r.ID
	return r.ID, errors.Join(keep(), c.print(r))
}

// place puts a release behind the one before it, whatever is in the collection
// already.
func place(ctx context.Context, node *client.Client, collection, release, after string) error {
	if err := node.AddItems(ctx, collection, release); err != nil {
		return err
	}
	return node.MoveItem(ctx, collection, release, after)
}

func (c publishCommand) printCollection(k client.Collection) error {
	if !c.JSON {
		fmt.Printf("%s\n  %s of %d releases: %s\n", printable(k.Title), k.Kind, k.Items, k.URL)
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"id": k.ID, "title": k.Title, "kind": k.Kind, "items": k.Items, "url": k.URL})
}

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}
