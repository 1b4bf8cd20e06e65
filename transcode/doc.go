// Package transcode turns one media file into the renditions of a release:
// policy. Inspect looks at the file and refuses what cannot be published, Plan
// decides renditions, parts and segments, Run makes them and hands every
// segment over the moment it is closed.
//
// The plan follows from the source and the Profile alone. How fast the machine
// is decides only the order of the work, never which segments exist nor their
// bytes: the same source, profile and ffmpeg give the same bytes, interrupted
// or not, whatever ran in between.
//
// Picture is encoded in parts with fixed borders, sound in one pass. Both stand
// on one timeline that begins at zero: frame n of every video rendition is shown
// at n/rate, sample n of every audio rendition sounds at n/sampleRate, once the
// edit lists of the init segments are applied.
//
// How ffmpeg is called is the business of package transcode/ffmpeg.
package transcode
