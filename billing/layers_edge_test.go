package billing

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestALayerThatCannotBeReadIsNamed, and what is wrong with it.
func TestALayerThatCannotBeReadIsNamed(t *testing.T) {
	broken := []byte(`<html>`)
	for _, tt := range []struct {
		name, want string
		change     func(*Layers)
	}{
		{"the catalogue", "read the catalogue", func(l *Layers) { l.Catalogue = broken }},
		{"what is kept by hand", "read the overlay", func(l *Layers) { l.Overlay = broken }},
		{"the terms", "read the terms", func(l *Layers) { l.Terms = broken }},
		{"the rates of exchange", "read the rates of exchange", func(l *Layers) { l.Exchange = broken }},
		{"the former cards", "read former cards", func(l *Layers) { l.Former = broken }},
		{"a price of yours", `your price card "you/1"`, func(l *Layers) { l.User = []Card{{ID: "you/1"}} }},
		{"a price of yours for certain hours", "at all hours", func(l *Layers) {
			c := yours("you/1", "m", "1", noon)
			c.Window = &Window{From: "09:00", To: "12:00"}
			l.User = []Card{c}
		}},
		{"a rate of yours", "rate of exchange of 2026-09-10", func(l *Layers) { l.Rates = []Rate{{Day: "2026-09-10", Source: "x"}} }},
		{"an alias without a model", "on both sides", func(l *Layers) { l.Aliases = []Alias{{"openai", "", "openai", "gpt-5"}} }},
		{"an alias without a provider to be like", "on both sides", func(l *Layers) { l.Aliases = []Alias{{"openai", "m", "", "gpt-5"}} }},
		{"an alias without a model to be like", "on both sides", func(l *Layers) { l.Aliases = []Alias{{"openai", "m", "openai", ""}} }},
		{"two aliases for one model", `what "gpt-5" does and what "gpt-4o" does`, func(l *Layers) {
			l.Aliases = []Alias{{"openai", "m", "openai", "gpt-5"}, {"OpenAI", "M", "openai", "gpt-4o"}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := Layers{}
			tt.change(&l)
			if _, err := NewBook(l); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewBook = %v, want a word of %q", err, tt.want)
			}
		})
	}
}

// TestABookKnowsItsAge: its version is that of its layers, its day that of the newest card of the catalogue; yours do not make it newer.
func TestABookKnowsItsAge(t *testing.T) {
	checked := func(id, on string) string {
		return `{"id":"` + id + `","provider":"p","model":"` + id + `","rates":{"input":"1"},"source":"s","url":"u","checked_on":"` + on + `"}` + "\n"
	}
	mine := yours("you/1", "m", "1", noon)
	mine.CheckedOn = "2026-12-31"
	b, err := NewBook(Layers{Version: 2026112203, Catalogue: []byte(checked("a", "2026-02-01") + checked("b", "2026-03-01")), Overlay: []byte(checked("c", "2026-01-01")), User: []Card{mine}})
	if err != nil {
		t.Fatal(err)
	}
	if b.Version() != 2026112203 || b.Date() != "2026-03-01" {
		t.Errorf("Version, Date = %d, %s, want 2026112203, 2026-03-01", b.Version(), b.Date())
	}
	l, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if text := strconv.FormatInt(l.Version, 10); text != strings.TrimSpace(versionText) || len(text) != 10 || !strings.HasPrefix(text, "20") {
		t.Errorf("Shipped().Version = %s, want the text %q", text, versionText)
	}
}

// TestAllCardsAreWalked in the order of their layers, as far as anybody asks.
func TestAllCardsAreWalked(t *testing.T) {
	b := edgeBook(t, edgeCard("a", "1", nil), edgeCard("b", "2", nil), edgeCard("c", "3", nil))
	for _, tt := range []struct {
		most int
		want string
	}{{1, "a/1"}, {2, "a/1 b/2"}, {9, "a/1 b/2 c/3"}} {
		var got []string
		for c := range b.Cards() {
			if got = append(got, c.ID); len(got) == tt.most {
				break
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("the first %d cards are %q, want %s", tt.most, got, tt.want)
		}
	}
}

// TestOfTwoRatesForOneDayYoursHolds, wherever the day stands in the list.
func TestOfTwoRatesForOneDayYoursHolds(t *testing.T) {
	line := func(day, yuan string) string {
		return `{"day":"` + day + `","cny_per_usd":"` + yuan + `","source":"list"}` + "\n"
	}
	b, err := NewBook(Layers{Exchange: []byte(line("2026-09-10", "7.1") + line("2026-09-01", "7.2") + line("2026-09-05", "7.3")),
		Rates: []Rate{rateOf("2026-09-10", "6.1"), rateOf("2026-09-05", "6.3"), rateOf("2026-08-01", "6.4")}})
	if err != nil {
		t.Fatal(err)
	}
	for day_, want := range map[string]string{"2026-07-31": "", "2026-08-01": "6.4", "2026-08-31": "6.4", "2026-09-01": "7.2", "2026-09-04": "7.2", "2026-09-05": "6.3", "2026-09-09": "6.3", "2026-09-10": "6.1", "2026-12-01": "6.1"} {
		if r, ok := b.Rate(day(day_)); r.CNYPerUSD != want || ok != (want != "") {
			t.Errorf("Rate(%s) = %q, %t, want %q", day_, r.CNYPerUSD, ok, want)
		}
	}
	if len(b.rates) != 4 {
		t.Errorf("the book has %d rates, want one for each of four days", len(b.rates))
	}
}

// TestYourPriceHasAllOfTheModelsNames but those that another price of yours is made for.
func TestYourPriceHasAllOfTheModelsNames(t *testing.T) {
	listed := edgeCard("openai", "gpt", func(c *Card) { c.Aliases = []string{"gpt-latest", "gpt-2026-01-01"} })
	b := edgeBook(t, listed, edgeCard("openai", "gpt-latest", func(c *Card) { c.ID, c.layer = "you/latest", Yours }),
		edgeCard("openai", "GPT", func(c *Card) { c.ID, c.layer, c.ValidFrom = "you/gpt", Yours, noon }))
	for model, want := range map[string]string{"gpt": "you/gpt", "gpt-latest": "you/latest", "gpt-2026-01-01": "you/gpt"} {
		if c, _ := b.Find("openai", model, noon); c.ID != want {
			t.Errorf("%s is priced by %q, want %s", model, c.ID, want)
		}
	}
	if b.Known("openai", "gpt-other", noon) {
		t.Error("a name that nobody gave the model has a price")
	}
}

// TestAnOwnPriceBeforeAnothersList: what is set for a gateway holds there before the lists of those whose models it sells, and nowhere else.
func TestAnOwnPriceBeforeAnothersList(t *testing.T) {
	b := edgeBook(t, edgeCard("anthropic", "claude-x", nil), edgeCard("openai", "gpt-x", nil), edgeCard("bifrost", "claude-x", func(c *Card) { c.layer = Yours }))
	for _, tt := range []struct{ provider, model, card string }{
		{"bifrost", "claude-x", "bifrost/claude-x"}, {"bifrost", "claude-x-2026-01-01", "bifrost/claude-x"}, {"bifrost", "gpt-x", "openai/gpt-x"}, {"bifrost", "other", ""},
		{"anthropic", "claude-x", "anthropic/claude-x"}, {"litellm", "claude-x", "anthropic/claude-x"},
		{"bifrost", "anthropic/claude-x", "anthropic/claude-x"}, {"bifrost", "openai/gpt-x", "openai/gpt-x"}, {"bifrost", "google/gpt-x", ""},
	} {
		c, _ := b.Find(tt.provider, tt.model, noon)
		if c.ID != tt.card {
			t.Errorf("Find(%s, %s) = %q, want %q", tt.provider, tt.model, c.ID, tt.card)
		}
	}
}

// TestAliasesAreSorted by provider, then by model.
func TestAliasesAreSorted(t *testing.T) {
	var all []Alias
	for _, model := range strings.Fields("h c a f d b g e") {
		all = append(all, Alias{"openai", model, "openai", "gpt-5"}, Alias{"azure", model, "openai", "gpt-5"})
	}
	got := ""
	for _, a := range layered(t, func(l *Layers) { l.Aliases = all }).Aliases() {
		got += a.Provider[:1] + a.Model + " "
	}
	if want := "aa ab ac ad ae af ag ah oa ob oc od oe of og oh "; got != want {
		t.Errorf("Aliases = %s, want %s", got, want)
	}
	if all := shipped(t).Aliases(); len(all) > 0 {
		t.Errorf("a book without any has the aliases %v", all)
	}
}

// TestWhatIsPricedByAlias: a model without a card of its own; its bill says so.
func TestWhatIsPricedByAlias(t *testing.T) {
	b := layered(t, func(l *Layers) {
		own := yours("you/1", "later", "5", noon)
		l.User = []Card{own}
		l.Aliases = []Alias{{"openai", "ours", "anthropic", "claude-haiku-4-5"}, {"openai", "gpt-5", "openai", "gpt-5-mini"}, {"openai", "lost", "openai", "gpt-99"}, {"openai", "later", "openai", "gpt-5"}}
	})
	for _, tt := range []struct {
		name, model string
		at          time.Time
		like, card  string
	}{
		{"a model of no list", "ours", noon, "claude-haiku-4-5", "anthropic/claude-haiku-4-5"},
		{"under its date too", "OURS-2026-01-01", noon, "claude-haiku-4-5", "anthropic/claude-haiku-4-5"},
		{"a card of its own holds before", "gpt-5", noon, "", "openai/gpt-5"},
		{"also one that began later", "later", noon, "", "you/1"},
		{"until then the alias does", "later", noon.Add(-time.Hour), "gpt-5", "openai/gpt-5"},
		{"what is like nothing has no price", "lost", noon, "", ""},
		{"nor has what is like nobody", "unheard-of", noon, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, ok := b.AliasOf("openai", tt.model, tt.at)
			if ok != (tt.like != "") || ok && a.LikeModel != tt.like {
				t.Errorf("AliasOf(%s) = %+v, %t, want %q", tt.model, a, ok, tt.like)
			}
			bill := b.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: tt.model, At: tt.at, Usage: []byte(`{"prompt_tokens":10,"completion_tokens":2}`)})
			flags := ""
			if tt.like != "" {
				flags = flagByAlias
			} else if tt.card == "" {
				flags = flagUnknownModel
			}
			if bill.Card != tt.card || strings.Join(bill.Flags, " ") != flags {
				t.Errorf("Bill of %s has the card %q and %q, want %q, %q", tt.model, bill.Card, bill.Flags, tt.card, flags)
			}
		})
	}
}
