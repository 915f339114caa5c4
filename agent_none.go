//go:build !tray && !desktop && !bindings && !dev

package main

// start is what no command at all does: without a tray in it, this program is a server.
var start = serve
