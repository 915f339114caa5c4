package counting

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"weir/backend/gateway"
)

func form(t *testing.T, dialect string) Form {
	t.Helper()
	for _, f := range forms {
		if f.Dialect == dialect {
			return f
		}
	}
	t.Fatalf("no form for %s", dialect)
	return Form{}
}

// TestJudge has the numbers of a prompt of about 2,000 tokens, or of 4,800 in Anthropic's dialect.
func TestJudge(t *testing.T) {
	chat := func(prompt, cached int64) string {
		return fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":1,"total_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d}}`, prompt, prompt+1, cached)
	}
	messages := func(input, read, written int64) string {
		return fmt.Sprintf(`{"input_tokens":%d,"cache_read_input_tokens":%d,"cache_creation_input_tokens":%d,"output_tokens":1}`, input, read, written)
	}
	for _, tt := range []struct {
		name, dialect string
		usages        []string
		want          Verdict
	}{
		{"a prompt count that stays holds the cached tokens", "openai-chat", []string{chat(2040, 0), chat(2040, 1920)}, Inclusive},
		{"one that falls by them does not", "openai-chat", []string{chat(2040, 0), chat(120, 1920)}, Exclusive},
		{"nor one that falls by half of the prompt", "openai-chat", []string{chat(2040, 0), chat(1016, 1024)}, Exclusive},
		{"half of the prompt inside", "openai-chat", []string{chat(2040, 0), chat(2040, 1024)}, Inclusive},
		{"without cached tokens there is no evidence", "openai-chat", []string{chat(2040, 0), chat(2040, 0)}, NoCache},
		{"a field that is missing is none", "openai-chat", []string{`{"prompt_tokens":2040}`, `{"prompt_tokens":2040}`}, NoCache},
		{"a third call may bring it", "openai-chat", []string{chat(2040, 0), chat(2040, 0), chat(2040, 1920)}, Inclusive},
		{"a prefix that was in the cache before", "openai-chat", []string{chat(2040, 128), chat(2040, 1920)}, Inclusive},
		{"the same beside the count", "openai-chat", []string{chat(1912, 128), chat(120, 1920)}, Exclusive},
		{"one call is no evidence, whatever it says", "openai-chat", []string{chat(2040, 1920)}, NoCache},
		{"DeepSeek's words", "openai-chat", []string{`{"prompt_tokens":2040,"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":2040}`,
			`{"prompt_tokens":2040,"prompt_cache_hit_tokens":1984,"prompt_cache_miss_tokens":56}`}, Inclusive},
		{"Moonshot's word", "openai-chat", []string{`{"prompt_tokens":2040}`, `{"prompt_tokens":2040,"cached_tokens":1792}`}, Inclusive},
		{"two places, one of them empty", "openai-chat", []string{chat(2040, 0), `{"prompt_tokens":120,"prompt_tokens_details":{"cached_tokens":0},"cache_read_input_tokens":1920}`}, Exclusive},
		{"a count that rises explains nothing", "openai-chat", []string{chat(2040, 0), chat(3960, 1920)}, Contradictory},
		{"one that falls by something else neither", "openai-chat", []string{chat(2040, 0), chat(1500, 1400)}, Contradictory},
		{"a prompt that cannot be ours", "openai-chat", []string{chat(90000, 0), chat(90000, 1920)}, Contradictory},
		{"Anthropic's own way", "anthropic", []string{messages(14, 0, 4800), messages(14, 4800, 0)}, Exclusive},
		{"Anthropic's way inside the count", "anthropic", []string{messages(4814, 0, 4800), messages(4814, 4800, 0)}, Inclusive},
		{"writes that nobody tells", "anthropic", []string{messages(14, 0, 0), messages(14, 4800, 0)}, Exclusive},
		{"writes inside and reads beside are a contradiction", "anthropic", []string{messages(9600, 0, 4800), messages(9600, 4800, 0)}, Contradictory},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var reports []Report
			for _, usage := range tt.usages {
				r, ok := Read(json.RawMessage(usage))
				if !ok {
					t.Fatalf("Read(%s) found no prompt", usage)
				}
				reports = append(reports, r)
			}
			if got := form(t, tt.dialect).Judge(reports); got != tt.want {
				t.Errorf("Judge(%+v) = %s, want %s", reports, got, tt.want)
			}
		})
	}
	if got := form(t, "openai-chat").Judge(nil); got != NoCache {
		t.Errorf("Judge(nothing) = %s", got)
	}
}

func TestRead(t *testing.T) {
	for usage, want := range map[string]bool{
		`{"prompt_tokens":7}`: true, `{"input_tokens":0}`: true, `{"prompt_tokens":-1}`: false, `{"prompt_tokens":"7"}`: false,
		`{"prompt_tokens":1.5}`: false, `{"prompt_tokens":1e99}`: false, `{}`: false, `null`: false, `[]`: false, ``: false, `{"prompt_tokens":`: false,
	} {
		if _, ok := Read(json.RawMessage(usage)); ok != want {
			t.Errorf("Read(%s) = %v, want %v", usage, ok, want)
		}
	}
}

func TestForms(t *testing.T) {
	offers := func(dialects ...string) func(string, gateway.Op) bool {
		return func(d string, _ gateway.Op) bool { return strings.Contains(strings.Join(dialects, " "), d) }
	}
	for _, tt := range []struct {
		own  string
		has  []string
		want string
	}{
		{"openai-chat", []string{"openai-chat", "anthropic"}, "openai-chat"},
		{"anthropic", []string{"openai-chat", "anthropic"}, "anthropic"},
		{"responses", []string{"responses", "anthropic"}, "anthropic"},
		{"gemini", []string{"gemini"}, ""},
	} {
		if f, ok := FormOf(tt.own, offers(tt.has...)); f.Dialect != tt.want || ok != (tt.want != "") {
			t.Errorf("FormOf(%s of %v) = %s, %v", tt.own, tt.has, f.Dialect, ok)
		}
	}
}

// TestBodies are long enough for the caches that begin late, and differ in their nonce alone.
func TestBodies(t *testing.T) {
	for dialect, least := range map[string]int64{"openai-chat": 1500, "anthropic": 4200} {
		f := form(t, dialect)
		one, again, other := f.Body("m", "nonce-1", false), f.Body("m", "nonce-1", false), f.Body("m", "nonce-2", false)
		if string(one) != string(again) || string(one) == string(other) || strings.ReplaceAll(string(other), "nonce-2", "nonce-1") != string(one) {
			t.Errorf("%s: the bodies of a check are not the same", dialect)
		}
		if f.tokens() < least || !strings.Contains(string(one), `"max_tokens":16`) || strings.Contains(string(one), "cache_control") != (dialect == "anthropic") {
			t.Errorf("%s: %d tokens, %.200s", dialect, f.tokens(), one)
		}
		if !strings.Contains(string(one), `"nonce-1\n`) {
			t.Errorf("%s: the nonce does not stand first", dialect)
		}
	}
	newer := form(t, "openai-chat").Body("m", "n", true)
	if strings.Contains(string(newer), `"max_tokens"`) || !strings.Contains(string(newer), `"max_completion_tokens":16`) {
		t.Errorf("the newer word is missing: %.200s", newer)
	}
	if !WantsNewer([]byte(`{"error":{"message":"Use 'max_completion_tokens' instead."}}`)) || WantsNewer([]byte(`{"error":"no"}`)) {
		t.Error("the wish for the newer word is not heard")
	}
}
