package billing

import "testing"

// tallyCase is a reply's frames and what a tally must make of them.
type tallyCase struct {
	name, endpoint string
	frames         []string
	raw            string
	model, tier    string
	final          bool
}

func TestTally(t *testing.T) {
	checkTallies(t, []tallyCase{
		{"a body's usage is kept byte for byte", "chat/completions",
			[]string{`{"model":"gpt-5","service_tier":"default","usage": {"prompt_tokens": 10,  "completion_tokens":2}}`},
			`{"prompt_tokens": 10,  "completion_tokens":2}`, "gpt-5", "default", true},
		{"a stream's last usage wins", "chat/completions",
			[]string{`{"model":"gpt-5","choices":[{"delta":{"content":"a"}}],"usage":null}`, `{"model":"gpt-5","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}`, `[DONE]`},
			`{"prompt_tokens":10,"completion_tokens":2}`, "gpt-5", "", true},
		{"a running total is replaced and never added to", "chat/completions",
			[]string{`{"usage":{"prompt_tokens":10,"completion_tokens":1}}`, `{"usage":{"prompt_tokens":10,"completion_tokens":2}}`},
			`{"prompt_tokens":10,"completion_tokens":2}`, "", "", true},
		{"a count never shrinks", "chat/completions",
			[]string{`{"usage":{"prompt_tokens":10,"completion_tokens":2}}`, `{"usage":{"prompt_tokens":0,"completion_tokens":0}}`},
			`{"prompt_tokens":10,"completion_tokens":2}`, "", "", true},
		{"words about usage are not usage", "chat/completions",
			[]string{`{"model":"gpt-5","choices":[{"delta":{"content":"\"usage\":{\"prompt_tokens\":9}"}}]}`}, ``, "gpt-5", "", false},
		{"a responses stream reports in its last event", "responses",
			[]string{`{"type":"response.created","response":{"model":"gpt-5","usage":null}}`,
				`{"type":"response.completed","response":{"model":"gpt-5-2025-08-07","service_tier":"flex","usage":{"input_tokens":3,"output_tokens":4}}}`},
			`{"input_tokens":3,"output_tokens":4}`, "gpt-5-2025-08-07", "flex", true},
		{"some put usage inside a choice", "chat/completions",
			[]string{`{"model":"kimi-k2.6","choices":[{"usage":{"prompt_tokens":5,"completion_tokens":1}}]}`}, `{"prompt_tokens":5,"completion_tokens":1}`, "kimi-k2.6", "", true},
		{"a field of another type loses nothing else", "chat/completions",
			[]string{`{"model":"m","service_tier":7,"usage":{"prompt_tokens":5,"completion_tokens":1}}`}, `{"prompt_tokens":5,"completion_tokens":1}`, "m", "", true},
		{"broken frames are passed over", "chat/completions", []string{`{"usage":{`, ``, `null`, `"usage":{`}, ``, "", "", false},
	})
}

func TestTallyOfMessages(t *testing.T) {
	checkTallies(t, []tallyCase{
		{"an Anthropic stream keeps both of its reports", "messages",
			[]string{`{"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":25,"output_tokens":1,"service_tier":"standard"}}}`,
				`{"type":"content_block_delta","delta":{"text":"hello"}}`, `{"type":"message_delta","usage":{"output_tokens":10}}`, `{"type":"message_delta","usage":{"output_tokens":350}}`},
			`{"message_start":{"input_tokens":25,"output_tokens":1,"service_tier":"standard"},"message_delta":{"output_tokens":350}}`, "claude-haiku-4-5", "standard", true},
		{"one that was cut keeps the first", "messages",
			[]string{`{"type":"message_start","message":{"model":"claude-haiku-4-5","usage":{"input_tokens":25,"output_tokens":1}}}`},
			`{"message_start":{"input_tokens":25,"output_tokens":1}}`, "claude-haiku-4-5", "", false},
		{"a doubled beginning counts once", "messages",
			[]string{`{"type":"message_start","message":{"model":"m","usage":{"input_tokens":25,"output_tokens":1}}}`, `{"type":"message_start","message":{"model":"m","usage":{"input_tokens":25,"output_tokens":1}}}`},
			`{"message_start":{"input_tokens":25,"output_tokens":1}}`, "m", "", false},
		{"a whole message is a body", "messages",
			[]string{`{"type":"message","model":"claude-haiku-4-5","usage":{"input_tokens":25,"output_tokens":1}}`},
			`{"input_tokens":25,"output_tokens":1}`, "claude-haiku-4-5", "", true},
		{"a count of tokens is its whole body", "messages/count_tokens", []string{`{"input_tokens":14}`}, `{"input_tokens":14}`, "", "", true},
	})
}

func checkTallies(t *testing.T, cases []tallyCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			tally := NewTally(tt.endpoint)
			for _, f := range tt.frames {
				data := []byte(f)
				tally.Observe(data)
				clear(data) // the frame's buffer is the relay's, and is used again
			}
			if got := string(tally.Raw()); got != tt.raw {
				t.Errorf("Raw() = %s, want %s", got, tt.raw)
			}
			if tally.Model() != tt.model || tally.Tier() != tt.tier || tally.Final() != tt.final {
				t.Errorf("Model, Tier, Final = %q, %q, %t, want %q, %q, %t", tally.Model(), tally.Tier(), tally.Final(), tt.model, tt.tier, tt.final)
			}
		})
	}
}

func TestTallyNamesTheToolsOfAReply(t *testing.T) {
	tally := NewTally("responses")
	tally.Observe([]byte(`{"type":"response.completed","response":{"model":"gpt-5","usage":{"input_tokens":9000,"output_tokens":400},
		"output":[{"type":"web_search_call","status":"completed"},{"type":"web_search_call","status":"failed"},{"type":"message","status":"completed"}]}}`))
	bill := shipped(t).Bill(Case{Provider: "openai", Endpoint: "responses", Model: tally.Model(), At: noon, Usage: tally.Raw(), Request: tally.Request()})
	if bill.Usage[WebSearch] != 1 || text(bill.Total) != "0.02525" {
		t.Errorf("searches = %d, total = %s, want 1, 0.02525", bill.Usage[WebSearch], text(bill.Total))
	}
}
