package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheMachinesZone(t *testing.T) {
	for tz, want := range map[string]string{"Europe/Berlin": "Europe/Berlin", ":Europe/Berlin": "Europe/Berlin", "": "UTC", "Nowhere/Else": "Local", "UTC": "UTC"} {
		t.Setenv("TZ", tz)
		if got := machineZone(); got != want {
			t.Errorf("with TZ=%s the zone is %q, want %q", tz, got, want)
		}
	}
	os.Unsetenv("TZ") // t.Setenv puts it back
	want := "Local"
	if path, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(filepath.ToSlash(path), "/zoneinfo/"); ok {
			want = known(name)
		}
	}
	if got := machineZone(); got != want {
		t.Errorf("without TZ the zone is %q, want %q", got, want)
	}
}

func TestAWindowsStartAsItIsStored(t *testing.T) {
	if got := (span{}).milli(); got != 0 {
		t.Errorf("a total begins at %d", got)
	}
	if got := (span{start: noon}).milli(); got != noon.UnixMilli() {
		t.Errorf("a window begins at %d, want %d", got, noon.UnixMilli())
	}
}
