package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"weir/backend/console"
)

// shown is what a show function prints for people.
func shown(t *testing.T, show func(*session, []byte) error, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := show(&session{Program: &Program{Stdout: &out}}, data); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestShowBalances(t *testing.T) {
	text := func(s string) *string { return &s }
	at := text("2026-11-22T12:00:00.000Z")
	for _, tt := range []struct {
		name string
		a    console.BalanceAmount
		want string
	}{
		{"a key's limit", console.BalanceAmount{Kind: text("key_limit"), Currency: text("USD"), Left: text("3.2"), Total: text("10"), FetchedAt: at},
			"OpenRouter …ab12: key limit $3.20 of $10 left, at 2026-11-22T12:00:00.000Z\n"},
		{"yuan in an account, since when nobody answered", console.BalanceAmount{Kind: text("account"), Currency: text("CNY"), Left: text("12.4"), FetchedAt: at, Error: text("Why.")},
			"OpenRouter …ab12: account ¥12.40 left, at 2026-11-22T12:00:00.000Z\n  Why.\n"},
		{"no limit", console.BalanceAmount{Kind: text("key_limit"), Unlimited: true, FetchedAt: at}, "OpenRouter …ab12: the key has no limit, at 2026-11-22T12:00:00.000Z\n"},
		{"never answered", console.BalanceAmount{Error: text("Why.")}, "OpenRouter …ab12: not known\n  Why.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.a.KeyID = "pk_1"
			p := console.Provider{Name: "OpenRouter", Keys: []console.ProviderKey{{ID: "pk_1", Mask: "…ab12"}}, Balance: &console.Balance{BalanceAmount: tt.a}}
			if got := shown(t, showBalances, []console.Provider{p}); got != tt.want {
				t.Errorf("it says %q, want %q", got, tt.want)
			}
		})
	}
	if got := shown(t, showBalances, []console.Provider{}); !strings.Contains(got, "No provider") {
		t.Errorf("of nobody it says %q", got)
	}
}

func TestShowProbe(t *testing.T) {
	cost, set := "0.0123", "exclusive"
	plan := console.CountingPlan{Model: "m", Calls: 3, PromptTokens: 3000, OutputTokens: 16, CostUSD: &cost}
	if got := shown(t, showCountingPlan, plan); !strings.Contains(got, "$0.0123 at most") || !strings.Contains(got, "--yes") {
		t.Errorf("the plan says %q", got)
	}
	plan.CostUSD = nil
	if got := shown(t, showCountingPlan, plan); strings.Contains(got, "$") || !strings.Contains(got, "no known price") {
		t.Errorf("without a price the plan says %q", got)
	}
	found := console.Counting{Message: "It counts so.", Set: &set, Calls: []console.CountedCall{{CallID: "call_1", Prompt: 2040}, {CallID: "call_2", Prompt: 120, Read: 1920}}}
	if got := shown(t, showCounting, found); !strings.Contains(got, "It counts so.") || !strings.Contains(got, "exclusive") || !strings.Contains(got, "call_2  120") {
		t.Errorf("the result says %q", got)
	}
}
