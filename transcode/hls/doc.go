// Package hls writes and reads the playlists of a release (RFC 8216bis, Apple's
// HLS authoring rules): one master, a media playlist for each rendition, and an
// I-frame playlist for each that has pictures. URIs are relative, so that a
// release plays from wherever its tree is served.
//
// Each tag stands once, in a table that Encode, the parsers and the fuzz tests
// share. The parsers know these tags only: what else a playlist may hold is an
// error, as are URIs that could lead out of the playlist's folder.
package hls
