//go:build !windows

package autostart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// oddNames are folders that a careless entry would break on.
var oddNames = []string{"plain", "with space", "100% sure", `say "hi"`, "a$b`c`", `back\slash\`, `both\"`, "tail \\", "über & <ünter>", "two\nlines"}

func TestEntriesKeepTheirProgram(t *testing.T) {
	for _, name := range oddNames {
		path := "/opt/" + name + "/weir"
		if got, off := parseDesktop([]byte(desktopText(path))); got != path || off {
			t.Errorf("desktop entry of %q = %q, %v", path, got, off)
		}
		if got, off := parsePlist([]byte(plistText(path))); got != path || off {
			t.Errorf("plist of %q = %q, %v", path, got, off)
		}
	}
}

func TestQuoting(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"/opt/weir", `Exec="/opt/weir" --hidden`},
		{"/opt/my apps/weir", `Exec="/opt/my apps/weir" --hidden`},
		{"/opt/100%/weir", `Exec="/opt/100%%/weir" --hidden`},
		{`/opt/"x"/weir`, `Exec="/opt/\\"x\\"/weir" --hidden`},
		{`/opt/$x/weir`, `Exec="/opt/\\$x/weir" --hidden`},
		{`/opt/\x/weir`, `Exec="/opt/\\\\x/weir" --hidden`},
	} {
		if got := desktopText(tt.path); !strings.Contains(got, "\n"+tt.want+"\n") {
			t.Errorf("desktopText(%q) = %s, want %s", tt.path, got, tt.want)
		}
	}
}

func TestParseDesktop(t *testing.T) {
	for _, tt := range []struct {
		name, text, executable string
		off                    bool
	}{
		{"a program without quotes", "Exec=/usr/bin/weir --hidden\n", "/usr/bin/weir", false},
		{"GNOME switched it off", "Exec=/usr/bin/weir\nX-GNOME-Autostart-enabled=false\n", "/usr/bin/weir", true},
		{"it is hidden", "Exec=/usr/bin/weir\nHidden=true\n", "/usr/bin/weir", true},
		{"it starts nothing", "[Desktop Entry]\nName=Weir\n", "", false},
		{"its quotes do not end", "Exec=\"/usr/bin/weir\n", "", false},
	} {
		if got, off := parseDesktop([]byte(tt.text)); got != tt.executable || off != tt.off {
			t.Errorf("%s: got %q, %v", tt.name, got, off)
		}
	}
}

func TestParsePlist(t *testing.T) {
	disabled := strings.Replace(plistText("/weir"), "<key>RunAtLoad", "<key>Disabled</key><true/><key>RunAtLoad", 1)
	if got, off := parsePlist([]byte(disabled)); got != "/weir" || !off {
		t.Errorf("a disabled one is %q, %v", got, off)
	}
	if got, _ := parsePlist([]byte("bplist00 not XML")); got != "" {
		t.Errorf("what is no plist starts %q", got)
	}
}

func TestItem(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "my config"))
	programs := t.TempDir()
	make := func(name string) Item {
		t.Helper()
		path := filepath.Join(programs, name)
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		return New(path)
	}
	one, two := make("weir"), make("other weir")
	state := func(what string, i Item, want bool, says string) {
		t.Helper()
		supported, enabled, message := i.State()
		if !supported || enabled != want || (says == "") != (message == "") || !strings.Contains(message, says) {
			t.Errorf("%s: %v, %v, %q", what, supported, enabled, message)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	state("a new user", one, false, "")
	must(one.Disable())
	must(one.Enable())
	state("once enabled", one, true, "")
	state("for another program", two, false, "Another Weir starts at login: "+one.executable)
	link := filepath.Join(programs, "link")
	must(os.Symlink(one.executable, link))
	state("by another path", New(link), true, "")
	must(two.Enable())
	state("the first, once the second took its place", one, false, "Another Weir")
	must(two.Disable())
	state("once disabled", two, false, "")
	if left, err := filepath.Glob(filepath.Join(home, "*", "*", ".weir-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestItemWithoutAPlace(t *testing.T) {
	for _, i := range []Item{{}, New(""), New("weir")} {
		if supported, enabled, message := i.State(); supported || enabled || message == "" {
			t.Errorf("State() = %v, %v, %q", supported, enabled, message)
		}
		if i.Enable() == nil || i.Disable() != nil {
			t.Error("an item without a place was enabled, or could not be disabled")
		}
	}
}

func TestARefusedItem(t *testing.T) {
	config := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", config)
	t.Setenv("XDG_CONFIG_HOME", config)
	i := New("/opt/weir")
	if err := i.Enable(); err == nil || strings.Contains(err.Error(), config) || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("Enable() = %v", err)
	}
}
