package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// parseBitrate turns "20Mbit/s" into bytes a second; the unit may be bit, kbit,
// Mbit or Gbit a second (powers of ten), "/s" may be left out, and "" and "0"
// are no limit, 0. A number without a unit is an error: it could be taken for bytes.
func parseBitrate(text string) (int64, error) {
	plain := strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(text, " ", "")), "/s")
	if plain == "" || plain == "0" {
		return 0, nil
	}
	for unit, bits := range map[string]float64{"kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "bit": 1} {
		number, ok := strings.CutSuffix(plain, unit)
		value, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil {
			continue
		}
		bytes := value * bits / 8
		if math.IsNaN(bytes) || bytes < 1000 || bytes > 1e12 {
			return 0, fmt.Errorf("%q is not between 8kbit/s and 8000Gbit/s", text)
		}
		return int64(bytes), nil
	}
	return 0, fmt.Errorf("%q is not a bit rate like 20Mbit/s", text)
}

// bitrate is bytes a second as people write it.
func bitrate(bytes int64) string {
	bits := float64(bytes) * 8
	for _, unit := range []string{"bit/s", "kbit/s", "Mbit/s"} {
		if bits < 1000 {
			return strconv.FormatFloat(bits, 'g', 4, 64) + " " + unit
		}
		bits /= 1000
	}
	return strconv.FormatFloat(bits, 'g', 4, 64) + " Gbit/s"
}
