package contract

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A receiptCase is one usage on its way to `weir receipt`, and what must come back.
type receiptCase struct {
	name   string
	in     object
	want   object
	meters object
	lines  []string
	flag   string
}

func receiptCases() []receiptCase {
	return []receiptCase{
		{
			name: "an OpenAI chat counts cached tokens inside the prompt",
			in:   bill("openai", "chat/completions", "gpt-5", chatUsage),
			want: object{"status": "priced", "total_usd": "0.001525", "total_pico_usd": "1525000000"},
			meters: object{"input_tokens_uncached": 800, "cache_read_tokens": 200, "output_tokens": 50,
				"reasoning_tokens": 30},
			lines: []string{"input 800 at 1.25 = 0.001", "cache_read 200 at 0.125 = 0.000025", "output 50 at 10 = 0.0005"},
		},
		{
			name: "an Anthropic message counts them beside the input",
			in:   bill("anthropic", "messages", "claude-sonnet-4-6", messagesUsage),
			want: object{"status": "priced", "total_usd": "0.001605", "total_pico_usd": "1605000000"},
			meters: object{"input_tokens_uncached": 10, "cache_read_tokens": 2000, "cache_write_5m_tokens": 100,
				"cache_write_1h_tokens": 50, "output_tokens": 20},
			lines: []string{"input 10 at 3 = 0.00003", "cache_read 2000 at 0.3 = 0.0006", "cache_write_5m 100 at 3.75 = 0.000375",
				"cache_write_1h 50 at 6 = 0.0003", "output 20 at 15 = 0.0003"},
		},
		{
			name:   "a model without a price is unpriced, not free",
			in:     bill("openai", "chat/completions", "house-model", chatUsage),
			want:   object{"status": "unpriced", "total_usd": nil, "total_pico_usd": nil, "card": nil},
			meters: object{"input_tokens_uncached": 800, "cache_read_tokens": 200, "output_tokens": 50},
		},
		{
			name: "an absurd usage is rejected",
			in:   bill("openai", "chat/completions", "gpt-5", `{"prompt_tokens":-5,"completion_tokens":50}`),
			want: object{"status": "rejected", "total_usd": nil, "total_pico_usd": nil},
		},
		{
			name:   "a provider that nobody knows is counted as its endpoint says",
			in:     bill("basement", "chat/completions", "gpt-5", chatUsage),
			want:   object{"status": "unpriced", "total_usd": nil},
			meters: object{"input_tokens_uncached": 800, "cache_read_tokens": 200, "output_tokens": 50},
			flag:   "scheme_assumed",
		},
	}
}

// bill is a case of `weir receipt`.
func bill(provider, endpoint, model, usage string) object {
	return object{"provider": provider, "endpoint": endpoint, "model": model,
		"effective_date": "2026-11-20", "usage": json.RawMessage(usage)}
}

func TestReceipt(t *testing.T) {
	cases := receiptCases()
	in := make([]object, len(cases))
	for i, c := range cases {
		in[i] = c.in
		in[i]["id"] = c.name
	}
	stdin, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	home := newHome(t)
	out := weir(t, home, string(stdin), "receipt", "--json").exits(t, 0).list(t)
	if _, err := os.Stat(home); err == nil {
		t.Error("a receipt made a home")
	}
	if len(out) != len(cases) {
		t.Fatalf("%d answers to %d cases", len(out), len(cases))
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := out[i]
			has(t, got, "id", "status", "meters", "lines", "total_usd", "total_pico_usd", "recomputed_usd", "flags", "card", "note")
			is(t, got, object{"id": c.name})
			is(t, got, c.want)
			if c.meters != nil {
				checkMeters(t, child(t, got, "meters"), c.meters)
			}
			if c.lines != nil {
				checkLines(t, children(t, got, "lines"), c.lines)
			}
			if c.flag != "" && !contains(got["flags"], c.flag) {
				t.Errorf("flags = %v, want %s among them", got["flags"], c.flag)
			}
		})
	}
}

func contains(list any, want string) bool {
	array, _ := list.([]any)
	for _, v := range array {
		if v == want {
			return true
		}
	}
	return false
}

func TestReceiptOfBadInput(t *testing.T) {
	home := newHome(t)
	t.Run("no cases are no receipts", func(t *testing.T) {
		if got := weir(t, home, "[]", "receipt", "--json").exits(t, 0).list(t); len(got) != 0 {
			t.Errorf("%d receipts, want none", len(got))
		}
	})
	for name, stdin := range map[string]string{"broken JSON": `[{"id":`, "no array": `{"id":"a"}`, "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			weir(t, home, stdin, "receipt", "--json").exits(t, 1).failure(t)
		})
	}
	t.Run("a bad case is rejected alone", func(t *testing.T) {
		good, err := json.Marshal(bill("openai", "chat/completions", "gpt-5", chatUsage))
		if err != nil {
			t.Fatal(err)
		}
		stdin := `[{"id":"bad","provider":"openai","endpoint":"chat/completions","model":"gpt-5","effective_date":"yesterday","usage":7},` +
			strings.Replace(string(good), "{", `{"id":"good",`, 1) + `]`
		out := weir(t, home, stdin, "receipt", "--json").exits(t, 0).list(t)
		if len(out) != 2 {
			t.Fatalf("%d receipts, want 2", len(out))
		}
		is(t, out[0], object{"id": "bad", "status": "rejected"})
		is(t, out[1], object{"id": "good", "status": "priced"})
	})
}
