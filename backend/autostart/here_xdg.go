//go:build !windows && !darwin

package autostart

import (
	"os"
	"path/filepath"
)

// here is the autostart entry of the XDG Autostart Specification.
func here() system {
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		config = filepath.Join(home, ".config")
	}
	return entry{filepath.Join(config, "autostart", "weir.desktop"), desktopText, parseDesktop}
}
