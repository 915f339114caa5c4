package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // limits name zones, and a small system may have no zone files
)

// machineZone returns the IANA name of the machine's zone, or "Local" where the
// system does not tell it; time.LoadLocation knows that name too.
func machineZone() string {
	if name, ok := os.LookupEnv("TZ"); ok {
		return known(strings.TrimPrefix(name, ":"))
	}
	if path, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(filepath.ToSlash(path), "/zoneinfo/"); ok {
			return known(name)
		}
	}
	return "Local"
}

func known(name string) string {
	if name == "" {
		return "UTC"
	}
	if _, err := time.LoadLocation(name); err != nil {
		return "Local"
	}
	return name
}
