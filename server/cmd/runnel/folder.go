package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"runnel/models"
	"runnel/transcode/ffmpeg"
)

// track is one media file of a folder that becomes a collection.
type track struct {
	path          string
	name          string // below the folder
	disc, number  int    // 0: the file does not say
	album, artist string
	title         string
	film          bool
}

// maxPieces bounds the files of a folder that are looked at.
const maxPieces = 2000

// readFolder looks at every file of a folder and those in it, and returns those
// that are media, by disc and track and then by name. Without ffprobe, which
// reads the tags, the names alone decide, and what is no media is found out by
// the node.
func readFolder(ctx context.Context, dir string) ([]track, error) {
	files, err := filesBelow(dir)
	if err != nil {
		return nil, err
	}
	runner, err := ffmpeg.New(ffmpeg.Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, "runnel: ffprobe is missing, so the files are ordered by name.")
	}
	var pieces []track
	for _, path := range files {
		p := track{path: path}
		if p.name, err = filepath.Rel(dir, path); err != nil {
			return nil, err
		}
		if runner != nil {
			if err := p.read(ctx, runner); ctx.Err() != nil {
				return nil, ctx.Err()
			} else if err != nil {
				fmt.Fprintf(os.Stderr, "runnel: left out: %s: %s\n", printable(p.name), printable(sentence(err)))
				continue
			}
		}
		pieces = append(pieces, p)
	}
	if len(pieces) == 0 {
		return nil, models.NewFault(models.ErrInvalid, "no_media", "There are no media files in "+dir+".")
	}
	slices.SortStableFunc(pieces, before)
	return pieces, nil
}

// filesBelow lists the plain files of a folder by name; what is hidden is left
// out, and links are not followed.
func filesBelow(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return models.NewFault(models.ErrNotFound, "no_file", "Cannot read "+path+".")
		case path != dir && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			files = append(files, path)
		}
		if len(files) > maxPieces {
			return models.NewFault(models.ErrTooLarge, "large_folder", fmt.Sprintf("A folder is published with at most %d files.", maxPieces))
		}
		return nil
	})
	return files, err
}

// read takes the tags of the file.
func (p *track) read(ctx context.Context, runner *ffmpeg.Runner) error {
	probe, err := runner.Probe(ctx, p.path)
	if err != nil {
		return err
	}
	tags := probe.Tags
	p.title, p.album, p.artist = tags["title"], tags["album"], cmp.Or(tags["album_artist"], tags["artist"])
	p.disc, p.number = ordinal(tags["disc"]), ordinal(tags["track"])
	for i := range probe.Streams {
		p.film = p.film || probe.Streams[i].Film()
	}
	return nil
}

// ordinal reads "3" or "3/12"; 0 for anything else.
func ordinal(text string) int {
	first, _, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || n < 0 || n > 9999 {
		return 0
	}
	return n
}

// before orders by disc, then track, then name; what has no track comes after
// what has one, and numbers in names count as numbers.
func before(a, b track) int {
	last := func(n int) int { return cmp.Or(n, 1<<30) }
	return cmp.Or(cmp.Compare(max(a.disc, 1), max(b.disc, 1)), cmp.Compare(last(a.number), last(b.number)), naturally(a.name, b.name))
}

// naturally compares names so that "2" comes before "10".
func naturally(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x != "" && y != "" {
			m, n := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
}

// named is what most pieces say, or nothing where they do not say the same.
func named(pieces []track, say func(track) string) string {
	count := map[string]int{}
	for _, p := range pieces {
		count[say(p)]++
	}
	for word, n := range count {
		if word != "" && 2*n > len(pieces) {
			return word
		}
	}
	return ""
}

// isFolder reports whether a path names a folder, and that it is there.
func isFolder(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, asUsage("no_file", "There is no file or folder "+path+".")
	}
	return info.IsDir(), nil
}
