package billing

import (
	"strings"
	"testing"
)

// TestWhatATallyKeeps of frames that are cut, broken or told twice.
func TestWhatATallyKeeps(t *testing.T) {
	usage := `"usage":{"prompt_tokens":5,"completion_tokens":1}`
	checkTallies(t, []tallyCase{
		{"a usage object that is no JSON", "chat/completions", []string{`{"model":"m","usage":{"prompt_tokens":x}}`}, ``, "m", "", false},
		{"what Copilot charged, before the usage", "chat/completions", []string{`{"model":"m",` + usage + `,"copilot_usage":{"total_nano_aiu":7}}`}, `{"copilot_usage":{"total_nano_aiu":7},"prompt_tokens":5,"completion_tokens":1}`, "m", "", true},
		{"beside a usage of nothing", "chat/completions", []string{`{"model":"m","usage":{},"copilot_usage":{"total_nano_aiu":7}}`}, `{"copilot_usage":{"total_nano_aiu":7}}`, "m", "", true},
		{"beside a usage of white space", "chat/completions", []string{`{"model":"m","usage":{ ` + "\n\t" + `},"copilot_usage":{"total_nano_aiu":7}}`}, `{"copilot_usage":{"total_nano_aiu":7} ` + "\n\t" + `}`, "m", "", true},
		{"beside none it is none", "chat/completions", []string{`{"model":"m","copilot_usage":{"total_nano_aiu":7}}`}, ``, "m", "", false},
		{"a charge that is no object", "chat/completions", []string{`{"model":"m",` + usage + `,"copilot_usage":7}`}, `{"prompt_tokens":5,"completion_tokens":1}`, "m", "", true},
		{"a charge that is no JSON", "chat/completions", []string{`{"model":"m",` + usage + `,"copilot_usage":{"total_nano_aiu":x}}`}, `{"prompt_tokens":5,"completion_tokens":1}`, "m", "", true},
		{"the last charge of a stream", "messages", []string{`{"type":"message_start","message":{"model":"m","usage":{"input_tokens":5,"output_tokens":1}},"copilot_usage":{"total_nano_aiu":1}}`,
			`{"type":"message_delta","usage":{"output_tokens":2},"copilot_usage":{"total_nano_aiu":3}}`}, `{"copilot_usage":{"total_nano_aiu":3},"message_start":{"input_tokens":5,"output_tokens":1},"message_delta":{"output_tokens":2}}`, "m", "", true},
		{"Gemini counts anew, also less than before", "streamGenerateContent", []string{`{"modelVersion":"g","usageMetadata":{"promptTokenCount":4}}`, `{"usageMetadata":{"promptTokenCount":1}}`}, `{"promptTokenCount":1}`, "g", "", true},
		{"but not nothing", "streamGenerateContent", []string{`{"modelVersion":"g","usageMetadata":{"promptTokenCount":4}}`, `{"usageMetadata":{"promptTokenCount":0}}`}, `{"promptTokenCount":4}`, "g", "", true},
		{"others that count less are not believed", "chat/completions", []string{`{"model":"m","usage":{"prompt_tokens":4}}`, `{"usage":{"prompt_tokens":1}}`}, `{"prompt_tokens":4}`, "m", "", true},
		{"a count by the total", "countTokens", []string{`{"totalTokens":31}`}, `{"totalTokens":31}`, "", "", true},
		{"a count's reply without a count", "countTokens", []string{`{"error":{}}`}, ``, "", "", false},
		{"a list's broken frame is passed over", "streamGenerateContent", []string{`[7,{"usageMetadata":{"promptTokenCount":4}}]`}, `{"promptTokenCount":4}`, "", "", true},
		{"a model without usage", "chat/completions", []string{`{"model":"m"}`, `{"model":"n"}`}, ``, "m", "", false},
	})
}

// TestFramesThatBreakOff after the word are looked into: there is nothing to find.
func TestFramesThatBreakOff(t *testing.T) {
	for frame, want := range map[string]bool{
		`{"usage":{`: true, `{"usage":{}`: true, `{"usage":`: false, `{"usage" `: false, `usage`: false, `{"usageMetadata":{`: true, `{"usageMeta":{`: false, `{"usage"={}}`: false, `"usage":{}`: true,
		`{"a":"usage":{}`: true, `{"billed_units":{`: true, `{"x_billed_units":{`: true, `{"billed_units_":{`: false,
	} {
		if got := carriesUsage([]byte(frame)); got != want {
			t.Errorf("carriesUsage(%s) = %t, want %t", frame, got, want)
		}
		tally := NewTally("chat/completions")
		tally.Observe([]byte(frame))
		if raw := tally.Raw(); raw != nil {
			t.Errorf("of %s a tally keeps %s", frame, raw)
		}
	}
}

// TestWhereAValueIsMissing a list or an object is broken.
func TestWhereAValueIsMissing(t *testing.T) {
	for _, text := range []string{`[,]`, `{"a":,}`, `[:]`, `{"a"::}`, `{"a":1]`, `[1}`, `{"a`, `{"a\"`, `{"`, `["`, `{"a":{"b":1}`, `}`, `{"a":}`, `[{]`} {
		m, n := membersOf([]byte(text)), 0
		for _, _, ok := m.next(); ok && n < 9; _, _, ok = m.next() {
			n++
		}
		if m.whole() || n > 0 {
			t.Errorf("%s has %d members and is whole: %t, want none and broken", text, n, m.whole())
		}
	}
}

// TestToolsOfAReply: which of a reply's items are charged, and that the list at a stream's end takes the place of what was told before.
func TestToolsOfAReply(t *testing.T) {
	item := func(text string) string { return `{"type":"response.output_item.done","item":` + text + `}` }
	for _, tt := range []struct {
		name   string
		frames []string
		items  string
	}{
		{"one that is done", []string{item(`{"type":"web_search_call","status":"completed","action":{"type":"search"}}`)}, "web_search_call"},
		{"one without a word of how it went", []string{item(`{"type":"file_search_call"}`)}, "file_search_call"},
		{"one that failed", []string{item(`{"type":"web_search_call","status":"failed"}`)}, ""},
		{"a page that was opened", []string{item(`{"type":"web_search_call","status":"completed","action":{"type":"open_page"}}`)}, ""},
		{"an opened page of another tool", []string{item(`{"type":"computer_call","status":"completed","action":{"type":"click"}}`)}, "computer_call"},
		{"the list at the end holds", []string{item(`{"type":"web_search_call","status":"completed"}`), `{"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":1},"output":[{"type":"message"},{"type":"web_search_call"}]}}`}, "message web_search_call"},
		{"an empty one says nothing", []string{item(`{"type":"web_search_call","status":"completed"}`), `{"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":1},"output":[]}}`}, "web_search_call"},
		{"an event's name far behind is a text's", []string{`{"type":"response.output_text.delta","item_id":"msg_0000000000000000000000000000000000000000","delta":"response.output_item.done","item":{"type":"web_search_call"}}`}, ""},
	} {
		tally := NewTally("responses")
		for _, frame := range tt.frames {
			tally.Observe([]byte(frame))
		}
		if got := strings.Join(tally.Request().Items, " "); got != tt.items {
			t.Errorf("%s: items %q, want %q", tt.name, got, tt.items)
		}
	}
}

// TestImagesOfAReply are counted where an endpoint makes images, the most that one frame told of.
func TestImagesOfAReply(t *testing.T) {
	for _, tt := range []struct {
		name, endpoint string
		frames         []string
		want           int64
	}{
		{"two", "images/generations", []string{`{"data":[{"url":"a"},{"url":"b"}]}`}, 2},
		{"a later frame without any", "images/generations", []string{`{"data":[{"url":"a"},{"url":"b"}]}`, `{"data":[]}`}, 2},
		{"an object is no list", "images/edits", []string{`{"data":{"a":1,"b":2}}`}, 0},
		{"a list that breaks off", "images/edits", []string{`{"data":[{"url":"a"}`}, 0},
		{"another endpoint's list", "embeddings", []string{`{"model":"m","data":[{},{}]}`}, 0},
	} {
		tally := NewTally(tt.endpoint)
		for _, frame := range tt.frames {
			tally.Observe([]byte(frame))
		}
		if got := tally.Request().Images; got != tt.want {
			t.Errorf("%s: %d images, want %d", tt.name, got, tt.want)
		}
	}
}
