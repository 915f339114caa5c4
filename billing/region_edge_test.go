package billing

import (
	"strings"
	"testing"
)

// TestARegionOfARequest: the reply's word on its region holds before the address, a price of yours needs no word on regions, and any other has none without it.
func TestARegionOfARequest(t *testing.T) {
	us := term{ID: "us", Provider: "openai", Models: []string{"worldwide", "yours"}, When: condition{Geo: "us"}, Times: "2"}
	region := term{ID: "regional", Provider: "openai", Models: []string{"worldwide"}, When: condition{Geo: regional}, Times: "1.1"}
	us.ready()
	region.ready()
	mine := testCard("yours", Rates{"input": "1", "output": "2"})
	mine.layer = Yours
	b, err := newBook([]Card{testCard("worldwide", Rates{"input": "1", "output": "2"}), testCard("silent", Rates{"input": "1", "output": "2"}), mine}, []term{us, region}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, model, said string
		regional          bool
		want, flags       string
	}{
		{"the address says it", "worldwide", ``, true, "0.0011", ""},
		{"nothing says it", "worldwide", ``, false, "0.001", ""},
		{"the reply says another", "worldwide", `,"inference_geo":"us"`, true, "0.002", ""},
		{"the reply says that it is none", "worldwide", `,"inference_geo":"global"`, true, "0.0011", ""},
		{"a list that says nothing of regions", "silent", ``, true, "", "context_price_unknown"},
		{"and nothing says one", "silent", ``, false, "0.001", ""},
		{"a price of yours, at an address of a region", "yours", ``, true, "0.001", ""},
		{"a price of yours, in a region that the reply names and a term prices", "yours", `,"inference_geo":"us"`, true, "0.002", ""},
		{"a price of yours, in one that nobody prices", "yours", `,"inference_geo":"moon"`, true, "", "context_price_unknown"},
		{"a price of yours, at a tier that nobody prices", "yours", `,"service_tier":"flex"`, true, "", "context_price_unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := b.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: tt.model, At: noon, Request: Request{Regional: tt.regional},
				Usage: []byte(`{"prompt_tokens":1000,"completion_tokens":0` + tt.said + `}`)})
			if text(bill.Total) != tt.want || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill = %q %q, want %q %q", text(bill.Total), bill.Flags, tt.want, tt.flags)
			}
		})
	}
}

// TestWhatAlwaysHolds beside a card's rates is no condition, and the other way round.
func TestWhatAlwaysHolds(t *testing.T) {
	b := termBook(t, term{ID: "always", Rates: Rates{"cache_read": "1"}}, term{ID: "flex", When: condition{Tier: "flex"}, Times: "0.5"}, term{ID: "short", Rates: Rates{"cache_write": "1"}, Below: 100}, term{ID: "least", Least: Counts{"audio_seconds": 10}})
	named := func(all []Condition) (text string) {
		for _, c := range all {
			text += c.ID + " "
		}
		return text
	}
	if always, under := named(b.cards[0].Always()), named(b.cards[0].Conditions()); always != "always least " || under != "flex short " {
		t.Errorf("Always, Conditions = %q, %q, want always and least, flex and short", always, under)
	}
}
