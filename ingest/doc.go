// Package ingest turns a whole upload into a final release: probe, plan,
// transcode, blocks, playlists, signed manifest, one transaction, announcement.
//
// River wakes a worker; a lease of our own decides who works. A job is taken by
// a conditional update, its lease is renewed while the work goes on, and a
// worker that loses the lease stops. Every step is idempotent, so that a job
// whose process was killed at any moment is simply taken again: parts that were
// done are not encoded again, blocks that are there are not written again, and
// the same source and profile give the same segments.
package ingest
