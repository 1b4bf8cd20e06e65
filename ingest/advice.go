package ingest

import "runnel/models"

// advice says, for each code that a job may end with, what its sender can do.
// The sentence before it says what is wrong.
var advice = map[string]string{
	"not_media":             "Choose a video or audio file.",
	"empty_file":            "Choose the file again; if it is empty on your disk too, export it anew.",
	"unsupported_container": "Convert it to MP4 or MKV with any video program, then upload that.",
	"playlist_input":        "Upload the film or track that it points at.",
	"still_image":           "Use it as the cover of a release instead.",
	"unsupported_codec":     "Export it as H.264 with AAC, then upload that.",
	"no_media_streams":      "Check that it plays on your machine, and export it anew with its picture or sound.",
	"truncated":             "Copy it again from where it was recorded, check that it plays to its end, then upload that.",
	"decode_errors":         "Check that it plays to its end on your machine; if it does, export it anew and upload that.",
	"duration_mismatch":     "Export it anew, then upload that.",
	"encrypted":             "Upload a copy without protection.",
	"too_large":             "Export it with a lower bitrate, or in parts.",
	"dimensions":            "Export it with a picture between 16 and 8192 pixels on each side.",
	"duration_too_long":     "Cut it into parts and upload each.",
	"too_many_streams":      "Export it with fewer audio and subtitle tracks.",
	"metadata_too_large":    "A conversion without metadata helps.",
	"timeout":               "Try again when the server is less busy, or export it as H.264 with AAC.",
	"resource_limit":        "Export it with a smaller picture or as H.264 with AAC.",
	"bad_aspect":            "Crop it or add borders, then upload that.",
	"source_gone":           "",
	"quota":                 "",
	"storage_limit":         "What was prepared is kept for a day: then try again from the studio.",
	"insufficient_storage":  "It will be tried again; tell the server's operator if it stays like this.",
	"storage_failed":        "Tell the server's operator.",
	"internal":              "",
}

// general is the advice for a code that has none of its own.
const general = "Check that the file plays on your machine, or export it anew, and upload that."

// advised is a fault's sentence, followed by what to do.
func advised(f *models.Fault) string {
	what, known := advice[f.Code]
	if !known {
		what = general
	}
	if what == "" {
		return f.Text
	}
	return f.Text + " " + what
}
