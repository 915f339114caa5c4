package billing

import (
	"fmt"
	"strings"
	"testing"
)

// TestModelsAlike: the nearest first, of two as near those of the provider's own lists before a maker's.
func TestModelsAlike(t *testing.T) {
	b := edgeBook(t, edgeCard("openai", "abxxxx", nil), edgeCard("openai", "abcdeg", nil), edgeCard("anthropic", "abcdeg", nil), edgeCard("other", "abcdef", nil),
		edgeCard("acme", "vendor/abcdeg", nil), edgeCard("acme", "abcdeh", nil), edgeCard("openai", "abcdef", nil),
		edgeCard("acme", "abcxyz", nil), edgeCard("acme", "abcdyz", func(c *Card) { c.ValidTo = day("2026-01-01") }),
		edgeCard("acme", "abcdyz", func(c *Card) { c.ID, c.ValidFrom = "acme/abcdyz@2026", day("2026-01-01") }), edgeCard("acme", "a", nil))
	for _, tt := range []struct {
		name, model string
		n           int
		want        string
	}{
		{"all that are near, each once", "abcdef", 9, "openai/abcdef acme/abcdeh acme/vendor/abcdeg anthropic/abcdeg openai/abcdeg acme/abcdyz"},
		{"no more than were asked for", "abcdef", 2, "openai/abcdef acme/abcdeh"},
		{"a vendor's name before the model does not count, nor do capital letters", "acme/ABCDEF", 1, "openai/abcdef"},
		{"two of six letters may differ", "abxxyy", 9, "acme/abcxyz openai/abxxxx"},
		{"three may not", "abzzze", 9, ""},
		{"one of two letters may", "ab", 9, "acme/a"},
		{"two of five are too many", "abcxx", 9, ""},
		{"and of two", "xy", 9, ""},
		{"none were asked for", "abcdef", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range b.Alike("acme", tt.model, tt.n) {
				got = append(got, fmt.Sprintf("%s/%s", m.List, m.Model))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("Alike(%s, %d) = %q, want %q", tt.model, tt.n, got, tt.want)
			}
		})
	}
}
