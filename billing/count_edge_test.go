package billing

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestWhichCountHolds where a report says the same thing twice, or what cannot be.
func TestWhichCountHolds(t *testing.T) {
	for _, tt := range []struct {
		name, provider, endpoint, raw string
		want                          map[Meter]int64
		flags                         string
	}{
		{"a count that was no number before is no count that shrank", "anthropic", "messages", `{"message_start":{"input_tokens":9,"output_tokens":"1"},"message_delta":{"output_tokens":7}}`,
			map[Meter]int64{Input: 9, Output: 7}, ""},
		{"nor is one that was not there", "anthropic", "messages", `{"message_start":{"input_tokens":9},"message_delta":{"output_tokens":7}}`, map[Meter]int64{Input: 9, Output: 7}, ""},
		{"nor is one that was too large to be read", "anthropic", "messages", `{"message_start":{"input_tokens":9,"output_tokens":1e400},"message_delta":{"output_tokens":7}}`, map[Meter]int64{Input: 9, Output: 7}, ""},
		{"one that is too large now is absurd", "anthropic", "messages", `{"message_start":{"input_tokens":9,"output_tokens":7},"message_delta":{"output_tokens":1e400}}`, nil, "malformed_out_of_range"},
		{"one token written for no told life", "anthropic", "messages", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":1}`, map[Meter]int64{Input: 1, CacheWrite5m: 1, Output: 1}, "cache_ttl_assumed_5m"},
		{"an advisor's cache larger than its prompt", "openai", "chat/completions", `{"prompt_tokens":10,"completion_tokens":2,"iterations":[{"type":"advisor_message","model":"m","prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":9}}]}`,
			map[Meter]int64{Input: 10, Output: 2}, "malformed_cached_gt_prompt"},
		{"also at an upstream that nobody knows", "acme", "chat/completions", `{"prompt_tokens":10,"completion_tokens":2,"iterations":[{"type":"advisor_message","model":"m","prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":9}}]}`,
			map[Meter]int64{Input: 10, Output: 2}, "scheme_assumed malformed_cached_gt_prompt"},
		{"one token written for five minutes at Model Studio", "qwen", "chat/completions", `{"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cache_creation_input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":1}}}`,
			map[Meter]int64{CacheWrite5m: 1, Output: 1}, ""},
		{"more for five minutes than was written is what was written", "qwen", "chat/completions", `{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cache_creation_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":4}}}`,
			map[Meter]int64{Input: 2, CacheWrite5m: 3, Output: 1}, ""},
		{"less is told apart", "qwen", "chat/completions", `{"prompt_tokens":5,"completion_tokens":1,"prompt_tokens_details":{"cache_creation_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":2}}}`,
			map[Meter]int64{Input: 2, CacheWrite: 1, CacheWrite5m: 2, Output: 1}, ""},
		{"at OpenRouter what was written may be what was read", "openrouter", "chat/completions", `{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":60}}`,
			map[Meter]int64{Input: 40, CacheRead: 60, CacheWrite: 60, Output: 1}, ""},
		{"what fits beside it is not", "openrouter", "chat/completions", `{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":40}}`,
			map[Meter]int64{CacheRead: 60, CacheWrite: 40, Output: 1}, ""},
		{"nor is more than was read", "openrouter", "chat/completions", `{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":61}}`,
			map[Meter]int64{CacheRead: 60, CacheWrite: 40, Output: 1}, "malformed_cached_gt_prompt"},
		{"nor is sound", "openrouter", "chat/completions", `{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":60,"audio_tokens":50}}`,
			map[Meter]int64{CacheRead: 60, InputAudio: 40, Output: 1}, "malformed_cached_gt_prompt"},
		{"and elsewhere nothing is", "openai", "chat/completions", `{"prompt_tokens":100,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":60}}`,
			map[Meter]int64{CacheRead: 60, CacheWrite: 40, Output: 1}, "malformed_cached_gt_prompt"},
		{"of two ways to count at InvokeModel Bedrock's own holds", "bedrock", "invoke", `{"prompt_token_count":3,"generation_token_count":2,"inputTokenCount":5,"outputTokenCount":7}`, map[Meter]int64{Input: 5, Output: 7}, ""},
		{"a sound of half a second", "openai", "audio/transcriptions", `{"seconds":0.5}`, map[Meter]int64{AudioSeconds: 1}, "seconds_rounded_up"},
		{"a second and a bit", "openai", "audio/transcriptions", `{"seconds":1.000001}`, map[Meter]int64{AudioSeconds: 2}, "seconds_rounded_up"},
		{"a whole one, written with its fraction", "openai", "audio/transcriptions", `{"seconds":1.0}`, map[Meter]int64{AudioSeconds: 1}, ""},
		{"the longest", "openai", "audio/transcriptions", `{"seconds":99999999.5}`, map[Meter]int64{AudioSeconds: 100_000_000}, "seconds_rounded_up"},
		{"a longer one", "openai", "audio/transcriptions", `{"seconds":100000000.5}`, nil, "malformed_out_of_range"},
		{"less than none", "openai", "audio/transcriptions", `{"seconds":-0.5}`, nil, "malformed_not_integral"},
		{"a count that is no number is none", "openai", "chat/completions", `{"prompt_tokens":"5","completion_tokens":1}`, nil, "malformed_not_a_number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, flags, _ := ParseUsage(tt.provider, tt.endpoint, CountAuto, json.RawMessage(tt.raw))
			var want Usage
			for m, n := range tt.want {
				want[m] = n
			}
			if u != want || strings.Join(flags, " ") != tt.flags {
				t.Errorf("ParseUsage = %v %q, want %v %q", u, flags, want, tt.flags)
			}
		})
	}
}

// TestAnAbsurdCountIsNothing, and says so.
func TestAnAbsurdCountIsNothing(t *testing.T) {
	for _, text := range []string{"-1", "1.5", "1e9", "100000001"} {
		r := &reader{}
		if n, ok := r.count(json.Number(text)); n != 0 || ok || len(r.flags) != 1 {
			t.Errorf("count(%s) = %d, %t, flags %q, want 0, false and one", text, n, ok, r.flags)
		}
	}
}

// TestTermsForShorterPrompts: a rate for short prompts leaves the long ones' alone, and what a list has for each length stays.
func TestTermsForShorterPrompts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		term   term
		prompt string
		want   string
	}{
		{"the last short one", term{Rates: Rates{"cache_read": "0.5"}, Below: 1000}, `{"prompt_tokens":999,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":999}}`, "0.0004995"},
		{"the first long one falls back on the input", term{Rates: Rates{"cache_read": "0.5"}, Below: 1000}, `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":1000}}`, "0.002"},
		{"no prompt at all is short", term{Rates: Rates{"output_audio": "5"}, Below: 1}, `{"prompt_tokens":0,"completion_tokens":100,"completion_tokens_details":{"audio_tokens":100}}`, "0.0005"},
		{"one token is not", term{Rates: Rates{"output_audio": "5"}, Below: 1}, `{"prompt_tokens":1,"completion_tokens":100,"completion_tokens_details":{"audio_tokens":100}}`, ""},
		{"a gap is filled in each tier, and nothing else", term{Rates: Rates{"cache_read": "0.5", "input": "99"}}, `{"prompt_tokens":1001,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":1}}`, "0.0040005"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := termBook(t, tt.term).Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "m", At: noon, Usage: json.RawMessage(tt.prompt)})
			if text(bill.Total) != tt.want {
				t.Errorf("Bill(%s) = %q %q, want %q", tt.prompt, text(bill.Total), bill.Flags, tt.want)
			}
		})
	}
}

// TestAmountsAreAddedAtTheEdges: each way past what a ledger can hold stops at its end.
func TestAmountsAreAddedAtTheEdges(t *testing.T) {
	most, least := Pico(1<<63-1), Pico(-1<<63)
	for _, tt := range []struct{ a, b, want Money }{
		{most, Pico(1), most}, {Pico(1), most, most}, {least, Pico(-1), least}, {Pico(-1), least, least}, {Pico(5), Pico(1), Pico(6)}, {Pico(5), Pico(-1), Pico(4)}, {Pico(5), Pico(0), Pico(5)},
		{Pico(0), Pico(0), Pico(0)}, {Pico(-5), Pico(0), Pico(-5)}, {Pico(-5), Pico(1), Pico(-4)}, {Pico(-1), Pico(1), Pico(0)}, {most, least, Pico(-1)}, {least, most, Pico(-1)},
	} {
		if got := tt.a.Add(tt.b); got != tt.want {
			t.Errorf("%s + %s = %s, want %s", tt.a, tt.b, got, tt.want)
		}
	}
	if got := Pico(0).Sub(least); got != most {
		t.Errorf("0 − %s = %s, want the most that there is", least, got)
	}
	if got := Pico(-3).Sub(least); got != Pico(1<<63-4) {
		t.Errorf("−3 pico − %s = %s, want three less than the most", least, got)
	}
}
