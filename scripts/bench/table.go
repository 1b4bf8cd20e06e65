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
		{"import", "durable import of a file against openssl dgst -sha256", []string{"openssl"}, importing},
	}
}
