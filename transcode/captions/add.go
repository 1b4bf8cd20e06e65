package captions

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"runnel/models"
	"runnel/transcode/hls"
)

// Max is how many captions a release may have.
const Max = 48

// maxLabel is the longest name in a player's menu, in runes.
const maxLabel = 60

// Upload is a caption file that somebody brought for a release.
type Upload struct {
	Data     []byte // SRT or WebVTT in any usual encoding, at most MaxBytes
	Language string // BCP 47 or ISO 639-2; empty: unknown
	Label    string // what a player's menu shows; empty: the language's own name
	Hearing  bool   // it describes sounds too, for those who do not hear
}

// Files are files of a release by their paths.
type Files map[string][]byte

// Add returns the files that captions add to a release of the given length and
// the changed master playlist, all by their paths: t/<n>-<lang>/0.vtt,
// t/<n>-<lang>/index.m3u8, master.m3u8. master is the release's present one; n
// is the first number that no captions of it have. The error wraps
// models.ErrInvalid or models.ErrTooLarge and may be shown to who uploaded it.
func Add(master []byte, u Upload, duration time.Duration) (id string, files Files, err error) {
	m, err := hls.ParseMaster(bytes.NewReader(master))
	if err != nil {
		return "", nil, fmt.Errorf("captions: %w", err)
	}
	if len(m.Subtitles) >= Max {
		return "", nil, fmt.Errorf("captions: %w: a release has at most %d captions", models.ErrTooLarge, Max)
	}
	cues, err := Parse(u.Data)
	if err != nil {
		return "", nil, err
	}
	lang := Language(u.Language)
	id = ID(free(m.Subtitles), lang)
	if files, err = FilesFor(id, cues, duration); err != nil {
		return "", nil, err
	}
	added := hls.Subtitle{Name: Label(u.Label, lang), Hearing: u.Hearing, URI: hls.PlaylistPath(id)}
	if lang != Unknown {
		added.Language = lang
	}
	m.SetSubtitles(append(m.Subtitles, added))
	files[hls.MasterPath] = m.Encode()
	return id, files, nil
}

// Remove returns the master playlist without the captions of an id, as Add
// returned it; the files below the id are the caller's to leave out.
// models.ErrNotFound: there are none of that id.
func Remove(master []byte, id string) ([]byte, error) {
	m, err := hls.ParseMaster(bytes.NewReader(master))
	if err != nil {
		return nil, fmt.Errorf("captions: %w", err)
	}
	left := slices.DeleteFunc(slices.Clone(m.Subtitles), func(s hls.Subtitle) bool { return s.URI == hls.PlaylistPath(id) })
	if len(left) == len(m.Subtitles) {
		return nil, fmt.Errorf("captions: %s: %w", id, models.ErrNotFound)
	}
	m.SetSubtitles(left)
	return m.Encode(), nil
}

// FilesFor returns the two files of captions. Cues that begin after the end of
// the release are left out; a duration of zero is not known.
func FilesFor(id string, cues []Cue, duration time.Duration) (Files, error) {
	last := time.Duration(0)
	cues = slices.DeleteFunc(slices.Clone(cues), func(c Cue) bool { return duration > 0 && c.Start >= duration })
	for _, c := range cues {
		last = max(last, c.End)
	}
	if len(cues) == 0 {
		return nil, fmt.Errorf("captions: %w: all of them come after the end", models.ErrInvalid)
	}
	text, err := Encode(cues)
	if err != nil {
		return nil, err
	}
	if duration <= 0 {
		duration = last
	}
	media := hls.SubtitlesFor(duration)
	return Files{hls.PlaylistPath(id): media.Encode(), id + "/" + hls.SubtitleFile: text}, nil
}

// folder is where the captions of a release lie.
const folder = "t/"

// ID returns the folder of the n-th captions: "t/0-en".
func ID(n int, lang string) string { return folder + strconv.Itoa(n) + "-" + lang }

// free returns the first number that is not taken.
func free(all []hls.Subtitle) int {
	taken := map[string]bool{}
	for _, s := range all {
		number, _, _ := strings.Cut(strings.TrimPrefix(s.URI, folder), "-")
		taken[number] = true
	}
	n := 0
	for taken[strconv.Itoa(n)] {
		n++
	}
	return n
}

// Unknown is the language of captions that nobody has named.
const Unknown = "und"

// Language returns a language tag as BCP 47 of at most language, script and
// region, which may stand in a path.
func Language(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil || tag == "" {
		return Unknown
	}
	base, script, region := parsed.Raw()
	short, err := language.Compose(base, script, region)
	if err != nil {
		return base.String()
	}
	return short.String()
}

// Label returns what a player's menu calls captions.
func Label(label, lang string) string {
	label = strings.Join(strings.Fields(strings.ToValidUTF8(label, "")), " ")
	if runes := []rune(label); len(runes) > maxLabel {
		label = string(runes[:maxLabel])
	}
	if label != "" {
		return label
	}
	if name := display.Self.Name(language.Make(lang)); name != "" && lang != Unknown {
		return name
	}
	return "Captions"
}
