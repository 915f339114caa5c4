package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOneWriteRateIsEnough: a vendor's one price for writing a cache holds for every life before the input's does.
func TestOneWriteRateIsEnough(t *testing.T) {
	const usage = `{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":1000000,"cache_creation":{"ephemeral_5m_input_tokens":1000000}}`
	for _, tt := range []struct {
		rates Rates
		want  string
		flag  string
	}{
		{Rates{"input": "1", "output": "2", "cache_write": "1.5"}, "1.5", ""},
		{Rates{"input": "1", "output": "2", "cache_write_5m": "1.25", "cache_write": "1.5"}, "1.25", ""},
		{Rates{"input": "1", "output": "2"}, "1", flagWriteAtInput},
	} {
		b := edgeBook(t, edgeCard("anthropic", "m", func(c *Card) { c.Rates = tt.rates }))
		bill := b.Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: "m", At: noon, Usage: json.RawMessage(usage)})
		if text(bill.Total) != tt.want || slices.Contains(bill.Flags, flagWriteAtInput) != (tt.flag != "") {
			t.Errorf("with %v: %s, flags %q, want %s, %q", tt.rates, text(bill.Total), bill.Flags, tt.want, tt.flag)
		}
	}
}

// TestThinkingInAnAnswerOfSound: thinking may be more than the answer's words, but not more than the answer.
func TestThinkingInAnAnswerOfSound(t *testing.T) {
	for thinking, flag := range map[string]string{"3": "", "5": "", "10": "", "11": flagReasoningOutgrew} {
		u, flags, ok := ParseUsage("openai", "chat/completions", CountAuto,
			json.RawMessage(`{"prompt_tokens":1,"completion_tokens":10,"completion_tokens_details":{"audio_tokens":6,"reasoning_tokens":`+thinking+`}}`))
		if !ok || u.Answer() != 10 || strings.Join(flags, " ") != flag {
			t.Errorf("%s of 10 tokens thought: answer %d, flags %q, want %q", thinking, u.Answer(), flags, flag)
		}
	}
}

func TestSearchesOfGemini(t *testing.T) {
	for _, tt := range []struct {
		name    string
		frames  []string
		queries int64
		items   string
	}{
		{"none", []string{`{"candidates":[{"content":{}}],"usageMetadata":{"promptTokenCount":1}}`}, 0, ""},
		{"one query", []string{`{"candidates":[{"groundingMetadata":{"webSearchQueries":["a"]}}],"usageMetadata":{"promptTokenCount":1}}`}, 1, "google_search"},
		{"two queries", []string{`{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":1}}`}, 2, "google_search"},
		{"the same told twice", []string{`{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":1}}`,
			`{"candidates":[{"groundingMetadata":{"webSearchQueries":["a"]}}],"usageMetadata":{"promptTokenCount":1}}`}, 2, "google_search"},
		{"two candidates", []string{`{"candidates":[{"groundingMetadata":{"webSearchQueries":["a"]}},{"groundingMetadata":{"webSearchQueries":["b","c"]}}],"usageMetadata":{"promptTokenCount":1}}`}, 3, "google_search"},
		{"grounds without a query", []string{`{"candidates":[{"groundingMetadata":{"groundingChunks":[{}]}}],"usageMetadata":{"promptTokenCount":1}}`}, 0, "google_search"},
		{"nothing was found", []string{`{"candidates":[{"groundingMetadata":{"webSearchQueries":[],"groundingChunks":[]}}],"usageMetadata":{"promptTokenCount":1}}`}, 0, ""},
	} {
		tally := NewTally("streamGenerateContent")
		for _, frame := range tt.frames {
			tally.Observe([]byte(frame))
		}
		if r := tally.Request(); r.Queries != tt.queries || strings.Join(r.Items, " ") != tt.items {
			t.Errorf("%s: %d queries, %q, want %d, %q", tt.name, r.Queries, r.Items, tt.queries, tt.items)
		}
	}
}

func TestModelsOfAList(t *testing.T) {
	b := edgeBook(t, edgeCard("moonshotai", "b", func(c *Card) { c.Aliases = []string{"a"} }), edgeCard("moonshot", "c", func(c *Card) { c.layer = Yours }),
		edgeCard("openai", "d", nil), edgeCard("azure", "e", nil), edgeCard("openai", "old", func(c *Card) { c.ValidTo = day("2020-01-01") }))
	for provider, want := range map[string]string{"moonshot": "a b c", "moonshotai": "a b", "openai": "d", "azure": "e", "nobody": ""} {
		if got := strings.Join(b.Models(provider, noon), " "); got != want {
			t.Errorf("Models(%s) = %q, want %q", provider, got, want)
		}
	}
}

func TestWindowsOfOtherZonesMayMeet(t *testing.T) {
	window := func(zone string, days ...time.Weekday) *Window {
		return &Window{From: "09:00", To: "12:00", TZ: zone, Days: days}
	}
	for _, tt := range []struct {
		name string
		a, b *Window
		want bool
	}{
		{"the same zone and hours", window("Asia/Shanghai"), window("Asia/Shanghai"), true},
		{"the same zone on other days", window("Asia/Shanghai", time.Monday), window("Asia/Shanghai", time.Tuesday), false},
	} {
		_, err := newBook([]Card{edgeCard("acme", "m", func(c *Card) { c.Window = tt.a }), edgeCard("acme", "m", func(c *Card) { c.ID, c.Window = "other", tt.b })}, nil, nil)
		if (err != nil) != tt.want {
			t.Errorf("%s: %v, want them to meet: %t", tt.name, err, tt.want)
		}
	}
}

// TestBatchedSearchesOfFiles have the same doubt as those of the web.
func TestBatchedSearchesOfFiles(t *testing.T) {
	bill := shipped(t).Bill(Case{Provider: "openai", Endpoint: "batch", Model: "gpt-5", At: noon,
		Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":2}`), Request: Request{Items: []string{"file_search_call"}}})
	if bill.Usage[FileSearch] != 1 || !slices.Contains(bill.Flags, flagBatchFee) {
		t.Errorf("the bill is %s with %q and %d searches", bill.Status, bill.Flags, bill.Usage[FileSearch])
	}
}
