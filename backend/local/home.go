package local

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Home returns where this user's Weir keeps its data: $WEIR_HOME, else the platform's
// folder for local data.
func Home() (string, error) {
	if home := os.Getenv("WEIR_HOME"); home != "" {
		return filepath.Abs(home)
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	switch runtime.GOOS {
	case "windows":
		local := os.Getenv("LOCALAPPDATA")
		if local == "" {
			return "", errors.New("neither WEIR_HOME nor LOCALAPPDATA is set")
		}
		return filepath.Join(local, "Weir"), nil
	case "darwin":
		return filepath.Join(user, "Library", "Application Support", "Weir"), nil
	}
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "weir"), nil
	}
	return filepath.Join(user, ".local", "share", "weir"), nil
}
