// Package frontend carries the built page inside the program. It knows nothing of what the page does.
package frontend

import (
	"embed"
	"io/fs"
)

//go:embed all:dist all:placeholder
var files embed.FS

// FS returns the built page, or a placeholder that says how to build it.
func FS() fs.FS {
	if built, ok := folder("dist"); ok {
		return built
	}
	page, _ := folder("placeholder")
	return page
}

// folder returns an embedded folder and whether it holds a page.
func folder(name string) (fs.FS, bool) {
	sub, err := fs.Sub(files, name)
	if err != nil {
		return files, false
	}
	_, err = fs.Stat(sub, "index.html")
	return sub, err == nil
}
