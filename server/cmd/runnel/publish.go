package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"runnel/models"
	"runnel/server/client"
)

type publishCommand struct {
	serverFlags
	Files       []string      `arg:"" name:"file" help:"The files to publish, each as one release; a folder becomes an album." type:"path"`
	Title       string        `help:"The title; the file's name when empty."`
	Kind        string        `help:"What it is: video or track; decided by the file when empty." enum:",video,track" default:""`
	Visibility  string        `help:"Who may see it: public, unlisted or private." enum:"public,unlisted,private" default:"public"`
	JSON        bool          `name:"json" help:"Print one JSON object per release."`
	WaitForNode time.Duration `help:"How long to wait for the node to answer." default:"0s"`
}

// Run publishes each file in turn; one that fails does not keep the others from
// being published.
func (c publishCommand) Run(ctx context.Context) error {
	if c.Title != "" && len(c.Files) > 1 {
		return asUsage("one_title", "A title fits one file only.")
	}
	for _, path := range c.Files {
		if _, err := isFolder(path); err != nil {
			return err
		}
	}
	node, done, err := c.connectPatiently(ctx)
	if err != nil {
		return err
	}
	defer done()
	memory, err := openMemory()
	if err != nil {
		return err
	}
	failed := 0
	for _, path := range c.Files {
		err := c.publishPath(ctx, node, memory, path)
		if ctx.Err() != nil || err != nil && len(c.Files) == 1 {
			return err
		}
		if err != nil {
			failed++
			fmt.Fprintf(os.Stderr, "runnel: %s: %s\n", printable(filepath.Base(path)), printable(sentence(err)))
		}
	}
	if failed > 0 {
		return models.NewFault(models.ErrInvalid, "some_failed", fmt.Sprintf("%d of %d files were not published.", failed, len(c.Files)))
	}
	return nil
}

// publishPath publishes a file, or a folder.
func (c publishCommand) publishPath(ctx context.Context, node *client.Client, memory *memory, path string) error {
	if folder, err := isFolder(path); err != nil || folder {
		if err == nil {
			err = c.publishFolder(ctx, node, memory, path)
		}
		return err
	}
	release, err := c.publish(ctx, node, memory, path)
	if err != nil {
		return err
	}
	return c.print(release)
}

// connectPatiently waits for a node that is just starting.
func (c publishCommand) connectPatiently(ctx context.Context) (*client.Client, func(), error) {
	deadline := time.Now().Add(c.WaitForNode)
	for {
		node, done, err := c.connect(ctx)
		if err == nil && node.Healthy(ctx) {
			return node, done, nil
		}
		if err == nil {
			done()
			err = models.NewFault(models.ErrUnavailable, "no_answer", "The node does not answer. Is it running?")
		}
		if time.Now().After(deadline) || !errors.Is(err, models.ErrUnavailable) {
			return nil, nil, err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return nil, nil, err
		}
	}
}

// publish uploads one file, or takes up where an earlier run stopped, and waits
// until its release is final.
func (c publishCommand) publish(ctx context.Context, node *client.Client, memory *memory, path string) (client.Release, error) {
	file, err := os.Open(path)
	if err != nil {
		return client.Release{}, models.NewFault(models.ErrNotFound, "no_file", "Cannot read "+path+".")
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return client.Release{}, err
	}
	key := c.fingerprint(path, info)
	upload, known := memory.upload(key)
	if known && !c.alive(ctx, node, upload) {
		known = false
	}
	if !known {
		if upload, err = node.Create(ctx, info.Size(), c.metadata(path)); err != nil {
			return client.Release{}, err
		}
		if err := memory.remember(key, upload); err != nil {
			return client.Release{}, err
		}
	}
	if err := c.send(ctx, node, upload, file, info); err != nil {
		return client.Release{}, err
	}
	release, err := c.watch(ctx, node, upload.Release)
	if err != nil {
		return client.Release{}, err
	}
	return release, errors.Join(memory.forget(key), failure(release))
}

// alive reports whether a remembered release can still become final.
func (c publishCommand) alive(ctx context.Context, node *client.Client, upload client.Upload) bool {
	release, err := node.Release(ctx, upload.Release)
	return err == nil && !release.Ended()
}

// send sends what is missing, and takes a lost connection up again.
func (c publishCommand) send(ctx context.Context, node *client.Client, upload client.Upload, file *os.File, info os.FileInfo) error {
	release, err := node.Release(ctx, upload.Release)
	if err != nil || release.State != string(models.StateUploading) {
		return err
	}
	bar := newBar(c.JSON, "Uploading "+filepath.Base(file.Name()), info.Size(), true)
	defer bar.finish()
	return patiently(ctx, func() error {
		return node.Send(ctx, upload, file, info.Size(), bar.set)
	})
}

// watch follows the release until it has ended.
func (c publishCommand) watch(ctx context.Context, node *client.Client, id string) (release client.Release, err error) {
	const steps = 1000
	bar := newBar(c.JSON, "Transcoding", steps, false)
	defer bar.finish()
	err = patiently(ctx, func() (err error) {
		release, err = node.Follow(ctx, id, func(r client.Release) { bar.set(int64(r.Fraction * steps)) })
		return err
	})
	return release, err
}

func failure(r client.Release) error {
	switch {
	case r.State == string(models.StateFinal):
		return nil
	case r.Failure != nil:
		return models.NewFault(models.ErrInvalid, r.Failure.Code, r.Failure.Text)
	}
	return models.NewFault(models.ErrInvalid, "cancelled", "The release was cancelled.")
}

func (c publishCommand) metadata(path string) map[string]string {
	return map[string]string{"filename": filepath.Base(path), "title": c.Title, "kind": c.Kind, "visibility": c.Visibility}
}

func (c publishCommand) fingerprint(path string, info os.FileInfo) string {
	full, err := filepath.Abs(path)
	if err != nil {
		full = path
	}
	return strings.Join([]string{c.Server, c.Data, full, fmt.Sprint(info.Size()), info.ModTime().UTC().Format(time.RFC3339Nano)}, "\n")
}

func (c publishCommand) print(r client.Release) error {
	if !c.JSON {
		fmt.Printf("%s\n  watch     %s\n  manifest  %s\n", printable(r.Title), r.WatchURL, r.Manifest)
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{
		"id": r.ID, "title": r.Title, "kind": r.Kind, "state": r.State, "manifest": r.Manifest,
		"channel": r.Channel, "watchUrl": r.WatchURL, "masterUrl": r.MasterURL,
	})
}
