package main

import (
	"fmt"
	"strings"
	"time"
)

// exception is a finding that was looked at and may stay.
type exception struct {
	since  string // the day, YYYY-MM-DD
	reason string
}

// parseExceptions reads a list of exceptions, by the finding's id. Each line has
// an id, a day and a reason; # begins a comment.
func parseExceptions(text string) (map[string]exception, error) {
	all := map[string]exception{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.SplitN(line, " ", 3)
		if len(fields) != 3 || strings.TrimSpace(fields[2]) == "" {
			return nil, fmt.Errorf("line %d: want an id, a day and a reason", i+1)
		}
		if _, err := time.Parse(time.DateOnly, fields[1]); err != nil {
			return nil, fmt.Errorf("line %d: %q is not a day", i+1, fields[1])
		}
		if _, ok := all[fields[0]]; ok {
			return nil, fmt.Errorf("line %d: %s stands twice", i+1, fields[0])
		}
		all[fields[0]] = exception{fields[1], fields[2]}
	}
	return all, nil
}
