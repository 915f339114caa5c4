//go:build (desktop || bindings || dev) && !tray

package main

import "os"

// The window's own program has no other role.
func main() { os.Exit(asWindow()) }
