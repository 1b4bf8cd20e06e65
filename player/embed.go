// Package player holds the web app that plays Runnel's releases, embedded in
// the binary. It is a leaf: it imports nothing of ours.
package player

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the built web app: index.html and assets/ with hashed names. A
// binary made with Go alone holds one page instead, which says how to build it.
func Dist() fs.FS {
	if app, err := fs.Sub(dist, "dist/app"); err == nil {
		if _, err := fs.Stat(app, "index.html"); err == nil {
			return app
		}
	}
	placeholder, err := fs.Sub(dist, "dist/placeholder")
	if err != nil {
		panic(err) // the path is a constant of this package
	}
	return placeholder
}
