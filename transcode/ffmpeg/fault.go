package ffmpeg

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"syscall"

	"runnel/models"
)

// The codes of refused and failed media. They are stable: programs rely on
// them.
const (
	CodeNotMedia             = "not_media"
	CodeEmptyFile            = "empty_file"
	CodeUnsupportedContainer = "unsupported_container"
	CodePlaylistInput        = "playlist_input"
	CodeStillImage           = "still_image"
	CodeUnsupportedCodec     = "unsupported_codec"
	CodeNoMediaStreams       = "no_media_streams"
	CodeTruncated            = "truncated"
	CodeDecodeErrors         = "decode_errors"
	CodeDurationMismatch     = "duration_mismatch"
	CodeEncrypted            = "encrypted"
	CodeTooLarge             = "too_large"
	CodeDimensions           = "dimensions"
	CodeDurationTooLong      = "duration_too_long"
	CodeTooManyStreams       = "too_many_streams"
	CodeMetadataTooLarge     = "metadata_too_large"
	CodeTimeout              = "timeout"
	CodeResourceLimit        = "resource_limit"
	CodeBadAspect            = "bad_aspect"
)

// sentences says each code to a person.
var sentences = map[string]string{
	CodeNotMedia:             "This file is not audio or video.",
	CodeEmptyFile:            "This file is empty.",
	CodeUnsupportedContainer: "This kind of file is not supported; try MP4, MOV, MKV, WebM, MP3, FLAC, WAV or Ogg.",
	CodePlaylistInput:        "This file is a playlist or a script that points at other files; upload the media itself.",
	CodeStillImage:           "This file is a still image, not a video.",
	CodeUnsupportedCodec:     "The audio or video in this file uses a codec that is not supported.",
	CodeNoMediaStreams:       "This file has no audio or video stream.",
	CodeTruncated:            "This file is incomplete: a part of it that players need is missing, perhaps because the copy or recording was interrupted.",
	CodeDecodeErrors:         "This file is damaged and cannot be decoded.",
	CodeDurationMismatch:     "This file's stated length does not match what it holds.",
	CodeEncrypted:            "This file is encrypted or copy-protected.",
	CodeTooLarge:             "This file is larger than this server accepts.",
	CodeDimensions:           "The picture is larger or smaller than this server can handle.",
	CodeDurationTooLong:      "This file is longer than this server accepts.",
	CodeTooManyStreams:       "This file has more streams than this server accepts.",
	CodeMetadataTooLarge:     "This file carries more tags than this server accepts; remove some of its metadata and try again.",
	CodeTimeout:              "This file took too long to read.",
	CodeResourceLimit:        "This file needs more memory or computing time than this server allows.",
	CodeBadAspect:            "The picture is too narrow for its length.",
}

// tooLarge are the codes that exceed a limit; every other one says that the
// input is wrong.
var tooLarge = []string{
	CodeTooLarge, CodeDimensions, CodeDurationTooLong, CodeTooManyStreams, CodeMetadataTooLarge,
	CodeTimeout, CodeResourceLimit,
}

// NewFault returns the fault of a code with its sentence: models.ErrTooLarge
// where a limit is exceeded, else models.ErrInvalid.
func NewFault(code string) *models.Fault {
	kind := models.ErrInvalid
	for _, c := range tooLarge {
		if c == code {
			kind = models.ErrTooLarge
		}
	}
	return models.NewFault(kind, code, sentences[code])
}

// Explain returns the fault behind a failed run that read a user's file, or nil
// when the file is not to blame: the run was cancelled, could not be started,
// was killed from outside, or the tool complained about this machine.
func Explain(err error) *models.Fault {
	var fault *models.Fault
	if errors.As(err, &fault) {
		return fault
	}
	var run *RunError
	if !errors.As(err, &run) || errors.Is(err, context.Canceled) {
		return nil
	}
	switch run.Cause {
	case CauseTimeout:
		return NewFault(CodeTimeout)
	case CauseCPU, CauseMemory, CauseFileSize, CauseOutput:
		return NewFault(CodeResourceLimit)
	case CauseSignal:
		if crashed(run.Signal) {
			return NewFault(CodeDecodeErrors)
		}
	case CauseExit:
		if !machineTrouble(run.Stderr) {
			return NewFault(complaint(run.Stderr))
		}
	}
	return nil
}

// machineTrouble recognises complaints that the same file will not meet
// elsewhere or later: a full disk, missing rights, another build of ffmpeg.
func machineTrouble(stderr string) bool {
	for _, s := range []string{
		"No space left on device", "Disk quota exceeded", "Permission denied", "Read-only file system",
		"Too many open files", "error while loading shared libraries", "Operation not permitted",
		"Unrecognized option", "Option not found", "Unknown encoder", "No such filter",
	} {
		if strings.Contains(stderr, s) {
			return true
		}
	}
	return false
}

// crashed tells a tool's own crash from being killed.
func crashed(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGABRT, syscall.SIGSYS, syscall.SIGTRAP:
		return true
	}
	return false
}

// refusedSize is how ffmpeg refuses a picture that is too large for any decoder;
// it refuses those without a size in the same words.
var refusedSize = regexp.MustCompile(`Picture size (\d{1,9})x(\d{1,9}) is invalid`)

// complaint reads the code from what the tool logged. The order matters: the
// first that fits wins.
func complaint(stderr string) string {
	if m := refusedSize.FindStringSubmatch(stderr); m != nil && nonNegative(m[1])*nonNegative(m[2]) > maxPixels {
		return CodeDimensions
	}
	for _, c := range []struct{ text, code string }{
		{"Format not on whitelist", ""},
		{"exceeds specified max pixel count", CodeDimensions},
		{"moov atom not found", CodeTruncated},
		{"not on whitelist", CodeUnsupportedCodec},
		{"Decoder not found", CodeUnsupportedCodec},
		{"no decoder found", CodeUnsupportedCodec},
		{"End of file", CodeTruncated},
	} {
		if !strings.Contains(stderr, c.text) {
			continue
		}
		if c.code == "" {
			return refusedFormat(stderr)
		}
		return c.code
	}
	return CodeDecodeErrors
}

// refusedFormat names why a demuxer off the list is refused. ffmpeg puts its
// name before the complaint: "[hls @ 0x55…] Format not on whitelist".
func refusedFormat(stderr string) string {
	before, _, _ := strings.Cut(stderr, "Format not on whitelist")
	name := before[strings.LastIndexByte(before, '[')+1:]
	name, _, _ = strings.Cut(name, " @ ")
	switch {
	case strings.HasSuffix(name, "_pipe"), name == "gif", name == "apng", name == "image2", name == "ico":
		return CodeStillImage
	case playlistFormat(name):
		return CodePlaylistInput
	case name == "tty":
		return CodeNotMedia
	}
	return CodeUnsupportedContainer
}

func playlistFormat(name string) bool {
	switch name {
	case "hls", "concat", "dash", "sdp", "imf", "rtsp", "ffmetadata", "webm_dash_manifest":
		return true
	}
	return false
}
