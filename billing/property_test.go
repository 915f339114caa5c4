package billing

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// propertySeeds are tried each time, and one new seed beside them; a failure prints its own.
var propertySeeds = []uint64{1, 20260910, 0xfeedbeef}

// eachSeed runs a property for each seed, on a generator of its own.
func eachSeed(t *testing.T, property func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	for _, seed := range append(propertySeeds, rand.Uint64()) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { property(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

// count draws a number of tokens: often none, often around where prices change.
func count(r *rand.Rand) int64 {
	switch r.IntN(5) {
	case 0:
		return 0
	case 1:
		return r.Int64N(20)
	case 2:
		return []int64{100_000, 128_000, 200_000, 256_000, 272_000}[r.IntN(5)] + r.Int64N(3) - 1
	}
	return r.Int64N(300_000)
}

// A sample is a reply's usage by endpoint, and what it says of its own sums. A sum below zero is not said.
type sample struct {
	Case
	prompt, answer int64
}

// samples draws a sound usage object of each kind of endpoint.
func samples(r *rand.Rand) []sample {
	prompt, answer := count(r), count(r)
	part := func(n int64) int64 { return r.Int64N(n + 1) }
	cached := part(prompt)
	written := part(prompt - cached)
	sound := part(prompt - cached - written)
	thought := part(answer)
	five, hour := count(r), count(r)
	at := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(18 * 30 * 24 * time.Hour))))
	c := func(provider, endpoint, model, format string, args ...any) Case {
		return Case{Provider: provider, Endpoint: endpoint, Model: model, At: at, Usage: json.RawMessage(fmt.Sprintf(format, args...))}
	}
	chat := `{"prompt_tokens":%d,"completion_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d,"audio_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d}}`
	responses := `{"input_tokens":%d,"output_tokens":%d,"input_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},"output_tokens_details":{"reasoning_tokens":%d}}`
	return []sample{
		{c("openai", "chat/completions", "gpt-5.6-sol", chat, prompt, answer, cached, written, int64(0), thought), prompt, answer},
		{c("openai", "chat/completions", "gpt-4o-audio-preview", chat, prompt, answer, int64(0), int64(0), sound, thought), prompt, answer},
		{c("litellm", "chat/completions", "claude-sonnet-4-6", chat, prompt, answer, cached, written, int64(0), thought), prompt, answer},
		{c("openrouter", "chat/completions", "anthropic/claude-sonnet-4.5", chat, prompt, answer, cached, written, int64(0), thought), prompt, answer},
		{c("qwen", "chat/completions", "qwen3-coder-plus", chat, prompt, answer, cached, int64(0), int64(0), thought), prompt, answer},
		{c("openai", "responses", "gpt-5.6-sol", responses, prompt, answer, cached, written, thought), prompt, answer},
		{c("xai", "responses", "grok-4-0709", responses, prompt, answer, cached, int64(0), thought), prompt, answer},
		{c("google", "generateContent", "gemini-2.5-pro", `{"promptTokenCount":%d,"cachedContentTokenCount":%d,"candidatesTokenCount":%d,"thoughtsTokenCount":%d}`, prompt, cached, answer, thought), prompt, answer + thought},
		{c("google", "generateContent", "gemini-2.5-flash", `{"promptTokenCount":%d,"toolUsePromptTokenCount":%d,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":%d}],"candidatesTokenCount":%d}`, prompt, five, sound, answer), prompt + five, answer},
		{c("anthropic", "messages", "claude-sonnet-4-5", `{"input_tokens":%d,"output_tokens":%d,"cache_read_input_tokens":%d,"cache_creation_input_tokens":%d,"cache_creation":{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":%d}}`,
			prompt, answer, cached, five+hour, five, hour), prompt + cached + five + hour, answer},
		{c("bedrock", "converse", "anthropic.claude-haiku-4-5-20251001-v1:0", `{"inputTokens":%d,"outputTokens":%d,"cacheReadInputTokens":%d}`, prompt, answer, cached), prompt + cached, answer},
		{c("openai", "realtime", "gpt-realtime", `{"input_tokens":%d,"output_tokens":%d,"input_token_details":{"audio_tokens":%d},"output_token_details":{"audio_tokens":%d}}`, prompt, answer, sound, thought), prompt, answer},
		{c("perplexity", "chat/completions", "sonar-deep-research", `{"prompt_tokens":%d,"completion_tokens":%d,"citation_tokens":%d,"reasoning_tokens":%d,"num_search_queries":%d}`, prompt, answer, five, thought, r.Int64N(50)), prompt, answer + five + thought},
		{c("zhipuai", "chat/completions", "glm-5.3-flash", chat, prompt, answer, cached, int64(0), int64(0), thought), prompt, answer},
	}
}

// TestBillsAddUp: lines sum to the total, no meter is below zero, and no token is counted twice or
// lost: where an endpoint counts cached tokens inside its prompt the meters sum to that prompt.
func TestBillsAddUp(t *testing.T) {
	book := shipped(t)
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		for range 100 {
			for _, s := range samples(r) {
				bill := book.Bill(s.Case)
				checkBill(t, bill)
				if bill.Usage.Prompt() != s.prompt || bill.Usage.Answer() != s.answer {
					t.Fatalf("Bill(%s %s %s): prompt %d, answer %d, want %d, %d", s.Provider, s.Endpoint, s.Usage, bill.Usage.Prompt(), bill.Usage.Answer(), s.prompt, s.answer)
				}
				if bill.Saved != nil && bill.WithoutCache.Sub(*bill.Total).Cmp(*bill.Saved) != 0 {
					t.Fatalf("Bill(%s): saved %s of %s", s.Usage, bill.Saved, bill.WithoutCache)
				}
			}
		}
	})
}

// TestAnOldCallKeepsItsPrice: a book that was read anew, and one that has since learned of newer
// prices and rates, bill an old call as before.
func TestAnOldCallKeepsItsPrice(t *testing.T) {
	book, again := shipped(t), shipped(t)
	layers, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	later := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range []struct{ list, model string }{{"openai", "gpt-5.6-sol"}, {"anthropic", "claude-sonnet-4-5"}, {"google", "gemini-2.5-pro"}, {"zhipuai", "glm-5.3-flash"}} {
		layers.User = append(layers.User, Card{ID: "later/" + p.model, Provider: p.list, Model: p.model, ValidFrom: later, Rates: Rates{"input": "99", "output": "99"}, Source: "test", URL: "test", CheckedOn: "2030-01-01"})
	}
	layers.Rates = []Rate{{Day: "2030-01-01", CNYPerUSD: "5", Source: "test"}}
	newer, err := NewBook(layers)
	if err != nil {
		t.Fatal(err)
	}
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		for range 50 {
			for _, s := range samples(r) {
				want := book.Bill(s.Case)
				for name, other := range map[string]*Book{"the same book": book, "one read anew": again, "a newer one": newer} {
					if got := other.Bill(s.Case); !reflect.DeepEqual(got, want) {
						t.Fatalf("by %s, Bill(%s %s) = %+v, want %+v", name, s.Model, s.Usage, got, want)
					}
				}
			}
		}
	})
}

// TestMoreTokensCostMore: of two replies at one instant, alike but for a token of fresh input or of
// the answer, the one with more never costs less, but where a longer prompt has prices of its own.
func TestMoreTokensCostMore(t *testing.T) {
	book := shipped(t)
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		for range 100 {
			for _, s := range samples(r) {
				u, flags, ok := ParseUsage(s.Provider, s.Endpoint, s.Count, s.Usage)
				if !ok {
					t.Fatalf("ParseUsage(%s) = %q", s.Usage, flags)
				}
				for _, m := range []Meter{Input, Output, CacheRead} {
					more := u
					more[m] += 1 + r.Int64N(1000)
					a, b := book.Estimate(s.Case, u, "test"), book.Estimate(s.Case, more, "test")
					if a.Total == nil || b.Total == nil || a.Total.Cmp(*b.Total) <= 0 || cliff(book, s.Case, u.Prompt(), more.Prompt()) {
						continue
					}
					t.Fatalf("%s: %v costs %s, but %v costs %s", s.Model, u, a.Total, more, b.Total)
				}
			}
		}
	})
}

// cliff says whether a tier of length lies between two prompts.
func cliff(book *Book, c Case, shorter, longer int64) bool {
	card, ok := book.find(c.Provider, c.Model, c.At)
	if !ok {
		return false
	}
	for i := range card.Tiers {
		if card.Tiers[i].holds(shorter) != card.Tiers[i].holds(longer) {
			return true
		}
	}
	return false
}

// TestConvertedBillsAddUp: what is true of dollars is true of what was yuan.
func TestConvertedBillsAddUp(t *testing.T) {
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		book := yuanBook(t, rateOf("2025-01-01", fmt.Sprintf("%d.%04d", 5+r.IntN(4), r.IntN(10000))))
		for range 100 {
			u := Usage{Input: count(r), CacheRead: count(r), Output: count(r)}
			c := Case{Provider: "zhipuai", Endpoint: "chat/completions", Model: "m", At: noon}
			bill := book.Estimate(c, u, "test")
			checkBill(t, bill)
			if bill.FX == nil || bill.Total == nil || bill.Native == "" {
				t.Fatalf("Estimate(%v) = %+v, want both amounts", u, bill)
			}
		}
	})
}
