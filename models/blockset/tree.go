package blockset

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"runnel/models"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// tree makes all folders below the root and returns what stands in the root by
// name. The two files of the manifest are not there yet: they name the tree.
func (w *writer) tree(ctx context.Context) (map[string]string, error) {
	links, err := w.folder(ctx, sortedKeys(w.files), "")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, l := range links {
		out[l.name] = l.cid.String()
	}
	return out, nil
}

// root makes the root folder over everything.
func (w *writer) root(ctx context.Context) (cid.Cid, error) {
	w.folders = nil // made again, and the same
	links, err := w.folder(ctx, sortedKeys(w.files), "")
	if err != nil {
		return cid.Undef, err
	}
	l, err := w.link(ctx, "", links)
	return l.cid, err
}

// folder returns the links of the folder whose path is prefix, from the sorted
// paths of all files in it, and makes the folders below it.
func (w *writer) folder(ctx context.Context, paths []string, prefix string) ([]link, error) {
	var links []link
	for len(paths) > 0 {
		name, _, deeper := strings.Cut(paths[0][len(prefix):], "/")
		if !deeper {
			f := w.files[paths[0]]
			links = append(links, link{name: name, cid: f.CID, size: f.DagSize})
			paths = paths[1:]
			continue
		}
		inside, n := prefix+name+"/", 0
		for n < len(paths) && strings.HasPrefix(paths[n], inside) {
			n++
		}
		below, err := w.folder(ctx, paths[:n], inside)
		if err != nil {
			return nil, err
		}
		l, err := w.link(ctx, name, below)
		if err != nil {
			return nil, err
		}
		links, paths = append(links, l), paths[n:]
	}
	return sorted(links)
}

// sorted orders links by name, which is not quite the order of their paths
// ("a-b" < "a/"), and finds the name that is both a file and a folder.
func sorted(links []link) ([]link, error) {
	slices.SortFunc(links, func(a, b link) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(links); i++ {
		if links[i].name == links[i-1].name {
			return nil, invalid("%s is both a file and a folder", links[i].name)
		}
	}
	return links, nil
}

// link makes the block of a folder and returns a link to it.
func (w *writer) link(ctx context.Context, name string, links []link) (link, error) {
	b, size, err := encodeFolder(links)
	if err != nil {
		return link{}, err
	}
	w.folders = append(w.folders, b.CID)
	return link{name: name, cid: b.CID, size: size}, w.batch.add(ctx, b)
}

// renditions makes the hash list of each rendition and checks that the media
// files are those of the renditions, whole and no others.
func (w *writer) renditions(ctx context.Context, from []models.Rendition) ([]Rendition, error) {
	out := make([]Rendition, 0, len(from))
	used := 0
	for _, r := range from {
		entry := renditionFrom(r)
		if err := checkRenditionID(entry.ID, entry.Type); err != nil {
			return nil, invalid("rendition: %v", err)
		}
		n, err := w.rendition(ctx, &entry)
		if err != nil {
			return nil, err
		}
		out, used = append(out, entry), used+n
	}
	for path := range w.files {
		if isMedia(path) {
			used--
		}
	}
	if used != 0 {
		return nil, invalid("files in v/ or a/ that belong to no rendition")
	}
	return out, nil
}

// rendition fills in what the files say and returns how many it has.
func (w *writer) rendition(ctx context.Context, r *Rendition) (files int, err error) {
	init, hasInit := w.files[r.ID+"/"+initName]
	playlist, hasPlaylist := w.files[r.ID+"/"+playlistName]
	if !hasInit || !hasPlaylist {
		return 0, invalid("rendition %s lacks its init segment or playlist", r.ID)
	}
	r.PlaylistSHA256 = playlist.SHA256
	files = 2
	if f, ok := w.files[r.ID+"/"+iframesName]; ok {
		sum := Digest(f.SHA256)
		r.IFramesSHA256 = &sum
		files++
	}
	hashes := init.SHA256[:]
	r.Bytes = init.Size
	for {
		f, ok := w.files[r.ID+"/"+segmentPath(r.Segments)]
		if !ok {
			break
		}
		hashes = append(hashes, f.SHA256[:]...)
		r.Bytes += f.Size
		r.Segments++
	}
	list, err := w.add(ctx, hashListPath(r.ID), hashes)
	r.Hashes, r.HashesSHA256 = list.Path, list.SHA256
	return files + r.Segments, err
}
