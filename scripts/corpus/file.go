package corpus

import (
	"slices"

	"runnel/models"
)

// File is one input and the end that it must have.
type File struct {
	Name  string // unique
	Class string // a row of the report
	Make  Recipe
	Want  End
	Meta  map[string]string // of the upload; nil: the file's name
}

// End is how a node must deal with a file. Exactly one of three: it plays, it is
// refused with one of Codes, or, where both are set, either.
type End struct {
	Kind    models.Kind // as what it plays; empty: it must not
	Codes   []string    // stable codes with which it may be refused
	Any     bool        // plays or is refused with any code, so long as it ends
	Seconds float64     // how long it plays; negative: as long as the node says
	Within  float64     // seconds of tolerance

	Aspect float64  // width by height of the picture; 0: not looked at
	Master []string // what the master playlist must contain
	Absent []string // what no byte of the release may contain
}

// tolerance is what containers and codecs round: a frame of sound and two of
// the picture at 24 a second.
const tolerance = 0.15

func film(seconds float64) End {
	return End{Kind: models.KindVideo, Seconds: seconds, Within: tolerance}
}

func track(seconds float64) End {
	return End{Kind: models.KindTrack, Seconds: seconds, Within: tolerance}
}

func refused(codes ...string) End { return End{Codes: codes} }

// either is the end of what is broken at random.
func either() End { return End{Any: true, Seconds: -1} }

func (e End) or(codes ...string) End           { e.Codes = codes; return e }
func (e End) within(seconds float64) End       { e.Within = seconds; return e }
func (e End) shaped(width, height float64) End { e.Aspect = width / height; return e }
func (e End) with(master ...string) End        { e.Master = master; return e }
func (e End) without(words ...string) End      { e.Absent = words; return e }

// measured is for a file that says nothing true about its length.
func (e End) measured() End { e.Seconds = -1; return e }

// Files returns the whole corpus, class by class.
func Files() []File {
	return slices.Concat(
		notMedia(), archives(), polyglots(), playlists(), references(), damaged(), fuzzed(), geometry(), rates(),
		timelines(), pixels(), codecs(), wrongKind(), encrypted(), sounds(), covers(), soundLies(), tracks(), metadata(),
		images(), subtitles(), names(),
	)
}

// Quick returns every third file of each class, always the same.
func Quick() []File {
	var quick []File
	seen := map[string]int{}
	for _, f := range Files() {
		if seen[f.Class]%3 == 0 {
			quick = append(quick, f)
		}
		seen[f.Class]++
	}
	return quick
}

// class gives its files the class.
func class(name string, files ...File) []File {
	for i := range files {
		files[i].Class = name
	}
	return files
}
