package transcode

import (
	"fmt"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

const undetermined = "und"

// languageOf returns a container's language tag (ISO 639-2 in most) as BCP 47,
// without anything that could not stand in a path.
func languageOf(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil || tag == "" {
		return undetermined
	}
	base, _, _ := parsed.Raw()
	return base.String()
}

// menuName is what a player's menu calls the n-th sound stream.
func menuName(title, lang string, n int) string {
	if title != "" {
		return title
	}
	if name := display.Self.Name(language.Make(lang)); name != "" && lang != undetermined {
		return name
	}
	if n == 0 {
		return "Audio"
	}
	return fmt.Sprintf("Audio %d", n+1)
}
