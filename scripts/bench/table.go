package main

import (
	"context"
	"flag"
)

// benchmark is one thing that can be measured by its name.
type benchmark struct {
	name  string
	about string   // one line: what is held against what
	needs []string // things of scripts/install
	setup func(*flag.FlagSet) runner
}

// runner measures, and tells the lab what it found.
type runner func(ctx context.Context, l *lab) error

// table names every benchmark, in the order in which all are run. A new one is
// a file and a line here.
func table() []benchmark {
	return []benchmark{
		{"hot", "a segment in memory over HTTP, against nginx sending the same file", []string{"nginx", "wrk"}, hot},
		{"import", "durable import of a file, against openssl dgst -sha256", []string{"openssl"}, importing},
		{"cold", "a segment that only a peer holds, over HTTP", nil, cold},
		{"hostile", "what an honest peer sees of a node that a thousand connections attack", nil, hostile},
		{"memory", "the server's resident set, at rest and during a large upload", nil, memory},
		{"load", "viewers at a player's pace", nil, load},
		{"egress", "what leaves an origin when a crowd watches at another node", nil, egress},
		{"ladder", "all renditions of a film, against one plain ffmpeg command", nil, ladder},
		{"first", "from an upload's end to its first playable segment", nil, first},
		{"seek", "a final release in Chromium: the first picture, and seeks", []string{"node", "chromium"}, seek},
		{"link", "the same over a link of 10 Mbit/s and 80 ms, and at half of it", []string{"node", "chromium"}, link},
		{"viewers", "what a viewer meets as more of them watch", nil, viewers},
		{"growth", "what an action costs as the block store grows", nil, growth},
	}
}
