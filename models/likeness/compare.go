// Package likeness says how much two releases look and sound alike, so that a
// moderator finds a copy of what was taken down though it was encoded anew. It
// compares what was measured when they were published and touches no media. Its
// word is a hint: nothing is decided by it.
package likeness

import (
	"math/bits"

	"runnel/models"
)

const (
	// perSecond is how many sub-fingerprints Chromaprint makes of a second.
	perSecond = 8
	// maxShift is how far one recording may begin later than the other.
	maxShift = 30 * perSecond
	// minOverlap is the least of sound that can be told apart.
	minOverlap = 5 * perSecond
	// maxErrors is the share of bits in which two encodings of one recording
	// differ at most. Two recordings differ in nearly half of theirs.
	maxErrors = 0.25
	// standsOut is by how much the right alignment is better than the others.
	standsOut = 0.1
	// nearBits is how many of a picture's 64 bits another encoding changes.
	nearBits = 10
	// minPictures and minShare are how many pictures, and which share of the
	// shorter list, two films have in common at least.
	minPictures = 2
	minShare    = 0.6
)

// Compare returns how alike two releases sound and look, 0 to 1 each, and
// whether that is worth showing to a person.
func Compare(a, b models.Likeness) (sound, pictures float64, alike bool) {
	errors := soundErrors(a.Sound, b.Sound)
	sound = max(0, 1-2*errors)
	pictures = commonPictures(a.Pictures, b.Pictures)
	return sound, pictures, errors <= maxErrors || pictures >= minShare
}

// soundErrors returns the lowest share of differing bits over all alignments; a
// half, which is chance, where there is too little to compare, and where no
// alignment stands out: silence, noise and steady tones are alike whatever they
// are from, and however they are shifted.
func soundErrors(a, b []uint32) float64 {
	best, sum, n := 0.5, 0.0, 0
	for shift := -maxShift; shift <= maxShift; shift++ {
		x, y := aligned(a, b, shift)
		if len(x) < minOverlap || len(x) < min(len(a), len(b))/2 {
			continue
		}
		wrong := 0
		for i := range x {
			wrong += bits.OnesCount32(x[i] ^ y[i])
		}
		share := float64(wrong) / float64(32*len(x))
		best, sum, n = min(best, share), sum+share, n+1
	}
	if n == 0 || best > sum/float64(n)-standsOut {
		return 0.5
	}
	return best
}

// aligned returns what overlaps when b begins shift items after a; before it
// where shift is negative.
func aligned(a, b []uint32, shift int) (x, y []uint32) {
	if shift < 0 {
		y, x = aligned(b, a, -shift)
		return x, y
	}
	if shift >= len(a) {
		return nil, nil
	}
	a = a[shift:]
	n := min(len(a), len(b))
	return a[:n], b[:n]
}

// commonPictures returns the share of the shorter list that has a near picture
// in the other; 0 for too few.
func commonPictures(a, b []uint64) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	common := 0
	for _, x := range a {
		for _, y := range b {
			if bits.OnesCount64(x^y) <= nearBits {
				common++
				break
			}
		}
	}
	if common < minPictures {
		return 0
	}
	return float64(common) / float64(len(a))
}
