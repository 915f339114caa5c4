package billing

import (
	"strings"
	"testing"
	"time"
)

// yours is a card of the user's from an instant on.
func yours(id, model, input string, from time.Time) Card {
	return Card{ID: id, Provider: "openai", Model: model, Rates: Rates{"input": input, "output": "1"}, ValidFrom: from, Source: "You"}
}

// layered is the shipped book with layers of the user's.
func layered(t *testing.T, change func(*Layers)) *Book {
	t.Helper()
	l, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	change(&l)
	b, err := NewBook(l)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNoModelHasItsSiblingsPrice: a beginning is no name, however alike the rest.
func TestNoModelHasItsSiblingsPrice(t *testing.T) {
	b := layered(t, func(l *Layers) {
		l.User = []Card{yours("you/1", "our-model", "5", noon)}
		l.Aliases = []Alias{{"openai", "our-alias", "openai", "gpt-5"}}
	})
	at := noon.Add(time.Hour)
	for _, tt := range []struct{ provider, model, card string }{
		{"anthropic", "claude-sonnet-5", "anthropic/claude-sonnet-5"},
		{"anthropic", "claude-sonnet-5-5", "anthropic/claude-sonnet-5-5"},
		{"anthropic", "claude-sonnet-5-9", ""},
		{"anthropic", "claude-sonnet-5-5-mini", ""},
		{"groq", "openai/gpt-oss-safeguard-20b", "groq/openai/gpt-oss-safeguard-20b"},
		{"groq", "openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"},
		{"groq", "openai/gpt-oss-safeguard-120b", ""},
		{"openai", "gpt-5-", ""},
		{"openai", "gpt-5.", ""},
		{"openai", "gpt", ""},
		{"openai", "", ""},
		{"openai", "gpt-5-2025-13-40", ""},
		{"openai", "our-model", "you/1"},
		{"openai", "OUR-MODEL", "you/1"},
		{"openai", "our-model-2026-01-02", "you/1"},
		{"openai", "our-model-2", ""},
		{"openai", "our-mode", ""},
		{"anthropic", "our-model", ""},
		{"openai", "our-alias", "openai/gpt-5"},
		{"openai", "our-alias-2026-01-02", "openai/gpt-5"},
		{"openai", "our-alias-2", ""},
		{"azure", "our-alias", ""},
	} {
		c, ok := b.Find(tt.provider, tt.model, at)
		if tt.card == "" && ok || tt.card != "" && !strings.HasPrefix(c.ID, tt.card) {
			t.Errorf("Find(%s, %s) = %q, want %q", tt.provider, tt.model, c.ID, tt.card)
		}
	}
}

// TestAllNamesArePricedByTheirOwnCard goes through every id of the book: with a letter behind it, it is another's.
func TestAllNamesArePricedByTheirOwnCard(t *testing.T) {
	b, at := shipped(t), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for c := range b.Cards() {
		for _, more := range []string{"-zz", "x", "-9", ".7", "/q"} {
			if _, ok := b.byName[nameKey{c.Provider, strings.ToLower(c.Model + more)}]; ok {
				continue // a model of its own
			}
			if found, ok := b.Find(c.Provider, c.Model+more, at); ok {
				t.Errorf("%s/%s%s is priced by %s", c.Provider, c.Model, more, found.ID)
			}
		}
	}
}

func TestTheNewestOfYourPricesHolds(t *testing.T) {
	first, second := yours("you/1", "gpt-5", "1", noon), yours("you/2", "gpt-5", "2", noon.Add(time.Hour))
	second.ValidTo = noon.Add(2 * time.Hour)
	b := layered(t, func(l *Layers) { l.User = []Card{second, first} })
	for _, tt := range []struct {
		name, model string
		at          time.Time
		card        string
	}{
		{"before yours, the catalogue's", "gpt-5", noon.Add(-time.Millisecond), "openai/gpt-5"},
		{"from its instant on, yours", "gpt-5", noon, "you/1"},
		{"then the newer one", "gpt-5", noon.Add(time.Hour), "you/2"},
		{"under its other names too", "gpt-5-2025-08-07", noon.Add(time.Hour), "you/2"},
		{"and when that ends, the older one that still holds", "gpt-5", noon.Add(2 * time.Hour), "you/1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if c, _ := b.Find("openai", tt.model, tt.at); c.ID != tt.card {
				t.Errorf("Find = %q, want %q", c.ID, tt.card)
			}
		})
	}
}

func TestLayersRefuseWhatIsAmbiguous(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Layers)
	}{
		{"two of yours for one model from one instant", func(l *Layers) {
			l.User = []Card{yours("you/1", "m", "1", noon), yours("you/2", "M", "2", noon)}
		}},
		{"an id that is there already", func(l *Layers) { l.User = []Card{yours("openai/gpt-5", "m", "1", noon)} }},
		{"two aliases for one model", func(l *Layers) {
			l.Aliases = []Alias{{"openai", "m", "openai", "gpt-5"}, {"OpenAI", "M", "openai", "gpt-5-mini"}}
		}},
		{"an alias for nothing", func(l *Layers) { l.Aliases = []Alias{{"openai", "m", "openai", ""}} }},
		{"a price of yours for certain hours", func(l *Layers) {
			c := yours("you/1", "m", "1", noon)
			c.Window = &Window{From: "09:00", To: "12:00"}
			l.User = []Card{c}
		}},
		{"a former card that is none", func(l *Layers) { l.Former = []byte(`{"id":"x"}`) }},
		{"a catalogue that is none", func(l *Layers) { l.Catalogue = []byte(`<html>`) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := Shipped()
			if err != nil {
				t.Fatal(err)
			}
			tt.change(&l)
			if _, err := NewBook(l); err == nil {
				t.Error("NewBook: want an error")
			}
		})
	}
}

func TestFormerCardsAreFoundByTheirIDAlone(t *testing.T) {
	b := layered(t, func(l *Layers) {
		l.Former = []byte(`{"id":"openai/old","provider":"openai","model":"old","rates":{"input":"1"},"source":"s","url":"u","checked_on":"2025-01-01"}` + "\n")
		l.Ended = []Card{yours("you/9", "taken-back", "1", noon)}
	})
	for id, layer := range map[string]Layer{"openai/old": Catalogue, "you/9": Yours} {
		if c, ok := b.Card(id); !ok || c.Layer() != layer {
			t.Errorf("Card(%s) is there: %t, of layer %d, want %d", id, ok, c.Layer(), layer)
		}
	}
	for _, model := range []string{"old", "taken-back"} {
		if c, ok := b.Find("openai", model, noon.Add(time.Hour)); ok {
			t.Errorf("Find(%s) = %s, want none: it prices nothing", model, c.ID)
		}
	}
}

func TestStanding(t *testing.T) {
	at := day("2026-09-10T02:00:00Z")
	b := layered(t, func(l *Layers) { l.User = []Card{yours("you/1", "gpt-5", "1", noon.Add(time.Hour))} })
	s, ok := b.Standing("deepseek", "deepseek-v4-flash", at)
	if !ok || s.Card.ID != "deepseek/deepseek-v4-flash@2026-08-17" || len(s.Windows) != 2 || s.Over {
		t.Errorf("Standing = %+v, want the price of all hours with two windows", s)
	}
	if s, _ := b.Standing("openai", "gpt-5", noon); s.Card.ID != "openai/gpt-5" || !s.Next.Equal(noon.Add(time.Hour)) {
		t.Errorf("Standing = %s, next %s, want the catalogue's until yours begins", s.Card.ID, s.Next)
	}
	if s, _ := b.Standing("openai", "GPT-5", noon.Add(time.Hour)); s.Card.Layer() != Yours {
		t.Errorf("Standing = %s, want yours", s.Card.ID)
	}
	if all := b.Standings(noon); len(all) < 900 || all[0].Card.Provider > all[len(all)-1].Card.Provider {
		t.Errorf("Standings has %d models, want all, sorted", len(all))
	}
	if h := b.History("openai", "gpt-5"); len(h) < 2 || h[0].ID != "you/1" {
		t.Errorf("History = %d cards, want yours first", len(h))
	}
	if near := b.Alike("siliconflow", "deepseek-ai/DeepSeek-V4-Flash", 3); len(near) == 0 || near[0].Model != "deepseek-v4-flash" {
		t.Errorf("Alike = %v, want the maker's model first", near)
	}
}
