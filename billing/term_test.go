package billing

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// termBook has one card of two tiers under the terms.
func termBook(t *testing.T, terms ...term) *Book {
	t.Helper()
	card := testCard("m", Rates{"input": "2", "output": "10"})
	card.Tiers = []Tier{{Prompt: 1000, Op: ">", Rates: Rates{"input": "4"}}}
	for i := range terms {
		terms[i].Provider, terms[i].Models = "openai", []string{"m"}
		terms[i].ready()
	}
	b, err := newBook([]Card{card}, terms, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTerms(t *testing.T) {
	until := noon.Add(time.Hour)
	short := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":500}}`
	long := `{"prompt_tokens":1001,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":1}}`
	for _, tt := range []struct {
		name  string
		term  term
		at    time.Time
		usage string
		want  string
		flags string
	}{
		{"a part of the input's rate fills a gap", term{OfInput: Rates{"cache_read": "0.1"}}, noon, short, "0.0011", ""},
		{"of each tier's own input", term{OfInput: Rates{"cache_read": "0.1"}}, noon, long, "0.0040004", ""},
		{"a rate that always holds fills a gap too", term{Rates: Rates{"cache_read": "0.5", "input": "99"}}, noon, short, "0.00125", ""},
		{"and in every tier", term{Rates: Rates{"cache_read": "0.5"}}, noon, long, "0.0040005", ""},
		{"where a tier's own rate stays", term{Rates: Rates{"cache_read": "0.5", "input": "99"}}, noon, long, "0.0040005", ""},
		{"with what the bill must say", term{Rates: Rates{"cache_read": "0.5"}, Flag: "regional_price_unverified"}, noon, short, "0.00125", "regional_price_unverified"},
		{"for a time: before its end", term{Rates: Rates{"cache_read": "0.5"}, ValidTo: until}, until.Add(-1), short, "0.00125", ""},
		{"and at its end no more", term{Rates: Rates{"cache_read": "0.5"}, ValidTo: until}, until, short, "0.002", "cache_price_fallback_input"},
		{"from its beginning on", term{Rates: Rates{"cache_read": "0.5"}, ValidFrom: until}, until, short, "0.00125", ""},
		{"and not before", term{Rates: Rates{"cache_read": "0.5"}, ValidFrom: until}, until.Add(-1), short, "0.002", "cache_price_fallback_input"},
		{"a factor that always holds", term{Times: "0.5"}, noon, short, "0.001", "cache_price_fallback_input"},
		{"for shorter prompts alone", term{Times: "0.5", Below: 1001}, noon, short, "0.001", "cache_price_fallback_input"},
		{"and not for the first longer one", term{Times: "0.5", Below: 1001}, noon, long, "0.004004", "cache_price_fallback_input"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := termBook(t, tt.term).Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "m", At: tt.at, Usage: json.RawMessage(tt.usage)})
			if text(bill.Total) != tt.want || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill = %s %q, want %s %q", text(bill.Total), bill.Flags, tt.want, tt.flags)
			}
		})
	}
}

// TestTermsMultiplyEachOther: a service tier and a region of one call both hold, and what a condition
// replaces is replaced before anything is multiplied.
func TestTermsMultiplyEachOther(t *testing.T) {
	book := termBook(t, term{When: condition{Tier: "flex"}, Times: "0.5"}, term{When: condition{Geo: "us"}, Times: "1.1"},
		term{When: condition{Speed: "fast"}, Rates: Rates{"input": "20"}}, term{When: condition{Geo: "us"}, Least: Counts{"audio_seconds": 10}})
	usage := json.RawMessage(`{"prompt_tokens":1000,"completion_tokens":0,"service_tier":"flex","inference_geo":"us","speed":"fast"}`)
	bill := book.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "m", At: noon, Usage: usage})
	if want := "0.011"; text(bill.Total) != want || bill.Lines[0].RateUSD != "11" {
		t.Errorf("Bill = %s at %s, want %s at 11", text(bill.Total), bill.Lines[0].RateUSD, want)
	}
}

func TestTermsThatCannotBeRead(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"without a source", `{"id":"a","provider":"p","models":["*"],"when":{},"url":"u","checked_on":"2026-01-01"}`, "source"},
		{"times no number", `{"id":"a","provider":"p","models":["*"],"when":{},"times":"half","source":"s","url":"u","checked_on":"2026-01-01"}`, "times"},
		{"a part of the input of nothing known", `{"id":"a","provider":"p","models":["*"],"when":{},"of_input":{"tea":"1"},"source":"s","url":"u","checked_on":"2026-01-01"}`, "tea"},
		{"a rate that is no number", `{"id":"a","provider":"p","models":["*"],"when":{},"rates":{"input":"1e3"},"source":"s","url":"u","checked_on":"2026-01-01"}`, "1e3"},
		{"at least nothing", `{"id":"a","provider":"p","models":["*"],"when":{},"least":{"audio_seconds":0},"source":"s","url":"u","checked_on":"2026-01-01"}`, "least"},
		{"at least so much of nothing known", `{"id":"a","provider":"p","models":["*"],"when":{},"least":{"tea":1},"source":"s","url":"u","checked_on":"2026-01-01"}`, "least"},
		{"a condition that nobody knows", `{"id":"a","provider":"p","models":["*"],"when":{"moon":"full"},"source":"s","url":"u","checked_on":"2026-01-01"}`, "moon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseTerms([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parseTerms = %v, want a word of %q", err, tt.want)
			}
		})
	}
}

// TestWhatIsOrdinary: words for what everybody gets are no condition.
func TestWhatIsOrdinary(t *testing.T) {
	for _, said := range []string{`"speed":"standard"`, `"inference_geo":"global"`, `"inference_geo":"not_available"`, `"service_tier":"default"`, `"service_tier":"on_demand"`, `"serviceTier":"STANDARD"`, `"trafficType":"ON_DEMAND"`} {
		bill := termBook(t).Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "m", At: noon, Usage: json.RawMessage(`{"prompt_tokens":1000,"completion_tokens":0,` + said + `}`)})
		if text(bill.Total) != "0.002" || len(bill.Flags) != 0 {
			t.Errorf("of %s, Bill = %s %q, want the list price", said, text(bill.Total), bill.Flags)
		}
	}
}

// TestOneRateForEveryLifetime: a list with one rate for writing to a cache has it for each lifetime.
func TestOneRateForEveryLifetime(t *testing.T) {
	book := testBook(t, testCard("m", Rates{"input": "2", "cache_write": "2.5", "output": "10"}))
	bill := book.Bill(Case{Provider: "openai", Endpoint: "messages", Model: "m", At: noon,
		Usage: json.RawMessage(`{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":0}}`)})
	if text(bill.Total) != "0.0025" || len(bill.Flags) != 0 {
		t.Errorf("Bill = %s %q, want 0.0025", text(bill.Total), bill.Flags)
	}
}
