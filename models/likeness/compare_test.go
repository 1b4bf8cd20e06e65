package likeness

import (
	"math/rand/v2"
	"testing"

	"runnel/models"
)

func noise(seed uint64, n int) []uint32 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]uint32, n)
	for i := range out {
		out[i] = r.Uint32()
	}
	return out
}

// worn flips a share of the bits, as encoding anew does.
func worn(x []uint32, share float64) []uint32 {
	r := rand.New(rand.NewPCG(9, 9))
	out := make([]uint32, len(x))
	for i, v := range x {
		for b := range 32 {
			if r.Float64() < share {
				v ^= 1 << b
			}
		}
		out[i] = v
	}
	return out
}

func TestSound(t *testing.T) {
	film := noise(1, 900)
	steady := make([]uint32, 900)
	for name, test := range map[string]struct {
		a, b  []uint32
		alike bool
	}{
		"the same":             {film, film, true},
		"encoded anew":         {film, worn(film, 0.15), true},
		"worn to nothing":      {film, worn(film, 0.4), false},
		"begins later":         {film, film[200:], true},
		"begins earlier":       {film[200:], film, true},
		"begins much later":    {film, film[400:], false},
		"an end is cut":        {film, film[:500], true},
		"another":              {film, noise(2, 900), false},
		"a moment of it":       {film, film[:20], false},
		"nothing":              {film, nil, false},
		"two silences":         {steady, steady, false},
		"two steady noises":    {worn(steady, 0.05), worn(steady, 0.06), false},
		"two of nothing":       {nil, nil, false},
		"a tail that fits all": {film, append(noise(3, 860), film[:40]...), false},
	} {
		sound, _, alike := Compare(models.Likeness{Sound: test.a}, models.Likeness{Sound: test.b})
		_, _, back := Compare(models.Likeness{Sound: test.b}, models.Likeness{Sound: test.a})
		if alike != test.alike || back != test.alike || sound < 0 || sound > 1 {
			t.Errorf("%s: %v (%.2f), and %v the other way", name, alike, sound, back)
		}
	}
}

func TestPictures(t *testing.T) {
	film := []uint64{0x0123456789abcdef, 0xfedcba9876543210, 0x00ff00ff00ff00ff, 0xf0f0f0f0f0f0f0f0}
	for name, test := range map[string]struct {
		a, b  []uint64
		alike bool
	}{
		"the same":         {film, film, true},
		"a few bits":       {film, []uint64{film[0] ^ 0x3ff, film[1] ^ 1, film[2], film[3]}, true},
		"one more":         {film[:2], []uint64{film[0] ^ 0x7ff, film[1]}, false},
		"three of four":    {film, []uint64{film[0], film[1], film[2], 0x1111222244448888}, true},
		"two of four":      {film, []uint64{film[0], film[1], 0x1111222244448888, 0x8888111122224444}, false},
		"one picture":      {film[:1], film, false},
		"in another order": {film, []uint64{film[3], film[2], film[1], film[0]}, true},
		"nothing":          {film, nil, false},
	} {
		_, _, alike := Compare(models.Likeness{Pictures: test.a}, models.Likeness{Pictures: test.b})
		if alike != test.alike {
			t.Errorf("%s: %v", name, alike)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	x, y := models.Likeness{Sound: noise(1, 960)}, models.Likeness{Sound: noise(2, 960)}
	for b.Loop() {
		Compare(x, y)
	}
}
