// Package ffmpeg is the mechanism under package transcode: it runs ffmpeg and
// ffprobe as what they are, a stranger's program reading a stranger's file.
//
// Every run is an argument vector without a shell, in a process group of its
// own, with a wall-clock limit, inside a sandbox made by re-executing our own
// binary (see MaybeSandbox): one readable file, one writable folder, no
// sockets, no further processes, bounded memory, CPU time, file size and
// descriptors. Demuxers, protocols and decoders are allow-lists (InputArgs).
// Probe adds cheap checks in Go before ffprobe sees a byte, and turns every
// failure into a models.Fault that can be shown to a person; raw output of the
// tools appears in RunError.Stderr only, for logs.
//
// Which renditions to make is policy and lives in package transcode.
package ffmpeg
