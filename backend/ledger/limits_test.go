package ledger

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

var bg = context.Background()

func TestParseLimit(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       gateway.Limit
		wrong      string
	}{
		{"dollars a day", "5usd/day", gateway.Limit{Unit: gateway.USD, Window: gateway.Day, Amount: 5_000_000_000_000}, ""},
		{"parts of a cent", "0.0125usd/month", gateway.Limit{Unit: gateway.USD, Window: gateway.Month, Amount: 12_500_000_000}, ""},
		{"tokens in total", "100000tokens/total", gateway.Limit{Unit: gateway.Tokens, Window: gateway.Total, Amount: 100_000}, ""},
		{"calls a week, with spaces and capitals", " 50 Calls / Week ", gateway.Limit{Unit: gateway.Calls, Window: gateway.Week, Amount: 50}, ""},
		{"no window", "5usd", gateway.Limit{}, "lacks a window"},
		{"an unknown window", "5usd/hour", gateway.Limit{}, "none of day, week, month and total"},
		{"an unknown unit", "5eur/day", gateway.Limit{}, "none of usd, tokens and calls"},
		{"no amount", "usd/day", gateway.Limit{}, "no amount"},
		{"nothing", "0usd/day", gateway.Limit{}, "not more than zero"},
		{"less than nothing", "-5usd/day", gateway.Limit{}, "not more than zero"},
		{"half a call", "1.5calls/day", gateway.Limit{}, "no amount"},
		{"more dollars than a ledger holds", "10000000usd/day", gateway.Limit{}, "no amount"},
		{"finer than a ledger holds", "0.0000000000001usd/day", gateway.Limit{}, "no amount"},
		{"empty", "", gateway.Limit{}, "lacks a window"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseLimit(tt.text, "UTC")
			if tt.wrong != "" {
				var e *gateway.Error
				if !errors.As(err, &e) || e.Kind != gateway.Invalid || e.Field != "limits" || !strings.Contains(e.Message, tt.wrong) {
					t.Fatalf("ParseLimit(%q) = %v, want invalid limits with %q", tt.text, err, tt.wrong)
				}
				return
			}
			tt.want.TZ, tt.want.Hard = "UTC", true
			if err != nil || got != tt.want {
				t.Errorf("ParseLimit(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			}
		})
	}
}

func (h *house) uses(keyID string, simulated bool) []gateway.LimitUse {
	h.t.Helper()
	uses, err := h.Uses(bg, scopeKind(keyID), keyID, simulated)
	if err != nil {
		h.t.Fatal(err)
	}
	return uses
}

// spend makes a settled call.
func (h *house) spend(keyID string, a gateway.Amounts) {
	h.t.Helper()
	hold := h.mustHold(keyID, a)
	if !hold.End(settled(hold.call, a)) {
		h.t.Fatal("End was not durable")
	}
}

func TestALimitThatStaysKeepsItsSpending(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day", "10calls/day")
	h.spend("key_a", dollars("1"))
	before := h.uses("key_a", false)
	h.limit("key_a", "10calls/day", "3usd/day", "7usd/week")
	after := h.uses("key_a", false)
	if len(after) != 3 {
		t.Fatalf("uses = %+v", after)
	}
	calls, day := after[0], after[1]
	if calls.ID != before[1].ID || calls.Spent != 1 {
		t.Errorf("calls = %+v, want the limit of before, spent 1", calls)
	}
	if day.ID != before[0].ID || day.Spent != before[0].Spent || day.Amount != 3_000_000_000_000 {
		t.Errorf("dollars a day = %+v, want the limit of before with a new amount", day)
	}
	h.check()
	h.stop()
	h.start()
	if again := h.uses("key_a", false); len(again) != 3 || again[0] != after[0] || again[1] != after[1] || again[2] != after[2] {
		t.Errorf("uses after a restart = %+v, want %+v", again, after)
	}
}

func TestANewLimitKnowsWhatItsWindowHasSpent(t *testing.T) {
	h := newHouse(t)
	h.turn(time.Date(2026, 11, 20, 22, 10, 0, 0, time.UTC)) // before midnight in Berlin, after it in Kolkata
	h.spend("key_a", dollars("1"))
	h.turn(time.Date(2026, 11, 20, 23, 10, 0, 0, time.UTC)) // after midnight in Berlin
	h.spend("key_a", dollars("2"))
	h.spend("key_b", dollars("4"))
	h.turn(noon)
	lims := []gateway.Limit{
		{Unit: gateway.USD, Window: gateway.Day, TZ: "Europe/Berlin", Amount: 1e15, Hard: true},
		{Unit: gateway.Calls, Window: gateway.Day, TZ: "Asia/Kolkata", Amount: 1000, Hard: true},
		{Unit: gateway.Tokens, Window: gateway.Total, Amount: 1e6, Hard: true},
	}
	for _, tt := range []struct {
		name, key           string
		kind                gateway.Scope
		pico, calls, tokens int64
	}{
		{"a key's limit knows the key's calls", "key_a", gateway.ScopeKey, 2e12, 2, 200},
		{"an account's limit knows all", "", gateway.ScopeAccount, 6e12, 3, 300},
		{"a key without calls begins at nothing", "key_c", gateway.ScopeKey, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := h.SetLimits(bg, tt.kind, tt.key, lims); err != nil {
				t.Fatal(err)
			}
			got := h.uses(tt.key, false)
			if got[0].Spent != tt.pico || got[1].Spent != tt.calls || got[2].Spent != tt.tokens {
				t.Errorf("spent = %d, %d, %d, want %d, %d, %d", got[0].Spent, got[1].Spent, got[2].Spent, tt.pico, tt.calls, tt.tokens)
			}
			for _, use := range h.uses(tt.key, true) {
				if use.Spent != 0 {
					t.Errorf("simulated calls spent %d of %s, want 0", use.Spent, use.Unit)
				}
			}
			h.check()
		})
	}
}

func TestALimitThatWasRemovedMidCallStillEndsIt(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	h.limit("key_a")
	if !hold.End(settled(hold.call, dollars("1"))) {
		t.Fatal("End was not durable")
	}
	h.check()
	h.limit("key_a", "5usd/day")
	if got := h.uses("key_a", false)[0]; got.Spent != 1_000_000_000_000 || got.Held != 0 {
		t.Errorf("the limit that came back = %+v, want $1 spent", got)
	}
	h.check()
}

func TestLimitsThatCannotBeSet(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	day := gateway.Limit{Unit: gateway.USD, Window: gateway.Day, Amount: 1, Hard: true}
	wrong := func(change func(*gateway.Limit)) []gateway.Limit {
		lim := day
		change(&lim)
		return []gateway.Limit{lim}
	}
	for name, limits := range map[string][]gateway.Limit{
		"two of one unit and window": {day, day},
		"an unknown zone":            wrong(func(l *gateway.Limit) { l.TZ = "Europe/Atlantis" }),
		"an unknown unit":            wrong(func(l *gateway.Limit) { l.Unit = "eur" }),
		"an unknown window":          wrong(func(l *gateway.Limit) { l.Window = "hour" }),
		"no amount":                  wrong(func(l *gateway.Limit) { l.Amount = 0 }),
	} {
		var e *gateway.Error
		if err := h.SetLimits(bg, gateway.ScopeKey, "key_a", limits); !errors.As(err, &e) || e.Kind != gateway.Invalid {
			t.Errorf("%s: SetLimits = %v, want an invalid limit", name, err)
		}
	}
	got, err := h.Limits(bg, gateway.ScopeKey, "key_a")
	if err != nil || len(got) != 1 || got[0].Amount != 5_000_000_000_000 || got[0].TZ != "Europe/Berlin" {
		t.Errorf("Limits = %+v, %v, want the ones of before", got, err)
	}
}
