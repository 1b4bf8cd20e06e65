package server

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBitrate(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, "0": 0, "20Mbit/s": 2_500_000, "20 mbit": 2_500_000, "1.5Gbit/s": 187_500_000, "8kbit/s": 1000, "64000bit/s": 8000,
	} {
		got, err := parseBitrate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"20", "20M", "20MB/s", "-1Mbit/s", "1bit/s", "NaNbit", "infGbit", "1e30Mbit", "Mbit", "x"} {
		_, err := parseBitrate(text)
		require.Error(t, err, text)
	}
	require.Equal(t, "20 Mbit/s", bitrate(2_500_000))
	require.Equal(t, "8 kbit/s", bitrate(1000))
	require.Equal(t, "1.5 Gbit/s", bitrate(187_500_000))
}
