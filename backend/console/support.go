package console

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"weir/backend/ledger"
	"weir/backend/logfile"
	"weir/frontend/src/i18n"
)

// Diagnostics is a report without secrets, for people who help.
type Diagnostics struct {
	Text string `json:"text"`
}

// A LogTail is the end of the log.
type LogTail struct {
	Path  *string  `json:"path"` // null: the log goes to the terminal alone
	Lines []string `json:"lines"`
}

// TailLog is what logs.tail takes.
type TailLog struct {
	Lines int `json:"lines,omitempty"`
}

const usualLines = 200

func (c *Console) tailLog(_ context.Context, a TailLog) (LogTail, error) {
	if a.Lines == 0 {
		a.Lines = usualLines
	}
	if a.Lines < 1 || a.Lines > logfile.MaxLines {
		return LogTail{}, invalid("lines", i18n.T("error.console.lines", "most", logfile.MaxLines))
	}
	if c.LogFile == "" {
		return LogTail{Lines: []string{}}, nil
	}
	lines, err := logfile.Tail(c.LogFile, a.Lines)
	return LogTail{Path: &c.LogFile, Lines: list(lines)}, err
}

// linesInReport is how much of the log a report has.
const linesInReport = 50

// diagnostics writes a report for people who help. It has no secret, no name that a person
// gave, no address of a server of their own and nothing of any call. Its words are for
// whoever mends Weir and the same in every language.
func (c *Console) diagnostics(ctx context.Context, _ none) (Diagnostics, error) {
	facts, err := c.facts(ctx)
	if err != nil {
		return Diagnostics{}, err
	}
	var b strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&b, "%-12s %s\n", f.name, strings.TrimSpace(f.value))
	}
	if c.LogFile != "" {
		lines, err := logfile.Tail(c.LogFile, linesInReport)
		if err != nil {
			return Diagnostics{}, err
		}
		b.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	}
	return Diagnostics{Text: logfile.Redact(withoutHome(b.String()))}, nil
}

type fact struct{ name, value string }

func (c *Console) facts(ctx context.Context) ([]fact, error) {
	settings, err := c.settings(ctx, none{})
	if err != nil {
		return nil, err
	}
	page, err := c.Ledger.Page(ctx, ledger.Filter{Limit: 1}, ledger.Place{})
	if err != nil {
		return nil, err
	}
	schema, err := c.Store.Schema(ctx)
	if err != nil {
		return nil, err
	}
	healthy, trouble := c.Ledger.Healthy()
	door, box := c.door(), c.Box.State()
	return []fact{
		{"weir", c.Version},
		{"system", runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()},
		{"role", fmt.Sprintf("%s, tray %t", c.role(), c.tray())},
		{"home", c.Home},
		{"relay", fmt.Sprintf("port %d, open %t, paused %t %s", door.Port, door.Open, c.Relay.Paused(), orEmpty(door.Message))},
		{"keychain", fmt.Sprintf("kept in %s, locked %t", box.KeptIn, box.Locked)},
		{"ledger", fmt.Sprintf("healthy %t %s", healthy, trouble)},
		{"file", fmt.Sprintf("%d bytes, schema %d", c.ledgerBytes(), schema)},
		{"calls", fmt.Sprint(page.Tally.Calls)},
		{"providers", c.providerCounts()},
		{"keys", c.keyCounts()},
		{"prices", c.Prices.Book().Date()},
		{"settings", fmt.Sprintf("appearance %s, on close %s, notify %t, port %d, at login %t", settings.Appearance, settings.OnClose,
			settings.Notify, settings.Port, settings.LoginItem.Enabled)},
	}, nil
}

func orEmpty(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// ledgerBytes is the size of the ledger's file and of what is not yet moved into it.
func (c *Console) ledgerBytes() (n int64) {
	for _, name := range []string{"ledger.db", "ledger.db-wal"} {
		if info, err := os.Stat(filepath.Join(c.Home, name)); err == nil {
			n += info.Size()
		}
	}
	return n
}

func (c *Console) providerCounts() string {
	counts := map[string]int{}
	for _, ch := range c.Channels.All() {
		state := string(ch.State)
		if !ch.Enabled {
			state = "disabled"
		}
		counts[ch.Provider+" "+state]++
	}
	return counted(counts)
}

func (c *Console) keyCounts() string {
	counts := map[string]int{}
	for _, k := range c.Access.Keys() {
		counts[string(k.State)]++
	}
	return counted(counts)
}

// counted writes counts as "2 openai ok, 1 anthropic bad_key".
func counted(counts map[string]int) string {
	if len(counts) == 0 {
		return "0"
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[what], what))
	}
	return strings.Join(parts, ", ")
}

// withoutHome writes the user's folder, which tends to be their name, as ~.
func withoutHome(text string) string {
	home, err := os.UserHomeDir()
	if err != nil || len(home) < 2 {
		return text
	}
	return strings.ReplaceAll(text, home, "~")
}
