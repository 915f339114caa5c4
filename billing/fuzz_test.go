package billing

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"unicode/utf8"
)

// seeds are usage objects of every scheme, sound and broken.
var seeds = []string{
	`{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,"prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":3},"completion_tokens_details":{"reasoning_tokens":7}}`,
	`{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":150,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":0}}`,
	`{"message_start":{"input_tokens":25,"output_tokens":1},"message_delta":{"output_tokens":350,"iterations":[{"type":"compaction","input_tokens":5,"output_tokens":1},{"type":"advisor_message","model":"gpt-5","input_tokens":5,"output_tokens":1}]}}`,
	`{"input_tokens":9000,"input_tokens_details":{"cached_tokens":5000,"cache_write_tokens":1000,"cache_write_12h_tokens":2000},"output_tokens":500}`,
	`{"promptTokenCount":1000,"cachedContentTokenCount":600,"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":500}],"promptTokensDetails":[{"modality":"AUDIO","tokenCount":-1}]}`,
	`{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":3,"cache_creation_input_tokens":9,"cache_type":"ephemeral"},"citation_tokens":7,"reasoning_tokens":8,"num_search_queries":2,"search_context_size":"high"}`,
	`{"copilot_usage":{"total_nano_aiu":25},"message_start":{"input_tokens":1},"message_delta":{"output_tokens":2}}`, `{"seconds":3.2}`, `{"inputTokens":1,"prompt_token_count":2,"inputTextTokenCount":3}`,
	`{"prompt_tokens":1e300,"completion_tokens":-1}`, `{"prompt_tokens":"1"}`, `{"prompt_tokens":[1],"prompt_tokens_details":7}`, `{}`, `null`, `[`, ``,
	`{"cost":1e-999999999,"prompt_tokens":1,"completion_tokens":1}`, `{"cost":0.95,"is_byok":true,"cost_details":{"upstream_inference_cost":19},"prompt_tokens":1,"completion_tokens":1}`,
}

// places are endpoints of every scheme.
var places = []struct{ provider, endpoint, model string }{
	{"openai", "chat/completions", "gpt-5.6-sol"}, {"openai", "responses", "gpt-5.6-sol"}, {"anthropic", "messages", "claude-sonnet-4-5"},
	{"google", "generateContent", "gemini-2.5-flash"}, {"openrouter", "chat/completions", "anthropic/claude-sonnet-4.5"},
	{"xai", "responses", "grok-4-0709"}, {"cohere", "v2/rerank", "rerank-v3.5"}, {"openai", "images/edits", "gpt-image-1"}, {"google", "batchEmbedContents", "gemini-embedding-2"},
	{"somebody", "chat/completions", "gpt-5"}, {"bedrock", "converse", "x"}, {"openai", "realtime", "gpt-realtime"}, {"openai", "nowhere", "gpt-5"},
	{"perplexity", "chat/completions", "sonar-deep-research"}, {"perplexity", "chat/completions", "sonar"}, {"qwen", "chat/completions", "qwen3-coder-plus"}, {"zhipuai", "chat/completions", "glm-5.3-flash"},
	{"groq", "audio/transcriptions", "whisper-large-v3"}, {"github-copilot", "messages", "claude-sonnet-4-6"}, {"bedrock", "invoke", "amazon.nova-lite-v1:0"},
}

// FuzzBill: whatever an upstream reports, there is a bill, no meter is negative, and
// the lines add up to the total.
func FuzzBill(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, uint8(0))
	}
	book := shipped(f)
	f.Fuzz(func(t *testing.T, usage string, where uint8) {
		for i, count := range []Counting{CountAuto, CountInclusive, CountExclusive} {
			p := places[(int(where)+i)%len(places)]
			bill := book.Bill(Case{Provider: p.provider, Endpoint: p.endpoint, Model: p.model, At: noon, Usage: json.RawMessage(usage), Count: count})
			checkBill(t, bill)
		}
		for _, p := range places {
			checkBill(t, book.Bill(Case{Provider: p.provider, Endpoint: p.endpoint, Model: p.model, At: noon, Usage: json.RawMessage(usage)}))
		}
	})
}

func checkBill(t *testing.T, bill Bill) {
	t.Helper()
	sum := Money{}
	for m, n := range bill.Usage {
		if n < 0 {
			t.Errorf("%s = %d, want none below zero", meters[m].what, n)
		}
	}
	for _, l := range bill.Lines {
		if l.Cost != nil {
			sum = sum.Add(*l.Cost)
		}
	}
	switch bill.Status {
	case Priced, Estimated:
		if bill.Total == nil || bill.Total.Cmp(sum) != 0 {
			t.Errorf("Total = %s, want the sum of the lines %s", text(bill.Total), sum)
		}
	case ProviderReported:
		if bill.Total == nil {
			t.Error("a reported bill has no total")
		}
	default:
		if bill.Total != nil {
			t.Errorf("a bill that is %s has the total %s", bill.Status, text(bill.Total))
		}
	}
}

// FuzzTally: no frame breaks a tally, and what it hands over is JSON.
func FuzzTally(f *testing.F) {
	for _, s := range seeds {
		f.Add(`{"model":"m","usage":`+s+`}`, `{"type":"message_delta","usage":`+s+`}`)
		f.Add(`[{"usageMetadata":`+s+`}]`, `{"meta":{"billed_units":`+s+`},"candidates":[{"groundingMetadata":{"webSearchQueries":["x"]}}]}`)
		f.Add(`{"type":"message_start","message":{"usage":`+s+`}}`, `{"response":{"usage":`+s+`}}`)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, endpoint := range []string{"chat/completions", "messages", "messages/count_tokens", "responses", "streamGenerateContent", "v2/rerank"} {
			tally := NewTally(endpoint)
			tally.Observe([]byte(first))
			tally.Observe([]byte(second))
			if raw := tally.Raw(); raw != nil && !json.Valid(raw) {
				t.Errorf("Raw() = %s, want JSON", raw)
			}
		}
	})
}

// FuzzMembers: of a sound object or list the walk finds what the standard library finds;
// of anything else it ends.
func FuzzMembers(f *testing.F) {
	for _, s := range append(seeds, `{"a\\":"\"}{","b" : [ 1 , {"c":[]} , "x" ],"":true}`, `[{"a":1} , null,"]"]`, `{"a":}`, `{"a":1,`, `{"a" 1}`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var keys []string
		var values []json.RawMessage
		m := membersOf([]byte(text))
		for key, value, ok := m.next(); ok; key, value, ok = m.next() {
			keys, values = append(keys, string(key)), append(values, value)
		}
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return
		}
		var object map[string]json.RawMessage
		var list []json.RawMessage
		switch {
		case json.Unmarshal([]byte(text), &object) == nil && object != nil:
			found := map[string]json.RawMessage{}
			for i, key := range keys {
				found[words([]byte(`"`+key+`"`))] = values[i]
			}
			if !m.whole() || !maps.EqualFunc(found, object, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
				t.Errorf("members of %s: %q, want %q", text, found, object)
			}
		case json.Unmarshal([]byte(text), &list) == nil && list != nil:
			if !m.whole() || !slices.EqualFunc(values, list, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
				t.Errorf("elements of %s: %q, want %q", text, values, list)
			}
		default:
			if m.whole() {
				t.Errorf("members of %s are said to be whole", text)
			}
		}
	})
}

// FuzzInclusive: where cached tokens lie inside the prompt, the meters of the input
// add up to it again.
func FuzzInclusive(f *testing.F) {
	f.Add(int64(2006), int64(1920), int64(10), int64(5), int64(300))
	f.Add(int64(5), int64(1920), int64(10), int64(5), int64(300))
	f.Fuzz(func(t *testing.T, prompt, cached, written, sound, answer int64) {
		chat, _ := json.Marshal(map[string]any{"prompt_tokens": prompt, "completion_tokens": answer,
			"prompt_tokens_details": map[string]int64{"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": sound}})
		responses, _ := json.Marshal(map[string]any{"input_tokens": prompt, "output_tokens": answer,
			"input_tokens_details": map[string]int64{"cached_tokens": cached, "cache_write_tokens": written}})
		for endpoint, raw := range map[string]json.RawMessage{"chat/completions": chat, "responses": responses} {
			if u, _, ok := ParseUsage("openai", endpoint, CountAuto, raw); ok && (u.Prompt() != prompt || u.Answer() != answer) {
				t.Errorf("ParseUsage(%s) = %v: prompt %d, answer %d", raw, u, u.Prompt(), u.Answer())
			}
		}
	})
}
