//go:build desktop && !bindings && !dev

package main

// developing is true in what `wails dev` runs and in what generates the bindings: no agent started it.
const developing = false
