package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

// run carries out one command line on an empty home whose weir serve ends with err.
func run(t *testing.T, err error, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := Program{Version: "1", Home: t.TempDir(), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Serve:    func(context.Context, ServeOptions) error { return err },
		Receipts: func([]byte) ([]byte, error) { return nil, errors.New("no cases") }}
	code = p.Run(context.Background(), args)
	return code, out.String(), errs.String()
}

func TestExit(t *testing.T) {
	for _, tt := range []struct {
		name  string
		line  string
		serve error
		code  int
		kind  string
		says  string
	}{
		{"without an agent there is nobody to ask", "keys list", nil, exitNoAgent, "no_agent", i18n.T("error.cli.no_agent")},
		{"a home has one agent", "serve", ErrTaken, exitTaken, "home_taken", "Another Weir has this home open"},
		{"a group needs a command", "keys", nil, exitUsage, "usage", i18n.T("error.cli.no_command", "command", "keys")},
		{"a word too few", "keys revoke", nil, exitUsage, "usage", "It is written `weir keys revoke ID [flags]`."},
		{"a word too many", "keys add Codex", nil, exitUsage, "usage", "It is written `weir keys add [flags]`."},
		{"a limit of calls is positive", "calls --limit 0", nil, exitUsage, "usage", i18n.T("error.cli.limit")},
		{"a time is written in full", "calls --since noon", nil, exitUsage, "usage", i18n.T("error.cli.time", "flag", "since", "text", "noon")},
		{"a mapping has two sides", "providers add --type openai --name x --map a", nil, exitUsage, "usage", i18n.T("error.cli.map", "pair", "a")},
		{"a rate is given once", "prices set openai gpt-5 --rate input=1 --rate input=2", nil, exitUsage, "usage", i18n.T("error.cli.twice", "name", "input")},
		{"a header is given once", "providers add --type openai --name x --header A:1 --header A:2", nil, exitUsage, "usage", i18n.T("error.cli.twice", "name", "A")},
		{"a flag that is not known", "keys list --nobody", nil, exitUsage, "usage", "unknown flag"},
		{"what no person was meant to read is introduced", "serve", errors.New("read a file"), exitFailed, "failed", i18n.T("error.cli.failed", "reason", "read a file")},
		{"cases that cannot be priced", "receipt", nil, exitFailed, "invalid", "no cases"},
		{"what went well says nothing", "serve", nil, exitOK, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.Fields(tt.line)
			code, out, errs := run(t, tt.serve, args...)
			if code != tt.code || out != "" || !strings.Contains(errs, tt.says) || errs != "" && !strings.HasPrefix(errs, "weir: ") {
				t.Errorf("weir %s = %d, stdout %q, stderr %q, want %d and %q", tt.line, code, out, errs, tt.code, tt.says)
			}
			if tt.code == exitOK {
				return
			}
			code, out, errs = run(t, tt.serve, append(args, "--json")...)
			var v struct {
				Error struct{ Kind, Message string }
			}
			if err := json.Unmarshal([]byte(out), &v); err != nil || code != tt.code || errs != "" || v.Error.Kind != tt.kind || !strings.Contains(v.Error.Message, tt.says) {
				t.Errorf("weir %s --json = %d, stdout %q, stderr %q, want %d, kind %s and %q", tt.line, code, out, errs, tt.code, tt.kind, tt.says)
			}
		})
	}
}

// TestAStepNamesARateOnce: nobody would know which of two holds.
func TestAStepNamesARateOnce(t *testing.T) {
	var usage *usageError
	if _, err := tiersOf([]string{">200000 input=6 input=7"}); !errors.As(err, &usage) || err.Error() != i18n.T("error.cli.twice", "name", "input") {
		t.Errorf("tiersOf = %v, want a refusal", err)
	}
	if all, err := tiersOf([]string{">200000 input=6 output=7", ">300000 input=8"}); err != nil || len(all) != 2 {
		t.Errorf("tiersOf = %v, %v, want two steps", all, err)
	}
}

// TestConditionRows: what changes a price, as weir prices show writes it.
func TestConditionRows(t *testing.T) {
	twice := "2"
	for _, tt := range []struct {
		name string
		c    console.PriceCondition
		want string
	}{
		{"a factor under a condition", console.PriceCondition{Kind: "tier", Value: "priority", Times: &twice}, "tier priority|× 2"},
		{"parts of the input, always", console.PriceCondition{OfInput: map[string]string{"input_audio": "1", "cache_read_audio": "0.1"}}, "always|cache_read_audio 0.1 × input, input_audio 1 × input"},
		{"other rates", console.PriceCondition{Kind: "search", Value: "pro", Rates: map[string]string{"request_low": "14"}}, "search pro|request_low 14"},
		{"words alone", console.PriceCondition{}, "always|—"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if row := conditionRows([]console.PriceCondition{tt.c})[0]; strings.Join(row[:2], "|") != tt.want {
				t.Errorf("conditionRows = %q, want %q", row, tt.want)
			}
		})
	}
}

// TestWhenASetPriceHolds: whoever sets a price for the past hears when it counts.
func TestWhenASetPriceHolds(t *testing.T) {
	to := "2026-11-22T12:00:00Z"
	row := &console.PriceRow{Model: "gpt-5"}
	for _, tt := range []struct {
		name string
		set  console.PriceSet
		want string
	}{
		{"from now on nothing is said", console.PriceSet{Row: row, Holds: []console.PriceSpan{{From: to}}}, ""},
		{"from a day of the past on", console.PriceSet{Row: row, Past: true, Holds: []console.PriceSpan{{From: "2026-11-01T00:00:00Z"}}}, "holds from 2026-11-01T00:00:00Z on:"},
		{"until a later one begins", console.PriceSet{Row: row, Past: true, Holds: []console.PriceSpan{{From: "2026-11-01T00:00:00Z", To: &to}}}, "holds from 2026-11-01T00:00:00Z until 2026-11-22T12:00:00Z:"},
		{"and after it", console.PriceSet{Row: row, Holds: []console.PriceSpan{{From: "2026-11-01T00:00:00Z", To: &to}, {From: "2026-12-01T00:00:00Z"}}}, "until 2026-11-22T12:00:00Z, from 2026-12-01T00:00:00Z on:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			data, err := json.Marshal(tt.set)
			if err != nil {
				t.Fatal(err)
			}
			if err := showPriceSet(&session{Program: &Program{Stdout: &out}}, data); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); tt.want == "" && strings.Contains(got, "holds") || !strings.Contains(got, tt.want) {
				t.Errorf("showPriceSet writes %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLimitText(t *testing.T) {
	for want, l := range map[string]console.Limit{
		"0.5 of 5 usd per day":            {Spent: "0.5", Held: "0", Amount: "5", Unit: "usd", Window: "day", Extra: "0", Hard: true},
		"1 of 2 calls in total":           {Spent: "1", Held: "0", Amount: "2", Unit: "calls", Window: "total", Extra: "0", Hard: true},
		"0 of 9 tokens per week, 4 held":  {Spent: "0", Held: "4", Amount: "9", Unit: "tokens", Window: "week", Extra: "0", Hard: true},
		"0 of 9 tokens in total, 4 held":  {Spent: "0", Held: "4", Amount: "9", Unit: "tokens", Window: "total", Extra: "0", Hard: true},
		"4 of 9 usd per day, 2 added":     {Spent: "4", Held: "0", Amount: "9", Unit: "usd", Window: "day", Extra: "2", Hard: true},
		"4 of 9 usd per day (warns only)": {Spent: "4", Held: "0", Amount: "9", Unit: "usd", Window: "day", Extra: "0"},
	} {
		if got := limitText(l); got != want {
			t.Errorf("limitText(%+v) = %q, want %q", l, got, want)
		}
	}
}

func TestRemarks(t *testing.T) {
	text := func(s string) *string { return &s }
	for _, tt := range []struct {
		name string
		call console.Call
		want []string
	}{
		{"a plain price needs none", console.Call{PriceStatus: text("priced")}, nil},
		{"an estimate says why", console.Call{PriceStatus: text("estimated"), Flags: []string{"cut_short", "usage_partial"}}, []string{"Price: estimated; cut_short, usage_partial."}},
		{"no price without a reason", console.Call{PriceStatus: text("no_price")}, []string{"Price: no price."}},
		{"the bounds of an estimate", console.Call{MinUSD: text("0.1"), MaxUSD: text("0.2")}, []string{"The true cost lies between $0.1 and $0.2."}},
		{"the sandbox, then the note", console.Call{Simulated: true, Note: "So it is."}, []string{"Sandbox: not real money.", "So it is."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := remarks(tt.call); !slices.Equal(got, tt.want) {
				t.Errorf("remarks = %q, want %q", got, tt.want)
			}
		})
	}
}
