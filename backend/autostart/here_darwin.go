package autostart

import (
	"os"
	"path/filepath"
)

// here is a launch agent of the user, which launchd reads at login.
func here() system {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return entry{filepath.Join(home, "Library", "LaunchAgents", label+".plist"), plistText, parsePlist}
}
