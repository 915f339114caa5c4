//go:build tray && !linux

package tray

import (
	"context"

	"github.com/atotto/clipboard"
)

// HasDisplay says whether there is a screen to show a tray or a window on: these systems
// have one for every user who is logged in.
func HasDisplay() bool { return true }

// WriteClipboard copies a text.
func WriteClipboard(text string) error { return clipboard.WriteAll(text) }

// Host says whether the system shows tray icons, as these always do.
func Host(context.Context, func()) (there func() bool) { return func() bool { return true } }
