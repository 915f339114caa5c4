package prices

import (
	"context"
	"slices"
	"testing"
	"time"

	"weir/billing"
)

// TestWhenAPriceHolds: one that begins earlier takes no later one's place, as the bills of those times say.
func TestWhenAPriceHolds(t *testing.T) {
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	for _, tt := range []struct {
		name  string
		later [][2]int // days between which prices hold that begin later; 0: open
		from  int
		to    int
		want  []Span
	}{
		{"alone it holds from its day on", nil, -9, 0, []Span{{day(-9), time.Time{}}}},
		{"until a later one begins", [][2]int{{-5, 0}}, -9, 0, []Span{{day(-9), day(-5)}}},
		{"and again when that one has ended", [][2]int{{-5, -3}}, -9, 0, []Span{{day(-9), day(-5)}, {day(-3), time.Time{}}}},
		{"between several", [][2]int{{-7, -6}, {-5, -3}, {5, 0}}, -9, 0, []Span{{day(-9), day(-7)}, {day(-6), day(-5)}, {day(-3), day(5)}}},
		{"later ones that overlap", [][2]int{{-7, -3}, {-5, -4}}, -9, 0, []Span{{day(-9), day(-7)}, {day(-3), time.Time{}}}},
		{"until its own end", [][2]int{{5, 0}}, -9, -2, []Span{{day(-9), day(-2)}}},
		{"one that begins before it is no matter", [][2]int{{-20, 0}}, -9, 0, []Span{{day(-9), time.Time{}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			set := func(input string, from, to int) Own {
				n := NewPrice{Provider: "openai", Model: "gpt-5", Rates: billing.Rates{"input": input, "output": "1"}, From: day(from)}
				if to != 0 {
					n.To = day(to)
				}
				o, err := h.Set(context.Background(), n)
				if err != nil {
					t.Fatal(err)
				}
				return o
			}
			for _, w := range tt.later {
				set("7", w[0], w[1])
			}
			o := set("9", tt.from, tt.to)
			got := h.Holds(o)
			if !slices.EqualFunc(got, tt.want, func(a, b Span) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) }) {
				t.Errorf("Holds = %v, want %v", got, tt.want)
			}
			for n := -10; n < 10; n++ {
				in := slices.ContainsFunc(got, func(s Span) bool { return !day(n).Before(s.From) && (s.To.IsZero() || day(n).Before(s.To)) })
				if _, card := h.costs("openai", "gpt-5", day(n)); (card == o.ID) != in {
					t.Errorf("on day %d it is charged by %s, and Holds says %t", n, card, in)
				}
			}
		})
	}
}
