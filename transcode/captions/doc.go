// Package captions reads captions that somebody wrote, SRT or WebVTT in any
// usual encoding, and writes them as the WebVTT that a release holds.
//
// What comes in is hostile and mostly broken: Parse takes every cue that can be
// understood, drops the rest, and keeps of a cue its times, its text, the tags
// <b>, <i>, <u> and <v>, and where it is to stand. There are no styles, no
// regions, no scripts and no links in what Encode writes, and sizes and counts
// are bounded.
//
// The parser is our own: go-astisub 0.34.0, the well-kept library for this,
// panics on "0:0-->" in both formats, refuses a whole file for one bad line, and
// carries the styles that are to be left out.
//
// Add and Remove change the master playlist of a release whose captions change
// after it was published.
package captions
