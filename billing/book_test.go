package billing

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestShippedBook(t *testing.T) {
	book := shipped(t)
	if len(book.cards) < 500 {
		t.Errorf("len(cards) = %d, want the whole catalogue", len(book.cards))
	}
	if book.Date() < "2026-09-23" {
		t.Errorf("Date() = %s, want the newest day of the book", book.Date())
	}
	for _, term := range book.terms {
		for _, model := range term.Models {
			if known := slices.ContainsFunc(book.cards, func(c Card) bool { return c.Provider == term.Provider && c.Model == model }); !known && model != "*" {
				t.Errorf("term %s names %q, which no card prices", term.ID, model)
			}
		}
	}
	if len(catalogText) > 1_500_000 {
		t.Errorf("the catalogue has %d bytes, want at most 1.5 MB", len(catalogText))
	}
}

func TestLookup(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct{ name, provider, model, at, card string }{
		{"an exact id", "openai", "gpt-5", "2026-09-10", "openai/gpt-5"},
		{"a snapshot without a card of its own", "openai", "gpt-5-nano-2025-08-07", "2026-09-10", "openai/gpt-5-nano"},
		{"a snapshot with one", "openai", "gpt-4o-2024-05-13", "2026-09-10", "openai/gpt-4o-2024-05-13"},
		{"the vendor's own prefix", "openai", "openai/gpt-5", "2026-09-10", "openai/gpt-5"},
		{"another vendor's prefix is no spelling", "openai", "azure/gpt-5", "2026-09-10", ""},
		{"the dot form is an alias", "anthropic", "claude-sonnet-4.5", "2026-09-10", "anthropic/claude-sonnet-4-5"},
		{"a tuned model has the tuned price", "openai", "ft:gpt-4o-2024-08-06:acme::abc123", "2026-09-10", "openai/ft:gpt-4o"},
		{"a tuned model without a card has none", "openai", "ft:gpt-5-2025-08-07:acme::abc123", "2026-09-10", ""},
		{"a sibling's beginning is not enough", "anthropic", "claude-sonnet-5-9", "2026-09-10", ""},
		{"nor is a longer name", "openai", "gpt-5-ultra", "2026-09-10", ""},
		{"a price ends at an instant", "openai", "gpt-5.6-luna", "2026-07-29T23:59:59Z", "openai/gpt-5.6-luna"},
		{"and the next begins there", "openai", "gpt-5.6-luna", "2026-07-30T00:00:00Z", "openai/gpt-5.6-luna@2026-07-30"},
		{"a card kept by hand outranks the imported one", "openai", "gpt-5.6-sol", "2026-11-21T00:00:00Z", "openai/gpt-5.6-sol@2026-11-21"},
		{"a card for certain hours outranks one for all", "deepseek", "deepseek-v4-flash", "2026-09-10T02:00:00Z", "deepseek/deepseek-v4-flash@2026-08-23-morning"},
		{"but only on its days", "deepseek", "deepseek-v4-flash", "2026-09-12T02:00:00Z", "deepseek/deepseek-v4-flash@2026-08-17"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := ""
			c, ok := book.find(tt.provider, tt.model, day(tt.at))
			if ok {
				id = c.ID
			}
			if id != tt.card {
				t.Errorf("find(%s, %s, %s) = %q, want %q", tt.provider, tt.model, tt.at, id, tt.card)
			}
			if book.Known(tt.provider, tt.model, day(tt.at)) != ok {
				t.Errorf("Known differs from find")
			}
		})
	}
}

func TestTwoCardsForOneModelAtOneInstantAreAnError(t *testing.T) {
	rates := Rates{"input": "1"}
	card := func(id, model string, change func(*Card)) Card {
		c := testCard(model, rates)
		c.ID = id
		if change != nil {
			change(&c)
		}
		return c
	}
	until := func(at time.Time) func(*Card) { return func(c *Card) { c.ValidTo = at } }
	from := func(at time.Time) func(*Card) { return func(c *Card) { c.ValidFrom = at } }
	hours := func(a, b string) func(*Card) { return func(c *Card) { c.Window = &Window{From: a, To: b} } }
	for _, tt := range []struct {
		name  string
		cards []Card
		bad   bool
	}{
		{"the same model twice", []Card{card("a", "m", nil), card("b", "m", nil)}, true},
		{"an alias that is another's model", []Card{card("a", "m", nil), card("b", "n", func(c *Card) { c.Aliases = []string{"m"} })}, true},
		{"one after the other", []Card{card("a", "m", until(noon)), card("b", "m", from(noon))}, false},
		{"one a second too long", []Card{card("a", "m", until(noon.Add(time.Second))), card("b", "m", from(noon))}, true},
		{"hours that touch", []Card{card("a", "m", hours("09:00", "12:00")), card("b", "m", hours("12:00", "14:00"))}, false},
		{"hours that overlap", []Card{card("a", "m", hours("09:00", "12:01")), card("b", "m", hours("12:00", "14:00"))}, true},
		{"hours within the whole day", []Card{card("a", "m", hours("09:00", "12:00")), card("b", "m", nil)}, false},
		{"one by hand over an imported one", []Card{card("a", "m", nil), card("b", "m", func(c *Card) { c.layer = Overlay })}, false},
		{"one id twice", []Card{card("a", "m", nil), card("a", "n", nil)}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newBook(tt.cards, nil, nil)
			if (err != nil) != tt.bad {
				t.Errorf("newBook = %v, want an error: %t", err, tt.bad)
			}
			if err != nil && !strings.Contains(err.Error(), `"b"`) && !strings.Contains(err.Error(), `"a"`) {
				t.Errorf("newBook = %v, want it to name the card", err)
			}
		})
	}
}

func TestParseCardsNamesTheBadCard(t *testing.T) {
	const good = `"provider":"p","model":"m","source":"s","url":"u","checked_on":"2026-01-01"`
	for _, tt := range []struct{ name, line string }{
		{"a rate as a number", `{"id":"bad",` + good + `,"rates":{"input":3}}`},
		{"a rate with an exponent", `{"id":"bad",` + good + `,"rates":{"input":"3e1"}}`},
		{"a rate with float dirt", `{"id":"bad",` + good + `,"rates":{"input":"0.0833333333333"}}`},
		{"a negative rate", `{"id":"bad",` + good + `,"rates":{"input":"-3"}}`},
		{"a rate for nothing that is known", `{"id":"bad",` + good + `,"rates":{"imput":"3"}}`},
		{"no rates", `{"id":"bad",` + good + `}`},
		{"an unknown field", `{"id":"bad",` + good + `,"rates":{"input":"3"},"discount":"1"}`},
		{"a tier without an operator", `{"id":"bad",` + good + `,"rates":{"input":"3"},"tiers":[{"prompt":1000,"rates":{"input":"6"}}]}`},
		{"no source", `{"id":"bad","provider":"p","model":"m","url":"u","checked_on":"2026-01-01","rates":{"input":"3"}}`},
		{"a bare date", `{"id":"bad",` + good + `,"rates":{"input":"3"},"valid_from":"2026-01-01"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseCards(nil, []byte(tt.line), Catalogue); err == nil || !strings.Contains(err.Error(), `"bad"`) {
				t.Errorf("parseCards(%s) = %v, want an error that names the card", tt.line, err)
			}
		})
	}
}

func TestCeiling(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, provider, model string
		in, out               int64
		most, plain           string
	}{
		{"one-hour writes are the dearest input", "anthropic", "claude-haiku-4-5", 1_000_000, 1_000_000, "7", "7"},
		{"a long prompt's rates count", "anthropic", "claude-haiku-5-5", 1_000_000, 1_000_000, "3.85", "3.5"},
		{"so do fast mode and region", "anthropic", "claude-opus-4-8", 1_000_000, 1_000_000, "77", "35"},
		{"so does priority", "openai", "gpt-5", 1_000_000, 1_000_000, "22.5", "11.25"},
		{"a rate of its own counts", "openai", "o4-mini", 1_000_000, 1_000_000, "10", "5.5"},
		{"a part of a pico is rounded up", "openai", "gpt-5-nano", 0, 1, "0.0000004", "0.0000004"},
		{"nothing costs nothing", "openai", "gpt-5", 0, 0, "0", "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, ok := book.Ceiling(tt.provider, tt.model, day("2026-11-22"))
			plain, _ := book.PlainCeiling(tt.provider, tt.model, day("2026-11-22"))
			if got, low := all.Cost(tt.in, tt.out), plain.Cost(tt.in, tt.out); !ok || got.String() != tt.most || low.String() != tt.plain {
				t.Errorf("Cost = %s, plain %s, %t, want %s, %s", got, low, ok, tt.most, tt.plain)
			}
		})
	}
	if _, ok := book.Ceiling("openai", "gpt-99", noon); ok {
		t.Error("Ceiling of an unknown model: ok")
	}
	if c, ok := book.Ceiling("ollama", "qwen3:8b", noon); !ok || c.Cost(1000, 1000).String() != "0" || !book.Known("ollama", "qwen3:8b", noon) {
		t.Error("a local model has a price, and it is 0")
	}
}

func TestSuggestAndModels(t *testing.T) {
	book := shipped(t)
	if got := book.Suggest("openai", "gpt-5-mimi"); len(got) == 0 || len(got) > 3 || got[0] != "gpt-5-mini" {
		t.Errorf("Suggest = %q, want gpt-5-mini first, three at most", got)
	}
	if got := book.Suggest("anthropic", "zzzzzzzzzzzzzzzzz"); got != nil {
		t.Errorf("Suggest = %q, want none", got)
	}
	models := book.Models("anthropic", day("2026-11-22"))
	if !slices.IsSorted(models) || !slices.Contains(models, "claude-sonnet-4-6") || !slices.Contains(models, "claude-haiku-5-5") {
		t.Errorf("Models = %q, want sorted ids with a price", models)
	}
	for _, m := range models {
		if !book.Known("anthropic", m, day("2026-11-22")) {
			t.Errorf("Models names %q, which is not known", m)
		}
	}
	if c, ok := book.Card("openai/gpt-5"); !ok || c.URL == "" || c.CheckedOn == "" {
		t.Errorf("Card = %+v, %t", c, ok)
	}
}

// TestPriceOutlivesItsGuarantee sees that a price which its provider no longer guarantees is
// an estimate, whatever the usage says.
func TestPriceOutlivesItsGuarantee(t *testing.T) {
	book := shipped(t)
	for at, want := range map[string]Status{"2026-11-21T23:59:59Z": Priced, "2026-11-22T00:00:00Z": Estimated} {
		bill := book.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5.6-sol", At: day(at),
			Usage: []byte(`{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}`)})
		if bill.Status != want || bill.Total == nil || bill.Total.String() != "0.024" {
			t.Errorf("%s: %s, %v, flags %v, want %s of 0.024", at, bill.Status, bill.Total, bill.Flags, want)
		}
	}
}
