package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/billing"
)

// imported converts one provider's models, written as the data set writes them.
func imported(t *testing.T, models string) ([]billing.Card, []note) {
	t.Helper()
	var p provider
	if err := json.Unmarshal([]byte(`{"id":"p","urls":["https://example.org/prices"],"models":`+models+`}`), &p); err != nil {
		t.Fatal(err)
	}
	return convert([]provider{p})
}

// TestNames: a matcher becomes exact ids, and never an open beginning.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		name, models string
		want         map[string][]string
	}{
		{"an id, its equals and its dated spellings", `[{"id":"m","match":{"or":[{"equals":"m"},{"equals":"m-2025-01-02"}]},"prices":{"input_mtok":1}}]`,
			map[string][]string{"p/m": {"m", "m-2025-01-02"}}},
		{"a beginning does not swallow a sibling", `[{"id":"sonnet-5","match":{"starts_with":"sonnet-5"},"prices":{"input_mtok":1}},{"id":"sonnet-5-5","match":{"equals":"sonnet-5-5"},"prices":{"input_mtok":2}}]`,
			map[string][]string{"p/sonnet-5": {"sonnet-5"}, "p/sonnet-5-5": {"sonnet-5-5"}}},
		{"an open beginning is no id", `[{"id":"nano","match":{"or":[{"equals":"nano"},{"starts_with":"nano-"}]},"prices":{"input_mtok":1}}]`,
			map[string][]string{"p/nano": {"nano"}}},
		{"an id that two models claim equally belongs to neither", `[{"id":"a","match":{"or":[{"equals":"a"},{"equals":"x"}]},"prices":{"input_mtok":1}},{"id":"b","match":{"or":[{"equals":"b"},{"equals":"x"}]},"prices":{"input_mtok":2}}]`,
			map[string][]string{"p/a": {"a"}, "p/b": {"b"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cards, _ := imported(t, tt.models)
			if len(cards) != len(tt.want) {
				t.Errorf("convert = %d cards, want %d", len(cards), len(tt.want))
			}
			for _, c := range cards {
				if got := append([]string{c.Model}, c.Aliases...); !slices.Equal(got, tt.want[c.ID]) {
					t.Errorf("names of %s = %q, want %q", c.ID, got, tt.want[c.ID])
				}
			}
		})
	}
}

func TestPrices(t *testing.T) {
	for _, tt := range []struct{ name, models, want, dropped string }{
		{"float dirt is rounded away", `[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":0.08333333333333334}}]`, `"rates":{"input":"0.083333333"}`, dirt + "|0.08333333333333334"},
		{"an open beginning is reported", `[{"id":"m","match":{"or":[{"equals":"m"},{"starts_with":"m-"}]},"prices":{"input_mtok":1}}]`, `"model":"m"`, openEnded + "|p/m: starts_with"},
		{"so is a pattern", `[{"id":"m","match":{"or":[{"equals":"m"},{"regex":"^m.*"}]},"prices":{"input_mtok":1}}]`, `"model":"m"`, patterns + "|p/m: regex"},
		{"over 271,999 means from 272,000 on", `[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":{"base":1,"tiers":[{"start":271999,"price":2}]}}}]`, `"tiers":[{"prompt":272000,"op":"\u003e=","rates":{"input":"2"}}]`, ""},
		{"over 200,000 means just that", `[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":{"base":1,"tiers":[{"start":200000,"price":2}]}}}]`, `"tiers":[{"prompt":200000,"op":"\u003e","rates":{"input":"2"}}]`, ""},
		{"Claude's plain write is the five-minute one", `[{"id":"claude-x","match":{"equals":"claude-x"},"prices":{"input_mtok":1,"cache_write_mtok":1.25}}]`, `"cache_write_5m":"1.25"`, ""},
		{"a date becomes an instant", `[{"id":"m","match":{"equals":"m"},"prices":[{"prices":{"input_mtok":2}},{"constraint":{"type":"start_date","start_date":"2025-06-10"},"prices":{"input_mtok":1}}]}]`, `"valid_to":"2025-06-10T00:00:00Z"`, dates + "|2025-06-10T00:00:00Z"},
		{"an unread charge makes every bill an estimate", `[{"id":"m","match":{"equals":"m"},"prices":{"input_mtok":1,"requests_kcount":5}}]`, `"flags":["price_incomplete"]`, noMeter + "|requests_kcount"},
		{"a price by the hour is left for a card by hand", `[{"id":"m","match":{"equals":"m"},"prices":[{"prices":{"input_mtok":2}},{"constraint":{"type":"time_of_date","start_time":"01:00:00Z"},"prices":{"input_mtok":1}}]}]`, ``, byHour + "|p/m"},
		{"a price announced for later is not taken unseen", `[{"id":"m","match":{"equals":"m"},"prices":[{"constraint":{"type":"start_date","start_date":"2099-01-01"},"prices":{"input_mtok":1}}]}]`, ``, future + "|p/m@2099-01-01"},
		{"no prices are no card", `[{"id":"m","match":{"equals":"m"},"prices":{}}]`, ``, noPrices + "|p/m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cards, dropped := imported(t, tt.models)
			text, err := json.Marshal(cards)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), tt.want) || tt.want == "" && len(cards) > 0 {
				t.Errorf("convert = %s, want %s", text, tt.want)
			}
			kind, about, _ := strings.Cut(tt.dropped, "|")
			if !slices.ContainsFunc(dropped, func(n note) bool { return n.kind == kind && strings.Contains(n.text, about) }) && tt.dropped != "" || tt.dropped == "" && len(dropped) > 0 {
				t.Errorf("left out %q, want %q", dropped, tt.dropped)
			}
		})
	}
}

func TestDaysBeginWhereTheVendorIs(t *testing.T) {
	for provider, want := range map[string]string{"openai": "2026-09-10T00:00:00Z", "zai": "2026-09-09T16:00:00Z"} {
		if at, err := startOf(provider, "2026-09-10"); err != nil || at.Format(time.RFC3339) != want {
			t.Errorf("startOf(%s) = %v, %v, want %s", provider, at, err, want)
		}
	}
}

// TestFormerCardsAreKept: a card that the next import has not any more stays for the bills that name it.
func TestFormerCardsAreKept(t *testing.T) {
	catalogue := filepath.Join(t.TempDir(), "catalog.jsonl")
	if kept, err := keepFormer(catalogue, nil); kept != 0 || err != nil {
		t.Errorf("keepFormer of no catalogue = %d, %v", kept, err)
	}
	if err := os.WriteFile(catalogue, []byte("{\"id\":\"p/a\"}\n{\"id\":\"p/b\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if kept, err := keepFormer(catalogue, []billing.Card{{ID: "p/b"}}); kept != want || err != nil {
			t.Errorf("keepFormer = %d, %v, want %d", kept, err, want)
		}
	}
	former, err := os.ReadFile(filepath.Join(filepath.Dir(catalogue), "former.jsonl"))
	if string(former) != "{\"id\":\"p/a\"}\n" || err != nil {
		t.Errorf("former cards = %q, %v", former, err)
	}
}
