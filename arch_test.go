package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors lists our rooms from the top of the house down. A room may import the rooms of
// lower floors, never a sibling; lines below narrow it further.
var floors = [][]string{
	{"", "test/contract", "test/crash", "test/limits", "test/bench", "test/sdk", "test/clients", "test/wine", "test/desktop", "test/browser/fill", "test/bench/desktop", "tools/icons", "tools/mutate", "tools/pricebook", "tools/pricesign"},
	{"backend"},
	{"backend/cli", "backend/tray", "backend/notify"},
	{"backend/console"},
	{"backend/relay", "backend/balance"},
	{"backend/ledger", "backend/reuse", "backend/route", "backend/provider", "backend/setup", "backend/dialect/all", "backend/sandbox", "backend/window", "test/standin/cmd/standin", "test/standin/program"},
	{"backend/dialect/anthropic", "backend/dialect/gemini", "backend/dialect/openai", "backend/dialect/openaichat", "backend/dialect/rerank", "backend/dialect/responses", "test/standin", "test/desktop/screen"},
	{"backend/reconcile", "backend/dialect", "backend/access", "backend/pace", "backend/prices", "backend/counting", "backend/secret", "backend/autostart", "backend/logfile", "backend/door", "backend/local"},
	{"backend/store"},
	{"billing/edition", "backend/gateway", "backend/wire", "backend/edit", "backend/prompt"},
	{"billing", "frontend"},
	{"frontend/src/i18n"},
}

// only narrows what a room may import of ours.
var only = map[string]string{
	"backend/cli":  "backend/console backend/local frontend/src/i18n",
	"backend/wire": "",
	"test/standin": "backend/wire",
}

// pure rooms do no I/O, read no clock and draw no random number.
var pure = []string{"billing", "backend/reconcile", "billing/edition", "backend/gateway", "backend/wire", "backend/edit", "backend/prompt", "backend/dialect", "backend/dialect/anthropic", "backend/dialect/gemini", "backend/dialect/openai", "backend/dialect/openaichat", "backend/dialect/rerank", "backend/dialect/responses", "backend/dialect/all"}

var impure = []string{"os", "net", "math/rand", "math/rand/v2", "crypto/rand", "database/sql", "log", "log/slog", "os/exec", "syscall"}

type room struct{ name, imports, doc string }

func rooms(t *testing.T) (all []room) {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}\t{{join .Imports \" \"}}\t{{.Doc}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
		name := strings.TrimPrefix(strings.TrimPrefix(f[0], "weir"), "/")
		all = append(all, room{name, f[1], f[2]})
	}
	return all
}

func floorOf(name string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, name) })
}

func TestImportsGoDown(t *testing.T) {
	for _, r := range rooms(t) {
		from := floorOf(r.name)
		if from < 0 {
			t.Errorf("room %q has no floor in arch_test.go", r.name)
			continue
		}
		allowed, narrowed := only[r.name]
		for _, imp := range strings.Fields(r.imports) {
			name, ours := strings.CutPrefix(imp, "weir/")
			switch {
			case !ours:
			case narrowed && !slices.Contains(strings.Fields(allowed), name):
				t.Errorf("%s must not import %s", r.name, name)
			case floorOf(name) <= from:
				t.Errorf("%s must not import %s: it is not on a lower floor", r.name, name)
			}
		}
	}
}

func TestPureRooms(t *testing.T) {
	for _, r := range rooms(t) {
		if !slices.Contains(pure, r.name) {
			continue
		}
		for _, imp := range strings.Fields(r.imports) {
			if slices.Contains(impure, imp) {
				t.Errorf("%s is pure and must not import %s", r.name, imp)
			}
		}
	}
}

// TestTheWindowHasNoLedger: the window's own program cannot open the database, because it does not contain it.
func TestTheWindowHasNoLedger(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-tags", "desktop,production,webkit2_41", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if name == "weir/backend/store" || name == "modernc.org/sqlite" || name == "weir/backend/relay" {
			t.Errorf("the window contains %s", name)
		}
	}
}

func TestEveryRoomSaysWhatItIsFor(t *testing.T) {
	for _, r := range rooms(t) {
		if r.doc == "" && !strings.HasPrefix(r.name, "test/") {
			t.Errorf("%q has no package comment", r.name)
		}
	}
}
