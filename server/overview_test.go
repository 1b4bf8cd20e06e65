package server

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithoutPassword(t *testing.T) {
	for in, out := range map[string]string{
		"sqlite": "sqlite", "": "",
		"postgres://runnel:hunter2@db.example/runnel":          "postgres://runnel@db.example/runnel",
		"postgres://db.example/runnel?user=a&password=hunter2": "postgres://db.example/runnel",
		"redis://:hunter2@10.0.0.1:6379/0":                     "redis://@10.0.0.1:6379/0",
		"postgres://user:hun%zzter2@db.example/":               "(an address)",
	} {
		require.Equal(t, out, withoutPassword(in), in)
		require.NotContains(t, withoutPassword(in), "hunter2")
	}
}
