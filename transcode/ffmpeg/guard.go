package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"runnel/models"
)

// sniffBytes is how much of a file's beginning is looked at.
const sniffBytes = 4096

// sighting is what a file looks like from outside.
type sighting struct {
	size      int64
	container bool // begins like a container that we know
	foreign   bool // begins like something that is no media at all
}

// guard refuses, at little cost, files that ffprobe must not see or for which
// it has no clear word. It reads a bounded part of the file.
func guard(path string) (sighting, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return sighting{}, fmt.Errorf("ffmpeg: input: %w", models.ErrNotFound)
	}
	if err != nil {
		return sighting{}, fmt.Errorf("ffmpeg: input: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return sighting{}, fmt.Errorf("ffmpeg: input is no regular file: %w", models.ErrInvalid)
	}
	return inspect(f, info.Size())
}

// inspect is guard on any bytes.
func inspect(r io.ReaderAt, size int64) (sighting, error) {
	seen := sighting{size: size}
	if size == 0 {
		return seen, NewFault(CodeEmptyFile)
	}
	head := make([]byte, min(sniffBytes, size))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return seen, fmt.Errorf("ffmpeg: input: %w", err)
	}
	seen.container, seen.foreign = looksContained(head), looksForeign(head)
	code := sniff(head)
	if code == "" {
		code = checkTags(r, size, head)
	}
	if code == "" && isBoxes(head) {
		code = checkBoxes(r, size)
	}
	if code == "" {
		code = checkLocks(r, size, head)
	}
	if code != "" {
		return seen, NewFault(code)
	}
	return seen, nil
}

// sniff returns the code of a beginning that is certainly not media.
func sniff(head []byte) string {
	if code := sniffText(head); code != "" {
		return code
	}
	if looksImage(head) {
		return CodeStillImage
	}
	return ""
}

// sniffText recognises playlists, scripts and pages by how they begin.
func sniffText(head []byte) string {
	text := strings.ToLower(string(bytes.TrimLeft(decodeBOM(head), " \t\r\n\f\v\x00")))
	for _, p := range []string{
		"#extm3u", "#ext-x-", "#extinf", "ffconcat", "[playlist]", "[reference]", "<asx", "<smil", "<mpd",
		";ffmetadata", "v=0\r", "v=0\n", "http://", "https://", "rtsp://", "file ", "rtsptext", "smptetext",
	} {
		if strings.HasPrefix(text, p) {
			return CodePlaylistInput
		}
	}
	switch {
	case strings.HasPrefix(text, "<?xml"), strings.HasPrefix(text, "<!--"):
		for _, p := range []string{"<mpd", "<smil", "<asx", "<playlist", "compositionplaylist", "<assetmap"} {
			if strings.Contains(text, p) {
				return CodePlaylistInput
			}
		}
		return CodeNotMedia
	case strings.HasPrefix(text, "<"), strings.HasPrefix(text, "{"), strings.HasPrefix(text, "#!") && !strings.HasPrefix(text, "#!amr"):
		if utf8Text(head) {
			return CodeNotMedia
		}
	}
	return ""
}

// decodeBOM drops a byte order mark; of UTF-16 it keeps the ASCII half.
func decodeBOM(head []byte) []byte {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")) && !bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return everySecond(head[2:], 0)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return everySecond(head[2:], 1)
	}
	return head
}

func everySecond(b []byte, from int) []byte {
	var out []byte
	for i := from; i < len(b); i += 2 {
		out = append(out, b[i])
	}
	return out
}

// utf8Text reports whether the bytes are text, but for a character cut at the
// end.
func utf8Text(b []byte) bool {
	b = b[:max(len(b)-utf8.UTFMax, min(len(b), utf8.UTFMax))]
	return utf8.Valid(b) && !bytes.ContainsRune(b, 0)
}
