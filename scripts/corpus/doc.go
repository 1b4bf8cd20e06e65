// Package corpus is what people and attackers upload: files of every kind that
// a node must play or refuse, each with the end that it must have. They are made
// on the fly, by ffmpeg, by a patch of another file, or byte by byte, and are
// small. Its test sends them to a real node; scripts/corpus/run prints how each
// ended.
package corpus
