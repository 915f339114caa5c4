//go:build !desktop && !bindings && !dev

package main

// otherRole is for programs that have the window's role too.
func otherRole([]string) (code int, ok bool) { return 0, false }
