package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// feesBook has a card for each way of charging beside tokens.
func feesBook(t *testing.T) *Book {
	t.Helper()
	openai := func(model string, rates Rates) Card { return testCard(model, rates) }
	perplexity := func(model string, rates Rates) Card {
		c := testCard(model, rates)
		c.Provider = "perplexity"
		return c
	}
	terms := []term{{ID: "piece", Provider: "openai", Models: []string{"listed-by-image"}, Rates: Rates{"image": "0.07"}},
		{ID: "least", Provider: "openai", Models: []string{"sound"}, Least: Counts{"audio_seconds": 10}},
		{ID: "flex", Provider: "openai", Models: []string{"tiered-sound"}, When: condition{Tier: "flex"}, Least: Counts{"audio_seconds": 10}},
		{ID: "pro", Provider: "perplexity", Models: []string{"sonar"}, When: condition{Search: "pro"}, Times: "2"}}
	for i := range terms {
		terms[i].ready()
	}
	b, err := newBook([]Card{openai("tools", Rates{"input": "1", "output": "2", "web_search": "10", "code_interpreter_session": "0.03"}), openai("no-tools", Rates{"input": "1", "output": "2"}),
		openai("sound", Rates{"audio_seconds": "3.6"}), openai("tiered-sound", Rates{"audio_seconds": "3.6"}), openai("picture", Rates{"input": "1", "output": "2", "output_image": "40"}), openai("one-price", Rates{"input": "1", "output": "2"}),
		openai("images-alone", Rates{"input": "1", "output_image": "40"}),
		openai("same-price", Rates{"input": "1", "output": "2", "output_image": "2.0"}), openai("by-image", Rates{"image": "0.07"}), openai("listed-by-image", Rates{"web_search": "1"}), openai("by-call", Rates{"request": "25"}),
		openai("answers", Rates{"output": "2", "request": "25"}), openai("lives", Rates{"input": "1", "output": "2", "cache_write": "3", "cache_write_5m": "4"}),
		openai("writes", Rates{"input": "1", "output": "2", "cache_write": "9"}),
		perplexity("plain", Rates{"input": "1", "output": "2"}), perplexity("deep", Rates{"input": "1", "output": "2", "reasoning": "3", "citation": "4", "search_query": "5"}), perplexity("sonar", Rates{"input": "1", "output": "2"})}, terms, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFeesAtTheirEdges(t *testing.T) {
	const tokens = `{"input_tokens":0,"output_tokens":100}`
	code, book := []string{"code_interpreter_call"}, feesBook(t)
	for _, tt := range []struct {
		name, provider, endpoint, model, usage string
		request                                Request
		total, flags, lines                    string
	}{
		{"a picture drawn within a reply is charged, and nobody says how much", "openai", "responses", "tools", tokens, Request{Items: []string{"image_generation_call"}}, "0.0002", "tool_fee_uncounted", "output 100"},
		{"a message is no tool", "openai", "responses", "tools", tokens, Request{Items: []string{"message"}}, "0.0002", "", "output 100"},
		{"code in one container", "openai", "responses", "tools", tokens, Request{Items: code, Sessions: 1}, "0.0302", "container_assumed_new", "code_interpreter_session 1 output 100"},
		{"a container that ran no code is not charged", "openai", "responses", "tools", tokens, Request{Sessions: 1}, "0.0002", "", "output 100"},
		{"code in a container that nobody names", "openai", "responses", "tools", tokens, Request{Items: code}, "0.0002", "tool_fee_uncounted", "output 100"},
		{"code where the list has no price for it", "openai", "responses", "no-tools", tokens, Request{Items: code, Sessions: 1}, "0.0002", "tool_fee_uncounted", "output 100"},
		{"half a second is one", "openai", "audio/transcriptions", "tiered-sound", `{"seconds":0.5}`, Request{}, "0.001", "seconds_rounded_up", "audio_seconds 1"},
		{"half a second where ten are the least is ten, whatever its fraction", "openai", "audio/transcriptions", "sound", `{"seconds":0.5}`, Request{}, "0.01", "", "audio_seconds(min 10) 10"},
		{"ten and a half are eleven", "openai", "audio/transcriptions", "sound", `{"seconds":10.5}`, Request{}, "0.011", "seconds_rounded_up", "audio_seconds 11"},
		{"ten are ten", "openai", "audio/transcriptions", "sound", `{"seconds":10}`, Request{}, "0.01", "", "audio_seconds 10"},
		{"a tier has a least of its own", "openai", "audio/transcriptions", "tiered-sound", `{"seconds":1,"service_tier":"flex"}`, Request{}, "0.01", "", "audio_seconds(min 10) 10"},
		{"and only that tier", "openai", "audio/transcriptions", "tiered-sound", `{"seconds":1}`, Request{}, "0.001", "", "audio_seconds 1"},
		{"an image endpoint's answer is images", "openai", "images/generations", "picture", `{"input_tokens":0,"output_tokens":100}`, Request{}, "0.004", "", "output_image 100"},
		{"but where the report tells them apart", "openai", "images/generations", "picture", `{"input_tokens":0,"output_tokens":100,"output_tokens_details":{"image_tokens":60}}`, Request{}, "0.00248", "", "output 40 output_image 60"},
		{"another endpoint's is text", "openai", "responses", "picture", tokens, Request{}, "0.0002", "", "output 100"},
		{"as is that of a model with one price", "openai", "images/generations", "one-price", `{"input_tokens":0,"output_tokens":100}`, Request{}, "0.0002", "", "output 100"},
		{"or with the same price for both", "openai", "images/generations", "same-price", `{"input_tokens":0,"output_tokens":100}`, Request{}, "0.0002", "", "output 100"},
		{"images alone with a price are not taken for text", "openai", "images/generations", "images-alone", `{"input_tokens":0,"output_tokens":100}`, Request{}, "", "rate_missing", "output 100"},
		{"a cache write of no told life is one of five minutes, be it one token", "openai", "chat/completions", "lives", `{"prompt_tokens":1,"completion_tokens":0,"prompt_tokens_details":{"cache_write_tokens":1}}`, Request{}, "0.000004", "cache_ttl_assumed_5m", "cache_write_5m 1"},
		{"but where a list has one price for every life", "openai", "chat/completions", "writes", `{"prompt_tokens":1,"completion_tokens":0,"prompt_tokens_details":{"cache_write_tokens":1}}`, Request{}, "0.000009", "", "cache_write 1"},
		{"no price for reading a cache: it is the input's, not that of writing one", "openai", "chat/completions", "writes", `{"prompt_tokens":10,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":10}}`, Request{}, "0.00001", "cache_price_fallback_input", "cache_read 10"},
		{"thinking has a price of its own where the list has one", "perplexity", "chat/completions", "deep", `{"prompt_tokens":0,"completion_tokens":0,"reasoning_tokens":1,"citation_tokens":1,"num_search_queries":1}`, Request{}, "0.005007", "", "citation 1 reasoning 1 search_query 1"},
		{"elsewhere it is a note", "perplexity", "chat/completions", "plain", `{"prompt_tokens":0,"completion_tokens":100,"reasoning_tokens":1,"citation_tokens":1,"num_search_queries":1}`, Request{}, "0.0002", "", "output 100"},
		{"searching in steps is Perplexity's alone", "openai", "chat/completions", "no-tools", `{"prompt_tokens":10,"completion_tokens":0}`, Request{SearchType: "pro"}, "0.00001", "", "input 10"},
		{"there it has its own price", "perplexity", "chat/completions", "sonar", `{"prompt_tokens":10,"completion_tokens":0}`, Request{SearchType: "pro"}, "0.00002", "", "input 10"},
		{"a fast one is the ordinary one", "perplexity", "chat/completions", "sonar", `{"prompt_tokens":10,"completion_tokens":0}`, Request{SearchType: "fast"}, "0.00001", "", "input 10"},
		{"one of a kind that no list knows has none", "perplexity", "chat/completions", "sonar", `{"prompt_tokens":10,"completion_tokens":0}`, Request{SearchType: "vast"}, "", "context_price_unknown", ""},
		{"one image needs no usage", "openai", "images/generations", "by-image", ``, Request{Images: 1}, "0.07", "", "image 1"},
		{"also where a term has the price", "openai", "images/generations", "listed-by-image", ``, Request{Images: 1}, "0.07", "", "image 1"},
		{"a call that charges for its answer does", "openai", "chat/completions", "answers", ``, Request{}, "", "usage_missing", ""},
		{"an absurd usage is no missing one", "openai", "chat/completions", "by-call", `{"prompt_tokens":-1}`, Request{}, "", "malformed_negative", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: noon, Usage: json.RawMessage(tt.usage), Request: tt.request})
			var lines []string
			for _, l := range lineTexts(bill.Lines) {
				lines = append(lines, strings.Join(strings.Fields(l)[:len(strings.Fields(l))-1], " "))
			}
			if text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags || tt.total != "" && strings.Join(lines, " ") != tt.lines {
				t.Errorf("Bill = %q %q of %q, want %q %q of %q", text(bill.Total), bill.Flags, lines, tt.total, tt.flags, tt.lines)
			}
		})
	}
}

// TestThinkingBesideAnAnswerIsANote of no more than the answer, where the model does not charge for it.
func TestThinkingBesideAnAnswerIsANote(t *testing.T) {
	for _, tt := range []struct{ thought, want int64 }{{0, 0}, {1, 1}, {100, 100}, {400, 100}} {
		usage, err := json.Marshal(map[string]int64{"prompt_tokens": 0, "completion_tokens": 100, "reasoning_tokens": tt.thought})
		if err != nil {
			t.Fatal(err)
		}
		bill := feesBook(t).Bill(Case{Provider: "perplexity", Endpoint: "chat/completions", Model: "plain", At: noon, Usage: usage})
		if bill.Usage[Reasoning] != tt.want || bill.Usage[Thinking] != 0 || text(bill.Total) != "0.0002" {
			t.Errorf("of %d tokens thought: a note of %d, %d charged, %s, want %d, 0, 0.0002", tt.thought, bill.Usage[Reasoning], bill.Usage[Thinking], text(bill.Total), tt.want)
		}
	}
}

// TestOneQueryOfGemini is charged as one, and as the prompt that it was for at older models.
func TestOneQueryOfGemini(t *testing.T) {
	book := shipped(t)
	for model, want := range map[string]string{"gemini-3-flash-preview": "search_query 1", "gemini-2.5-flash": "grounded_prompt 1"} {
		bill := book.Bill(Case{Provider: "google", Endpoint: "generateContent", Model: model, At: noon, Usage: json.RawMessage(`{"promptTokenCount":1000}`), Request: Request{Items: []string{"google_search"}, Queries: 1}})
		if !slices.ContainsFunc(lineTexts(bill.Lines), func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("Bill of %s = %q, want a line of %s", model, lineTexts(bill.Lines), want)
		}
	}
}

// TestCeilingsOfWhatIsNotUsed: no sound, no search, no fee; and a least that a tier alone has is held where the tier may be asked for.
func TestCeilingsOfWhatIsNotUsed(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, provider, model string
		seconds, searches     int64
		want                  string
	}{
		{"no sound costs nothing, though ten seconds are the least", "groq", "whisper-large-v3", 0, 0, "0"},
		{"no search costs nothing", "cohere", "rerank-v3.5", 0, 0, "0"},
		{"fewer searches than none cost nothing", "cohere", "rerank-v3.5", 0, -1, "0"},
		{"one search", "cohere", "rerank-v3.5", 0, 1, "0.002"},
	} {
		c, ok := book.Ceiling(tt.provider, tt.model, noon)
		if got := c.Fees(tt.seconds, tt.searches); !ok || got.String() != tt.want {
			t.Errorf("%s: Fees(%d, %d) = %s, want %s", tt.name, tt.seconds, tt.searches, got, tt.want)
		}
	}
	every, _ := feesBook(t).Ceiling("openai", "tiered-sound", noon)
	plain, _ := feesBook(t).PlainCeiling("openai", "tiered-sound", noon)
	if got, low := every.Fees(1, 0), plain.Fees(1, 0); got.String() != "0.01" || low.String() != "0.001" {
		t.Errorf("a second costs at most %s, plainly %s, want 0.01, 0.001", got, low)
	}
}

// TestCeilingsUnderTerms: factors of one kind of condition exclude each other, those of different kinds do not; what holds for some time alone fills gaps.
func TestCeilingsUnderTerms(t *testing.T) {
	until := noon.AddDate(0, 1, 0)
	for _, tt := range []struct {
		name         string
		terms        []term
		every, plain string // a million tokens in
	}{
		{"no term: the longest prompt's", nil, "4", "4"},
		{"the dearer of two tiers", []term{{When: condition{Tier: "a"}, Times: "3"}, {When: condition{Tier: "b"}, Times: "2"}}, "12", "4"},
		{"a tier, a speed, a region, a cache and a kind of search at once", []term{{When: condition{Tier: "a"}, Times: "3"}, {When: condition{Speed: "b"}, Times: "5"}, {When: condition{Geo: "c"}, Times: "7"},
			{When: condition{Cache: "d"}, Times: "11"}, {When: condition{Search: "e"}, Times: "13"}}, "60060", "44"},
		{"what is cheaper makes nothing cheaper", []term{{When: condition{Tier: "a"}, Times: "0.5"}}, "4", "4"},
		{"for some time a rate fills a gap, and takes the place of none", []term{{Rates: Rates{"input": "99", "cache_write": "9"}, ValidTo: until}}, "9", "9"},
		{"and after that no more", []term{{Rates: Rates{"cache_write": "9"}, ValidTo: noon}}, "4", "4"},
		{"a rate of no prompt at all may hold too", []term{{Rates: Rates{"cache_write": "9"}, Below: 1}}, "9", "9"},
		{"a tier's own rate", []term{{When: condition{Tier: "a"}, Rates: Rates{"input": "9"}}}, "9", "4"},
		{"a marked cache may be written for any length of prompt", []term{{When: condition{Cache: "explicit"}, OfInput: Rates{"cache_write": "1.25"}}}, "5", "5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := termBook(t, tt.terms...)
			every, _ := b.Ceiling("openai", "m", noon)
			plain, _ := b.PlainCeiling("openai", "m", noon)
			if got, low := every.Cost(1_000_000, 0).String(), plain.Cost(1_000_000, 0).String(); got != tt.every || low != tt.plain {
				t.Errorf("Ceiling, PlainCeiling = %s, %s, want %s, %s", got, low, tt.every, tt.plain)
			}
		})
	}
}
