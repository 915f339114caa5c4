//go:build tray && desktop

package main

import (
	"slices"

	"weir/backend/window"
)

// otherRole runs the window where one program has both roles, as on Windows.
func otherRole(args []string) (code int, ok bool) {
	if !slices.Equal(args, []string{window.Flag}) {
		return 0, false
	}
	return asWindow(), true
}
