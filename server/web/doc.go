// Package web is Runnel's HTTP face: the JSON API under /api/v1, resumable
// uploads (tus 1.0.0), media under /ipfs and /api/v1/media, health, metrics and
// the web app's pages. It is the only importer of gin, the one place where an
// error becomes a status and a problem document (RFC 9457), and it decides who
// may do and see what; what exists and how it moves is the catalogue's and
// ingest's business, reached through the small interfaces of deps.go.
//
// Two rules hold for every answer: what a caller may not see is answered exactly
// like what does not exist (404), and internal text never leaves the process.
package web
