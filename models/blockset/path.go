package blockset

import (
	"fmt"
	"strings"
)

// Names at a root that are about the set and not part of it.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.sig"
)

// Names in the folder of a rendition, beside its segments.
const (
	initName     = "init.mp4"
	playlistName = "index.m3u8"
	iframesName  = "iframe.m3u8"
)

// checkPath accepts what a release may call its files: relative, at most six
// names of letters, digits and "._-+", none of them starting with a dot. Such a
// path means the same in a URL, on every file system and in a terminal.
func checkPath(path string) error {
	names := strings.Split(path, "/")
	if len(names) > maxDepth {
		return fmt.Errorf("path of %d names", len(names))
	}
	for _, n := range names {
		if err := checkName(n); err != nil {
			return err
		}
	}
	return nil
}

func checkName(name string) error {
	if name == "" || len(name) > maxName || name[0] == '.' {
		return fmt.Errorf("name %q", clip(name))
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return fmt.Errorf("name %q", clip(name))
		}
	}
	return nil
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '.' || c == '_' || c == '-' || c == '+'
}

func clip(s string) string {
	if len(s) > maxName {
		return s[:maxName] + "…"
	}
	return s
}

// isMedia reports whether a path lies in the folders that the hash lists cover
// instead of the manifest's list of files.
func isMedia(path string) bool {
	return strings.HasPrefix(path, "v/") || strings.HasPrefix(path, "a/")
}

// hashListPath is where the hash list of a rendition stands.
func hashListPath(rendition string) string {
	return "h/" + strings.ReplaceAll(rendition, "/", "-") + ".bin"
}

// segmentPath is a segment's path inside its rendition: 256 to a folder.
func segmentPath(n int) string { return fmt.Sprintf("%02d/%05d.m4s", n/256, n) }
