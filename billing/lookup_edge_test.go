package billing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// edgeBook is a small book: cards by their id, which is provider/model.
func edgeBook(t *testing.T, cards ...Card) *Book {
	t.Helper()
	b, err := newBook(cards, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edgeCard is a card that costs so much for input and output.
func edgeCard(provider, model string, change func(*Card)) Card {
	c := Card{ID: provider + "/" + model, Provider: provider, Model: model, Rates: Rates{"input": "1", "output": "2"},
		Source: "test", URL: "https://example.com", CheckedOn: "2026-11-01", layer: Catalogue}
	if change != nil {
		change(&c)
	}
	return c
}

func TestDistance(t *testing.T) {
	long := strings.Repeat("a", 128)
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "xbc", 1}, {"abc", "ab", 1}, {"ab", "abc", 1},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 2}, {"gpt-4o", "gpt-5", 2}, {"sunday", "saturday", 3}, {"aa", "b", 2}, {"b", "aa", 2},
		{long, long, 0}, {long + "b", long, 0}, {long, long + "b", 0}, {long[1:], long, 1}, {long[1:] + "b", long, 1}, {long[1:] + "bb", long, 1},
	} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%.20q, %.20q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestSpellings(t *testing.T) {
	for _, tt := range []struct {
		model    string
		prefixes []string
		want     string
	}{
		{"gpt-5", nil, ""},
		{"gpt-5", []string{"", "openai/"}, ""},
		{"openai/gpt-5", []string{"openai/"}, "gpt-5"},
		{"openai/", []string{"openai/"}, ""}, // a vendor is no model
		{"gpt-5-2025-08-07", nil, "gpt-5"},
		{"gpt-5-20250807", nil, "gpt-5"},
		{"gpt-5@20250807", nil, "gpt-5"},
		{"gpt-5-2025-13-07", nil, ""},
		{"-2025-08-07", nil, ""}, // a date is no model
		{"openai/gpt-5-2025-08-07", []string{"openai/"}, "gpt-5-2025-08-07 openai/gpt-5 gpt-5"},
		{"anthropic.claude-x-20250807-v1:0", nil, "anthropic.claude-x-20250807 anthropic.claude-x"},
		{"-v1:0", nil, ""}, // a version is no model
		{"arn:aws:bedrock:eu::inference-profile/eu.anthropic.claude-x-v1:0", nil, "eu.anthropic.claude-x-v1:0 arn:aws:bedrock:eu::inference-profile/eu.anthropic.claude-x eu.anthropic.claude-x"},
		{"ft:gpt-4o-2024-08-06:acme::abc", nil, "ft:gpt-4o-2024-08-06 ft:gpt-4o"},
		{"ft:gpt-4o", nil, ""},
	} {
		if got := strings.Join(spellings(tt.model, tt.prefixes), " "); got != tt.want {
			t.Errorf("spellings(%s, %q) = %q, want %q", tt.model, tt.prefixes, got, tt.want)
		}
	}
}

func TestSuggestNamesTheNearestThree(t *testing.T) {
	var cards []Card
	for _, model := range []string{"abcdef", "abcdeg", "abcdxx", "abcxxx", "abxxxx"} {
		cards = append(cards, edgeCard("acme", model, nil))
	}
	cards = append(cards, edgeCard("other", "abcdez", nil),
		edgeCard("acme", "abcdef", func(c *Card) { c.ID, c.ValidFrom = "acme/abcdef@2027", day("2027-01-01") }))
	cards[0].ValidTo = day("2027-01-01")
	b := edgeBook(t, cards...)
	for _, tt := range []struct{ model, want string }{
		{"abcdez", "abcdef abcdeg abcdxx"}, // each once, and none of another provider's
		{"abcxxz", "abcxxx abcdxx abxxxx"}, // of two as near, by the alphabet
		{"zzzzzz", ""},
		{"abczzz", ""}, // three of six letters are too many
		{"abcdzz", "abcdef abcdeg abcdxx"},
		{"abcdefabc", "abcdef"}, // three of nine are not
		{"ABCDEF", "abcdef abcdeg abcdxx"},
	} {
		if got := strings.Join(b.Suggest("acme", tt.model), " "); got != tt.want {
			t.Errorf("Suggest(%s) = %q, want %q", tt.model, got, tt.want)
		}
	}
	if got := b.Suggest("acme", "abcdef")[0]; got != "abcdef" {
		t.Errorf("the nearest is %s", got)
	}
}

func TestWhichCardOutranks(t *testing.T) {
	at := day("2026-11-20T10:00:00Z") // a Friday
	window := &Window{From: "09:00", To: "12:00"}
	plain := edgeCard("acme", "m", nil)
	hours := edgeCard("acme", "m", func(c *Card) { c.ID, c.Window = "hours", window })
	hand := edgeCard("acme", "m", func(c *Card) { c.ID, c.layer = "hand", Overlay })
	yours := edgeCard("acme", "m", func(c *Card) { c.ID, c.layer = "yours", Yours })
	newer := edgeCard("acme", "m", func(c *Card) { c.ID, c.layer, c.ValidFrom = "newer", Yours, day("2026-11-01") })
	future := edgeCard("acme", "m", func(c *Card) { c.ID, c.layer, c.ValidFrom = "future", Yours, day("2026-12-01") })
	for _, tt := range []struct {
		cards []Card
		want  string
	}{
		{[]Card{plain}, "acme/m"},
		{[]Card{plain, hours}, "hours"},
		{[]Card{hours, plain}, "hours"},
		{[]Card{hours, hand}, "hand"},
		{[]Card{hand, plain, yours}, "yours"},
		{[]Card{yours, newer}, "newer"},
		{[]Card{newer, yours, future}, "newer"},
	} {
		c, ok := edgeBook(t, slices.Clone(tt.cards)...).find("acme", "m", at)
		if !ok || c.ID != tt.want {
			t.Errorf("of %s holds %v, want %s", ids(tt.cards), c, tt.want)
		}
	}
}

func ids(cards []Card) (all []string) {
	for _, c := range cards {
		all = append(all, c.ID)
	}
	return all
}

func TestRivals(t *testing.T) {
	from, to := day("2026-01-01"), day("2026-06-01")
	card := func(change func(*Card)) Card { return edgeCard("acme", "m", change) }
	until := func(c *Card) { c.ValidTo = to }
	since := func(c *Card) { c.ID, c.ValidFrom = "second", to }
	early := func(c *Card) { c.ID, c.ValidFrom = "second", to.Add(-time.Second) }
	hours := func(from, to string, days ...time.Weekday) func(*Card) {
		return func(c *Card) { c.ID, c.Window = from+to+fmt.Sprint(days), &Window{From: from, To: to, Days: days} }
	}
	for _, tt := range []struct {
		name string
		a, b Card
		want bool
	}{
		{"two that always hold", card(nil), card(func(c *Card) { c.ID = "second" }), true},
		{"one ends where the other begins", card(until), card(since), false},
		{"the same the other way round", card(since), card(until), false},
		{"one ends a moment after the other begins", card(until), card(early), true},
		{"both have an end", card(func(c *Card) { c.ValidFrom, c.ValidTo = from, to }), card(func(c *Card) { c.ID, c.ValidFrom, c.ValidTo = "second", from, to }), true},
		{"one is for certain hours", card(nil), card(hours("09:00", "12:00")), false},
		{"hours that touch", card(hours("06:00", "09:00")), card(hours("09:00", "12:00")), false},
		{"hours that touch, the other way round", card(hours("09:00", "12:00")), card(hours("06:00", "09:00")), false},
		{"hours that overlap", card(hours("06:00", "09:01")), card(hours("09:00", "12:00")), true},
		{"the same hours on other days", card(hours("06:00", "09:00", time.Monday)), card(hours("06:00", "09:00", time.Tuesday, time.Friday)), false},
		{"the same hours on one same day", card(hours("06:00", "09:00", time.Monday, time.Friday)), card(hours("06:00", "09:00", time.Tuesday, time.Friday)), true},
		{"the same hours, one of them on all days", card(hours("06:00", "09:00")), card(hours("06:00", "09:00", time.Tuesday)), true},
		{"the same, the other way round", card(hours("06:00", "09:00", time.Tuesday)), card(hours("06:00", "09:00")), true},
	} {
		_, err := newBook([]Card{tt.a, tt.b}, nil, nil)
		if (err != nil) != tt.want {
			t.Errorf("%s: %v, want rivals %t", tt.name, err, tt.want)
		}
	}
}

func TestACardHoldsInItsHours(t *testing.T) {
	w := &Window{From: "09:00", To: "12:00"}
	for text, want := range map[string]bool{"08:59:59": false, "09:00:00": true, "11:59:59": true, "12:00:00": false} {
		c := edgeCard("acme", "m", func(c *Card) { c.Window = w })
		if got := c.holds(day("2026-11-20T" + text + "Z")); got != want {
			t.Errorf("at %s it holds: %t, want %t", text, got, want)
		}
	}
}

func TestCardsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Card)
		ok     bool
	}{
		{"a whole one", func(*Card) {}, true},
		{"no id", func(c *Card) { c.ID = "" }, false},
		{"no provider", func(c *Card) { c.Provider = "" }, false},
		{"no model", func(c *Card) { c.Model = "" }, false},
		{"no source", func(c *Card) { c.Source = "" }, false},
		{"no page", func(c *Card) { c.URL = "" }, false},
		{"no day", func(c *Card) { c.CheckedOn = "" }, false},
		{"no rates", func(c *Card) { c.Rates = nil }, false},
		{"an unknown rate", func(c *Card) { c.Rates = Rates{"sparks": "1"} }, false},
		{"a rate in words", func(c *Card) { c.Rates = Rates{"input": "one"} }, false},
		{"yuan", func(c *Card) { c.Currency = "CNY" }, true},
		{"dollars by name", func(c *Card) { c.Currency = "USD" }, true},
		{"another currency", func(c *Card) { c.Currency = "EUR" }, false},
		{"an end at its beginning", func(c *Card) { c.ValidFrom, c.ValidTo = day("2026-01-01"), day("2026-01-01") }, false},
		{"an end after its beginning", func(c *Card) { c.ValidFrom, c.ValidTo = day("2026-01-01"), day("2026-01-02") }, true},
		{"hours", func(c *Card) { c.Window = &Window{From: "09:00", To: "12:00"} }, true},
		{"hours of no length", func(c *Card) { c.Window = &Window{From: "09:00", To: "09:00"} }, false},
		{"hours that end before they begin", func(c *Card) { c.Window = &Window{From: "12:00", To: "09:00"} }, false},
		{"no hour to begin", func(c *Card) { c.Window = &Window{From: "9", To: "12:00"} }, false},
		{"no hour to end", func(c *Card) { c.Window = &Window{From: "09:00", To: "noon"} }, false},
		{"a tier", func(c *Card) { c.Tiers = []Tier{{Prompt: 1, Op: ">", Rates: Rates{"input": "2"}}} }, true},
		{"two tiers", func(c *Card) { c.Tiers = []Tier{{Prompt: 1, Op: ">="}, {Prompt: 2, Op: ">"}} }, true},
		{"two tiers of one length", func(c *Card) { c.Tiers = []Tier{{Prompt: 2, Op: ">="}, {Prompt: 2, Op: ">"}} }, false},
		{"a shorter tier last", func(c *Card) { c.Tiers = []Tier{{Prompt: 2, Op: ">="}, {Prompt: 1, Op: ">"}} }, false},
		{"a tier for every prompt", func(c *Card) { c.Tiers = []Tier{{Prompt: 0, Op: ">"}} }, false},
		{"a tier that is less", func(c *Card) { c.Tiers = []Tier{{Prompt: 1, Op: "<"}} }, false},
		{"a tier of a rate in words", func(c *Card) { c.Tiers = []Tier{{Prompt: 1, Op: ">", Rates: Rates{"input": "x"}}} }, false},
	} {
		c := edgeCard("acme", "m", tt.change)
		if err := c.check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %t", tt.name, err, tt.ok)
		}
	}
	for _, second := range []Tier{{Prompt: 1, Op: ">"}, {Prompt: 2, Op: ">", Rates: Rates{"input": "x"}}} {
		c := edgeCard("acme", "m", func(c *Card) { c.Tiers = []Tier{{Prompt: 1, Op: ">"}, second} })
		if err := c.check(); err == nil || !strings.Contains(err.Error(), "tier 2") {
			t.Errorf("the error of %+v does not name the tier: %v", second, err)
		}
	}
}

// TestLongerTiersKeepWhatShorterOnesSet: a tier names only what it changes.
func TestLongerTiersKeepWhatShorterOnesSet(t *testing.T) {
	card := edgeCard("acme", "m", func(c *Card) {
		c.Tiers = []Tier{{Prompt: 100, Op: ">", Rates: Rates{"input": "3"}}, {Prompt: 200, Op: ">=", Rates: Rates{"output": "9"}}}
	})
	b := edgeBook(t, card)
	for _, tt := range []struct {
		prompt        int64
		input, output string
	}{{100, "1", "2"}, {101, "3", "2"}, {199, "3", "2"}, {200, "3", "9"}, {201, "3", "9"}} {
		rates := b.cards[0].ratesFor(tt.prompt)
		if rates[Input].text != tt.input || rates[Output].text != tt.output {
			t.Errorf("a prompt of %d costs %s and %s, want %s and %s", tt.prompt, rates[Input].text, rates[Output].text, tt.input, tt.output)
		}
	}
	if card.Tiers[0].table[Input] != nil {
		t.Error("the card that was handed in was changed")
	}
}

func TestTermsThatAreRefused(t *testing.T) {
	whole := term{ID: "t", Provider: "acme", Models: []string{"*"}, Source: "test", URL: "https://example.com", CheckedOn: "2026-11-01", Times: "0.5"}
	for _, tt := range []struct {
		name   string
		change func(*term)
		ok     bool
	}{
		{"a whole one", func(*term) {}, true},
		{"no id", func(t *term) { t.ID = "" }, false},
		{"no provider", func(t *term) { t.Provider = "" }, false},
		{"no models", func(t *term) { t.Models = nil }, false},
		{"no source", func(t *term) { t.Source = "" }, false},
		{"no page", func(t *term) { t.URL = "" }, false},
		{"no day", func(t *term) { t.CheckedOn = "" }, false},
		{"no factor", func(t *term) { t.Times = "" }, true},
		{"a factor in words", func(t *term) { t.Times = "half" }, false},
		{"a rate in words", func(t *term) { t.Rates = Rates{"input": "x"} }, false},
		{"a part of the input in words", func(t *term) { t.OfInput = Rates{"output": "x"} }, false},
		{"a smallest quantity", func(t *term) { t.Least = Counts{"audio_seconds": 10} }, true},
		{"none", func(t *term) { t.Least = Counts{"audio_seconds": 0} }, false},
		{"of nothing that is charged", func(t *term) { t.Least = Counts{"sparks": 1} }, false},
	} {
		changed := whole
		tt.change(&changed)
		if err := changed.check(); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}

func TestATermHoldsForItsPromptsAndDays(t *testing.T) {
	tm := term{Below: 100, ValidFrom: day("2026-01-01"), ValidTo: day("2026-02-01")}
	for _, tt := range []struct {
		at     string
		prompt int64
		want   bool
	}{
		{"2026-01-01", 99, true}, {"2026-01-01", 100, false}, {"2026-01-01", 0, true},
		{"2025-12-31T23:59:59Z", 0, false}, {"2026-01-31T23:59:59Z", 0, true}, {"2026-02-01", 0, false},
	} {
		if got := tm.holds(day(tt.at), tt.prompt); got != tt.want {
			t.Errorf("for %d tokens at %s: %t, want %t", tt.prompt, tt.at, got, tt.want)
		}
	}
}
