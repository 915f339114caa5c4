package billing

import (
	"slices"
	"testing"
)

func TestRegional(t *testing.T) {
	for _, tt := range []struct {
		name, provider, address string
		want                    bool
	}{
		{"a region of OpenAI's", "openai", "https://eu.api.openai.com/v1", true},
		{"however it is written", "openai", "https://EU.API.OpenAI.com:443", true},
		{"OpenAI everywhere", "openai", "https://api.openai.com/v1", false},
		{"a host that only looks like one", "openai", "https://eu.api.openai.com.example.org", false},
		{"another vendor at a host of its own", "anthropic", "https://eu.api.openai.com", false},
		{"no address", "openai", "", false},
		{"what is no address", "openai", "http://[", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Regional(tt.provider, tt.address); got != tt.want {
				t.Errorf("Regional(%s, %s) = %t, want %t", tt.provider, tt.address, got, tt.want)
			}
		})
	}
}

// TestARegionHasItsSurcharge: ten percent on the tokens of OpenAI's newer models, and on no other's.
func TestARegionHasItsSurcharge(t *testing.T) {
	b := shipped(t)
	for _, tt := range []struct {
		name, model, usage, want string
		flag                     string
	}{
		{"a model of after 2026-03-05", "gpt-5.5", `{"prompt_tokens":1000000,"completion_tokens":0}`, "11", ""},
		{"its dated name", "gpt-5.4-2026-03-05", `{"prompt_tokens":1000,"completion_tokens":1000}`, "0.01925", ""},
		{"an older model", "gpt-5", `{"prompt_tokens":1000000,"completion_tokens":0}`, "1.25", ""},
		{"one of which nobody says", "gpt-audio", `{"prompt_tokens":1000000,"completion_tokens":0}`, "2.5", "regional_price_unverified"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := b.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: tt.model, At: noon, Usage: []byte(tt.usage), Request: Request{Regional: true}})
			if bill.Total == nil || bill.Total.String() != tt.want || bill.Status != Priced || slices.Contains(bill.Flags, "regional_price_unverified") != (tt.flag != "") {
				t.Errorf("Bill = %s %v %q, want %s", bill.Status, bill.Total, bill.Flags, tt.want)
			}
		})
	}
}

// TestEveryModelHasAWordOnRegions: a model that no condition names would have no price there.
func TestEveryModelHasAWordOnRegions(t *testing.T) {
	for c := range shipped(t).Cards() {
		if c.Provider == "openai" && !slices.ContainsFunc(c.Conditions(), func(one Condition) bool { return one.Kind == "geo" && one.Value == regional }) {
			t.Errorf("%s: no condition openai/residency… names it", c.ID)
		}
	}
}

// TestAPriceOfYoursInARegion: who sets a price for a model that no condition names knows the address.
func TestAPriceOfYoursInARegion(t *testing.T) {
	l, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	l.User = []Card{{ID: "you/1", Provider: "openai", Model: "our-model", Rates: Rates{"input": "2", "output": "4"}}, {ID: "you/2", Provider: "openai", Model: "gpt-5.5", Rates: Rates{"input": "2", "output": "4"}}}
	b, err := NewBook(l)
	if err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]string{"our-model": "2", "gpt-5.5": "2.2"} {
		bill := b.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: model, At: noon, Usage: []byte(`{"prompt_tokens":1000000,"completion_tokens":0}`), Request: Request{Regional: true}})
		if bill.Status != Priced || bill.Total == nil || bill.Total.String() != want {
			t.Errorf("%s: %s %v %q, want %s", model, bill.Status, bill.Total, bill.Flags, want)
		}
	}
}
