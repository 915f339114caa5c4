package billing

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestWhatAModelCosts: which card stands for a model at an instant, which hours stand beside it, and what comes next.
func TestWhatAModelCosts(t *testing.T) {
	at := day("2026-06-01")
	card := func(id string, change func(*Card)) Card {
		return edgeCard("acme", "m", func(c *Card) { c.ID = id; change(c) })
	}
	from := func(id, day_ string, layer Layer) Card {
		return card(id, func(c *Card) { c.ValidFrom, c.layer = day(day_), layer })
	}
	during := func(id, from, to string) Card {
		return card(id, func(c *Card) { c.ValidFrom, c.ValidTo = day(from), day(to) })
	}
	hours := func(id string, layer Layer) Card {
		return card(id, func(c *Card) { c.Window, c.layer = &Window{From: "09:00", To: "12:00"}, layer })
	}
	for _, tt := range []struct {
		name                string
		cards               []Card
		card, windows, next string
		over                bool
	}{
		{"the card that holds", []Card{during("old", "2025-01-01", "2026-01-01"), from("new", "2026-01-01", Catalogue)}, "new", "", "", false},
		{"from its first instant on", []Card{during("old", "2025-01-01", "2026-06-01"), from("new", "2026-06-01", Catalogue)}, "new", "", "", false},
		{"that of the higher layer", []Card{from("hand", "2026-01-01", Overlay), from("plain", "2026-01-01", Catalogue)}, "hand", "", "", false},
		{"hours of the same layer stand beside it", []Card{hours("hours", Catalogue), from("plain", "2026-01-01", Catalogue)}, "plain", "hours", "", false},
		{"hours of a lower one do not", []Card{hours("hours", Catalogue), from("hand", "2026-01-01", Overlay)}, "hand", "", "", false},
		{"hours alone are a price", []Card{hours("hours", Catalogue)}, "hours", "hours", "", false},
		{"the next price of the same layer", []Card{during("now", "2026-01-01", "2026-07-01"), from("next", "2026-07-01", Catalogue)}, "now", "", "2026-07-01", false},
		{"the first of two to come", []Card{during("now", "2026-01-01", "2026-07-01"), from("later", "2026-09-01", Overlay), from("next", "2026-07-01", Catalogue)}, "now", "", "2026-07-01", false},
		{"whatever their order", []Card{during("now", "2026-01-01", "2026-07-01"), during("next", "2026-07-01", "2026-09-01"), from("later", "2026-09-01", Catalogue)}, "now", "", "2026-07-01", false},
		{"one to come of a lower layer changes nothing", []Card{from("hand", "2026-01-01", Overlay), from("next", "2026-07-01", Catalogue)}, "hand", "", "", false},
		{"past prices are over: the last one stands", []Card{during("older", "2024-01-01", "2025-01-01"), during("old", "2025-01-01", "2026-01-01"), during("oldest", "2023-01-01", "2024-01-01")}, "old", "", "", true},
		{"past its last instant", []Card{during("old", "2025-01-01", "2026-06-01")}, "old", "", "", true},
		{"a past price stands before one to come", []Card{during("old", "2025-01-01", "2026-01-01"), from("next", "2026-07-01", Catalogue)}, "old", "", "2026-07-01", true},
		{"in either order", []Card{from("next", "2026-07-01", Catalogue), during("old", "2025-01-01", "2026-01-01")}, "old", "", "2026-07-01", true},
		{"where all is to come, one of these stands", []Card{from("next", "2026-07-01", Catalogue)}, "next", "", "2026-07-01", true},
		{"of two that ended together it is the first of the list", []Card{card("morning", func(c *Card) {
			c.ValidTo, c.Window = day("2026-01-01"), &Window{From: "06:00", To: "12:00"}
		}), card("evening", func(c *Card) { c.ValidTo, c.Window = day("2026-01-01"), &Window{From: "18:00", To: "24:00"} })}, "morning", "", "", true},
		{"of two that ended it is the one of the higher layer", []Card{during("old", "2025-01-01", "2026-01-01"), card("hand", func(c *Card) {
			c.ValidFrom, c.ValidTo, c.layer = day("2025-01-01"), day("2026-01-01"), Overlay
		})}, "hand", "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ok := edgeBook(t, tt.cards...).Standing("acme", "M", at)
			next := ""
			if !s.Next.IsZero() {
				next = s.Next.Format(time.DateOnly)
			}
			if got := strings.Join(ids(s.Windows), " "); !ok || s.Card.ID != tt.card || got != tt.windows || next != tt.next || s.Over != tt.over {
				t.Errorf("Standing = %s, hours %q, next %q, over %t, want %s, %q, %q, %t", s.Card.ID, got, next, s.Over, tt.card, tt.windows, tt.next, tt.over)
			}
		})
	}
}

func TestAModelThatNeverHadAPriceHasNoStanding(t *testing.T) {
	b := edgeBook(t, edgeCard("acme", "m", func(c *Card) { c.Aliases = []string{"n"} }))
	for _, tt := range []struct{ list, model string }{{"acme", "other"}, {"other", "m"}, {"acme", "n"}} {
		if s, ok := b.Standing(tt.list, tt.model, noon); ok || s.Card.ID != "" {
			t.Errorf("Standing(%s, %s) = %s, %t, want none", tt.list, tt.model, s.Card.ID, ok)
		}
		if all := b.History(tt.list, tt.model); len(all) > 0 {
			t.Errorf("History(%s, %s) = %q, want none", tt.list, tt.model, ids(all))
		}
	}
}

// TestStandingsAreSorted by list, then by model whatever its letters; each model is there once.
func TestStandingsAreSorted(t *testing.T) {
	var cards []Card
	for _, id := range []string{"b/e", "b/D", "a/z", "b/c", "b/B", "a/Y", "b/a"} {
		cards = append(cards, edgeCard(id[:1], id[2:], nil))
	}
	cards = append(cards, edgeCard("b", "C", func(c *Card) { c.ID, c.layer = "hand", Overlay }))
	var got []string
	for _, s := range edgeBook(t, cards...).Standings(noon) {
		got = append(got, s.Card.ID)
	}
	if want := "a/Y a/z b/a b/B hand b/D b/e"; strings.Join(got, " ") != want {
		t.Errorf("Standings = %q, want %s", got, want)
	}
}

// TestHistoryIsSorted: the newest first, of one instant those of a higher layer, then by their ids.
func TestHistoryIsSorted(t *testing.T) {
	card := func(id, from string, layer Layer, w *Window) Card {
		return edgeCard("acme", "m", func(c *Card) { c.ID, c.ValidFrom, c.layer, c.Window = id, day(from), layer, w })
	}
	b := edgeBook(t, card("1", "2024-01-01", Yours, nil), card("4-c", "2026-01-01", Catalogue, nil), card("3", "2026-01-01", Overlay, nil),
		card("4-b", "2026-01-01", Catalogue, &Window{From: "09:00", To: "12:00"}), card("4-a", "2026-01-01", Catalogue, &Window{From: "12:00", To: "13:00"}), card("2", "2026-02-01", Catalogue, &Window{From: "14:00", To: "15:00"}))
	if got, want := strings.Join(ids(b.History("acme", "M")), " "), "2 3 4-a 4-b 4-c 1"; got != want {
		t.Errorf("History = %s, want %s", got, want)
	}
}

// TestConditionsOfACard: what changes its price and when; what always holds is no condition.
func TestConditionsOfACard(t *testing.T) {
	from, to := day("2026-01-01"), day("2027-01-01")
	b := termBook(t, term{ID: "always", Rates: Rates{"cache_read": "1"}},
		term{ID: "tier", When: condition{Tier: "flex"}, Times: "0.5", Source: "list", URL: "https://example.com", CheckedOn: "2026-11-01"},
		term{ID: "speed", When: condition{Speed: "fast"}, Rates: Rates{"input": "9"}}, term{ID: "geo", When: condition{Geo: "us"}, OfInput: Rates{"output": "2"}},
		term{ID: "cache", When: condition{Cache: "explicit"}, Least: Counts{"audio_seconds": 10}}, term{ID: "search", When: condition{Search: "pro"}, Below: 100},
		term{ID: "days", Times: "2", ValidFrom: from, ValidTo: to})
	want := []Condition{
		{ID: "tier", Kind: "tier", Value: "flex", Times: "0.5", Source: "list", URL: "https://example.com", CheckedOn: "2026-11-01"},
		{ID: "speed", Kind: "speed", Value: "fast", Rates: Rates{"input": "9"}},
		{ID: "geo", Kind: "geo", Value: "us", OfInput: Rates{"output": "2"}},
		{ID: "cache", Kind: "cache", Value: "explicit", Least: Counts{"audio_seconds": 10}},
		{ID: "search", Kind: "search", Value: "pro", Below: 100},
		{ID: "days", Times: "2", ValidFrom: from, ValidTo: to},
	}
	got := b.cards[0].Conditions()
	if len(got) != len(want) {
		t.Fatalf("Conditions = %+v, want %d", got, len(want))
	}
	for i, c := range got {
		if !reflect.DeepEqual(c, want[i]) {
			t.Errorf("Conditions[%d] = %+v, want %+v", i, c, want[i])
		}
	}
}
