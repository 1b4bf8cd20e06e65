package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// metric returns the sum of a metric's samples whose labels contain each of the
// given texts, e.g. `source="peer"`.
func (n *node) metric(ctx context.Context, name string, labels ...string) (float64, error) {
	body, err := get(ctx, n.admin+"/metrics")
	if err != nil {
		return 0, err
	}
	return sample(body, name, labels...)
}

// sample reads the text format of Prometheus.
func sample(text, name string, labels ...string) (total float64, err error) {
	found := false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		at := strings.LastIndexByte(rest, ' ')
		if !ok || at < 0 || rest[0] != ' ' && rest[0] != '{' || !containsAll(rest[:at], labels) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest[at:]), 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		total, found = total+value, true
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return total, nil
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
