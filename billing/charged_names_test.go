package billing

import (
	"slices"
	"strings"
	"testing"
)

// TestWhatAPriceListMayChargeFor: each thing once, in the meters' order. Thinking inside an answer is
// a note and has no price.
func TestWhatAPriceListMayChargeFor(t *testing.T) {
	want := "input cache_read cache_write_5m cache_write_1h cache_write output input_audio output_audio cache_read_audio input_image cache_read_image " +
		"output_image cache_write_12h web_search file_search x_search code_interpreter_session audio_seconds search_unit reasoning citation search_query " +
		"grounded_prompt request request_low request_medium request_high image"
	if got := strings.Join(Charged(), " "); got != want {
		t.Errorf("Charged() = %s, want %s", got, want)
	}
	for _, what := range Charged() {
		if _, _, ok := UnitOf(what); !ok {
			t.Errorf("UnitOf(%s) is not known", what)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		what, unit string
		per        int64
		ok         bool
	}{
		{"input", "tokens", 1_000_000, true},
		{"output_audio", "tokens", 1_000_000, true},
		{"web_search", "searches", 1000, true},
		{"code_interpreter_session", "sessions", 1, true},
		{"audio_seconds", "seconds", 3600, true},
		{"request", "requests", 1000, true},
		{"image", "images", 1, true},
		{"", "", 0, false}, // a note's name
		{"sparks", "", 0, false},
	} {
		if unit, per, ok := UnitOf(tt.what); unit != tt.unit || per != tt.per || ok != tt.ok {
			t.Errorf("UnitOf(%q) = %s, %d, %t, want %s, %d, %t", tt.what, unit, per, ok, tt.unit, tt.per, tt.ok)
		}
	}
}

func TestRatesOfAPriceList(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "1": true, "0.5": true, "99999": true, "100000": false, "0.123456789": true, "0.1234567890": true, "0.1234567891": false,
		"99999.123456789": true, "": false, ".5": false, "5.": false, "-1": false, "+1": false, "1e3": false, "1,5": false, "1.2.3": false, "one": false, " 1": false,
		"1:": false, "1/": false, "0.:": false,
	} {
		if got := IsRate(text); got != want {
			t.Errorf("IsRate(%q) = %t, want %t", text, got, want)
		}
	}
}

// TestMeterNames: what a script may find among a call's meters, each name once.
func TestMeterNames(t *testing.T) {
	names := MeterNames()
	if got := strings.Join(names[:7], " "); got != "input_tokens_uncached cache_read_tokens cache_write_5m_tokens cache_write_1h_tokens cache_write_tokens_ttl_unknown output_tokens reasoning_tokens" {
		t.Errorf("MeterNames() begins with %s", got)
	}
	if last := names[len(names)-1]; last != "input_tokens_total" {
		t.Errorf("MeterNames() ends with %s", last)
	}
	if once := slices.Compact(slices.Sorted(slices.Values(names))); len(once) != len(names) {
		t.Errorf("MeterNames() = %q has a name twice", names)
	}
	var all Usage
	for m := range all {
		all[m] = 1
	}
	counted := all.Meters()
	for _, name := range names {
		if counted[name] == 0 {
			t.Errorf("no meter is called %s", name)
		}
		delete(counted, name)
	}
	if len(counted) > 0 {
		t.Errorf("%v are not among the names", counted)
	}
}

// TestWhoseListItIs: a price of yours is kept in the one list that holds for the provider, else in its own.
func TestWhoseListItIs(t *testing.T) {
	for _, tt := range []struct{ provider, list, id, name string }{
		{"openai", "openai", "openai", "OpenAI"},
		{" OpenAI (Responses) ", "openai", "openai", "OpenAI"},
		{"moonshot", "moonshotai", "moonshot", "Moonshot"},
		{"bedrock", "aws", "bedrock", "Bedrock"},
		{"azure", "azure", "azure", "Azure OpenAI"},
		{"bifrost", "bifrost", "bifrost", "Bifrost"},
		{"google-vertex", "google-vertex", "google-vertex", "Google Vertex"},
		{"moonshotai", "moonshotai", "moonshotai", "Moonshot"},
		{"aws", "aws", "aws", "Bedrock"},
		{"x-ai", "x-ai", "x-ai", "xAI"},
		{"Acme", "acme", "acme", "acme"},
	} {
		list, id, name := ListOf(tt.provider), ProviderID(tt.provider), ProviderName(tt.provider)
		if list != tt.list || id != tt.id || name != tt.name {
			t.Errorf("%q has the list %s, the id %s and the name %s, want %s, %s, %s", tt.provider, list, id, name, tt.list, tt.id, tt.name)
		}
	}
}

// TestTheNameOfAPriceOfYours: where the list has a card, its spelling; one of yours does not count.
func TestTheNameOfAPriceOfYours(t *testing.T) {
	b := edgeBook(t, edgeCard("openai", "gpt-5", func(c *Card) { c.Aliases = []string{"gpt-5-2025-08-07"} }), edgeCard("moonshotai", "Kimi-K2", nil),
		edgeCard("openai", "OUR-MODEL", func(c *Card) { c.layer = Yours }))
	for _, tt := range []struct{ name, provider, model, list, want string }{
		{"the card's own", "openai", "gpt-5", "openai", "gpt-5"},
		{"in other letters", "OpenAI", "GPT-5", "openai", "gpt-5"},
		{"another name of the card's", "openai", "gpt-5-2025-08-07", "openai", "gpt-5"},
		{"with the vendor before it", "openai", "openai/gpt-5", "openai", "gpt-5"},
		{"with another vendor before it", "openai", "azure/gpt-5", "openai", "azure/gpt-5"},
		{"in another's list", "moonshot", "kimi-k2", "moonshotai", "Kimi-K2"},
		{"one that no list has", "openai", "gpt-99", "openai", "gpt-99"},
		{"one that only you have", "openai", "our-model", "openai", "our-model"},
		{"at a provider that nobody knows", "acme", "gpt-5", "acme", "gpt-5"},
	} {
		if list, name := b.Canonical(tt.provider, tt.model); list != tt.list || name != tt.want {
			t.Errorf("%s: Canonical(%s, %s) = %s, %s, want %s, %s", tt.name, tt.provider, tt.model, list, name, tt.list, tt.want)
		}
	}
}

func TestAGatewaySellsEveryMakersModels(t *testing.T) {
	for _, provider := range []string{"litellm", "new-api", "one-api", "weir"} {
		v, _, _ := vendorOf(provider)
		for _, maker := range makers {
			if !slices.Contains(v.lists, maker) {
				t.Errorf("%s does not sell the models of %s", provider, maker)
			}
		}
		if once := slices.Compact(slices.Sorted(slices.Values(v.lists))); len(once) != len(v.lists) {
			t.Errorf("%s has a list twice: %q", provider, v.lists)
		}
	}
}
