package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
)

// The app's build says in this file which scripts and styles belong to which of
// its sources (https://vite.dev/guide/backend-integration).
const (
	buildFile = ".vite/manifest.json"
	watchPage = "src/pages/Watch.svelte"
	firstPage = "index.html"
)

// chunk is a script of the app as its build describes it.
type chunk struct {
	File    string   `json:"file"`
	Styles  []string `json:"css"`
	Imports []string `json:"imports"` // their keys
	IsEntry bool     `json:"isEntry"` // index.html itself names its styles
}

// parts are the files that a page consists of, by their names in the app.
type parts struct{ scripts, styles []string }

// watchParts lists what the watch page consists of, the largest first. An app
// without a description of its build has none.
func watchParts(files fs.FS) (p parts, err error) {
	data, err := fs.ReadFile(files, buildFile)
	if err != nil {
		return p, nil
	}
	var chunks map[string]chunk
	if err := json.Unmarshal(data, &chunks); err != nil {
		return p, fmt.Errorf("web: %s: %w", buildFile, err)
	}
	p.add(chunks, watchPage)
	p.add(chunks, firstPage)
	return p, nil
}

func (p *parts) add(chunks map[string]chunk, key string) {
	c, ok := chunks[key]
	if !ok || slices.Contains(p.scripts, c.File) {
		return
	}
	p.scripts = append(p.scripts, c.File)
	if !c.IsEntry {
		p.styles = append(p.styles, c.Styles...)
	}
	for _, next := range c.Imports {
		p.add(chunks, next)
	}
}
