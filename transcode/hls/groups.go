package hls

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"runnel/models"
)

// align gives every group the same members in the same order, as RFC 8216bis
// §4.4.6.1.1 asks: sound that a group does not have stands there as it is in the
// richest group without more channels, so that choosing surround does not cost a
// language. Members of different groups are the same sound where the last
// element of their IDs, number and language, is the same.
func align(groups map[string]group) {
	sounds := map[string][]string{} // of each sound: the groups that have it
	for id, g := range groups {
		for _, r := range g.members {
			sounds[path.Base(r.ID)] = append(sounds[path.Base(r.ID)], id)
		}
	}
	whole := map[string]group{}
	for id, g := range groups {
		g.members = slices.Clone(g.members)
		for sound, in := range sounds {
			if !slices.Contains(in, id) {
				g.lend(sound, groups, in)
			}
		}
		slices.SortStableFunc(g.members, bySound)
		whole[id] = g
	}
	for id, g := range whole {
		groups[id] = g
	}
}

// lend adds a sound from one of the groups that have it.
func (g *group) lend(sound string, groups map[string]group, from []string) {
	best := slices.MaxFunc(from, func(a, b string) int {
		x, y := groups[a], groups[b]
		return cmp.Or(cmp.Compare(fits(x, g), fits(y, g)), cmp.Compare(x.peak, y.peak), strings.Compare(a, b))
	})
	for _, r := range groups[best].members {
		if path.Base(r.ID) == sound {
			g.members = append(g.members, r)
			g.peak, g.average = max(g.peak, groups[best].peak), max(g.average, groups[best].average)
		}
	}
}

// fits is 1 for a group without more channels than another has.
func fits(g group, other *group) int {
	if g.channels <= other.channels {
		return 1
	}
	return 0
}

// bySound orders by the number that the last element of an ID begins with.
func bySound(a, b models.Rendition) int {
	number := func(r models.Rendition) string {
		n, _, _ := strings.Cut(path.Base(r.ID), "-")
		return n
	}
	x, y := number(a), number(b)
	return cmp.Or(len(x)-len(y), strings.Compare(x, y))
}
