package billing

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0": "", "1": "", "1000.0": "", "1e3": "", "100000000": "", "1e8": "", "-0": "",
		"100000001": flagOutOfRange, "1e9": flagOutOfRange, "-1": flagNegative, "-1.0": flagNegative, "-100000000.0": flagNegative,
		"10.5": flagNotWhole, "0.1": flagNotWhole, "99999999999999999999": flagOutOfRange, "-99999999999999999999": flagOutOfRange, "1e400": flagOutOfRange,
	} {
		n, fault := wholeNumber(json.Number(text))
		if fault != want || fault != "" && n != 0 {
			t.Errorf("wholeNumber(%s) = %d, %q, want %q", text, n, fault, want)
		}
	}
	for text, want := range map[string]int64{"0": 0, "7": 7, "1000.0": 1000, "1e3": 1000, "100000000": 100_000_000} {
		if n, _ := wholeNumber(json.Number(text)); n != want {
			t.Errorf("wholeNumber(%s) = %d, want %d", text, n, want)
		}
	}
	for _, v := range []any{"10", true, nil, []any{}, map[string]any{}} {
		if n, fault := wholeNumber(v); n != 0 || fault != flagNoNumber {
			t.Errorf("wholeNumber(%v) = %d, %q, want no number", v, n, fault)
		}
	}
}

// TestParseUsage says what a usage object comes to, its flags and whether it can be priced.
func TestParseUsage(t *testing.T) {
	for _, tt := range []struct {
		name, provider, endpoint string
		count                    Counting
		raw                      string
		input, read, output      int64
		flags                    string
		ok                       bool
	}{
		{"chat", "openai", "chat/completions", CountAuto, `{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":60}}`, 40, 60, 7, "", true},
		{"space around it", "openai", "chat/completions", CountAuto, " \n{\"prompt_tokens\":100,\"completion_tokens\":7} ", 100, 0, 7, "", true},
		{"nothing", "openai", "chat/completions", CountAuto, ``, 0, 0, 0, FlagUsageMissing, false},
		{"null", "openai", "chat/completions", CountAuto, `null`, 0, 0, 0, FlagUsageMissing, false},
		{"an empty object", "openai", "chat/completions", CountAuto, `{}`, 0, 0, 0, FlagUsageMissing, false},
		{"no known counter", "openai", "chat/completions", CountAuto, `{"words":7}`, 0, 0, 0, FlagUsageMissing, false},
		{"zeros", "openai", "chat/completions", CountAuto, `{"prompt_tokens":0,"completion_tokens":0}`, 0, 0, 0, FlagUsageZero, true},
		{"a list", "openai", "chat/completions", CountAuto, `[1]`, 0, 0, 0, flagNoObject, false},
		{"text that breaks off", "openai", "chat/completions", CountAuto, `{"prompt_tokens":1`, 0, 0, 0, flagNoObject, false},
		{"one side alone", "openai", "chat/completions", CountAuto, `{"prompt_tokens":100}`, 100, 0, 0, FlagUsagePartial, true},
		{"less than nothing", "openai", "chat/completions", CountAuto, `{"prompt_tokens":-1,"completion_tokens":7}`, 0, 0, 0, flagNegative, false},
		{"a cache larger than the prompt", "openai", "chat/completions", CountAuto, `{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":101}}`, 0, 100, 7, flagPartOutgrew, true},
		{"a cache as large as the prompt", "openai", "chat/completions", CountAuto, `{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":100}}`, 0, 100, 7, "", true},
		{"counted beside, as somebody said", "openai", "chat/completions", CountExclusive, `{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":60}}`, 100, 60, 7, "", true},
		{"an endpoint that nobody wrote down", "openai", "sparks", CountAuto, `{"prompt_tokens":100}`, 0, 0, 0, flagUnknownEndpoint, false},
		{"an upstream that nobody knows", "nobody", "chat/completions", CountAuto, `{"prompt_tokens":100,"completion_tokens":7}`, 100, 0, 7, flagSchemeAssumed, true},
		{"the same, told how it counts", "nobody", "chat/completions", CountInclusive, `{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":60}}`, 40, 60, 7, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, flags, ok := ParseUsage(tt.provider, tt.endpoint, tt.count, json.RawMessage(tt.raw))
			if u[Input] != tt.input || u[CacheRead] != tt.read || u[Output] != tt.output || ok != tt.ok || strings.Join(flags, " ") != tt.flags {
				t.Errorf("ParseUsage = %d, %d, %d, %q, %t, want %d, %d, %d, %q, %t", u[Input], u[CacheRead], u[Output], flags, ok,
					tt.input, tt.read, tt.output, tt.flags, tt.ok)
			}
		})
	}
}

// TestReasoningOfXAI: thinking lies beside the answer where the total says so, or where it is not told.
func TestReasoningOfXAI(t *testing.T) {
	for _, tt := range []struct {
		name, usage string
		output      int64
	}{
		{"the total has it", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":7}}`, 12},
		{"no total", `{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":7}}`, 12},
		{"a total that lacks tokens", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":14,"completion_tokens_details":{"reasoning_tokens":7}}`, 12},
		{"no thinking", `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}`, 5},
	} {
		u, _, ok := ParseUsage("xai", "chat/completions", CountAuto, json.RawMessage(tt.usage))
		if !ok || u[Output] != tt.output {
			t.Errorf("%s: output = %d, %t, want %d", tt.name, u[Output], ok, tt.output)
		}
	}
	// Others count it inside, also where no total is told.
	u, flags, _ := ParseUsage("openai", "chat/completions", CountAuto, json.RawMessage(`{"prompt_tokens":10,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":7}}`))
	if u[Output] != 9 || len(flags) > 0 {
		t.Errorf("output = %d, flags %q, want 9 and none", u[Output], flags)
	}
}

func TestFramesOfMessages(t *testing.T) {
	for _, tt := range []struct {
		name, raw         string
		input, read, out_ int64
		flags             string
	}{
		{"the larger count holds", `{"message_start":{"input_tokens":9,"output_tokens":1,"cache_read_input_tokens":4},"message_delta":{"output_tokens":7}}`, 9, 4, 7, ""},
		{"a count that shrank", `{"message_start":{"input_tokens":9,"output_tokens":8},"message_delta":{"input_tokens":9,"output_tokens":7}}`, 9, 0, 8, flagUsageShrank},
		{"a count that stayed", `{"message_start":{"input_tokens":9,"output_tokens":7},"message_delta":{"input_tokens":9,"output_tokens":7}}`, 9, 0, 7, ""},
		{"a count that was null before", `{"message_start":{"input_tokens":9,"cache_read_input_tokens":null,"output_tokens":1},"message_delta":{"cache_read_input_tokens":3,"output_tokens":7}}`, 9, 3, 7, ""},
		{"a count that is null after", `{"message_start":{"input_tokens":9,"cache_read_input_tokens":3,"output_tokens":1},"message_delta":{"cache_read_input_tokens":null,"output_tokens":7}}`, 9, 3, 7, ""},
		{"counts within counts", `{"message_start":{"input_tokens":9,"output_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}},"message_delta":{"output_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":0}}}`, 9, 0, 7, ""},
		{"the beginning alone", `{"message_start":{"input_tokens":9,"output_tokens":1}}`, 9, 0, 1, flagOutputLowerBound},
		{"the end alone", `{"message_delta":{"input_tokens":9,"output_tokens":7}}`, 9, 0, 7, ""},
		{"a step of an unknown kind", `{"input_tokens":9,"output_tokens":7,"iterations":[{"type":"dance"}]}`, 9, 0, 7, flagUnknownStep},
		{"one step is the whole", `{"input_tokens":9,"output_tokens":7,"iterations":[{"type":"message","input_tokens":9,"output_tokens":7}]}`, 9, 0, 7, ""},
		{"a compaction is added", `{"input_tokens":9,"output_tokens":7,"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":20},{"type":"message","input_tokens":9,"output_tokens":7}]}`, 109, 0, 27, ""},
		{"after a fallback the top is the bill", `{"input_tokens":9,"output_tokens":7,"iterations":[{"type":"message","input_tokens":5,"output_tokens":1},{"type":"fallback_message","input_tokens":9,"output_tokens":7}]}`, 9, 0, 7, ""},
	} {
		u, flags, ok := ParseUsage("anthropic", "messages", CountAuto, json.RawMessage(tt.raw))
		if !ok || u[Input] != tt.input || u[CacheRead] != tt.read || u[Output] != tt.out_ || strings.Join(flags, " ") != tt.flags {
			t.Errorf("%s: %d, %d, %d, %q, %t, want %d, %d, %d, %q", tt.name, u[Input], u[CacheRead], u[Output], flags, ok, tt.input, tt.read, tt.out_, tt.flags)
		}
	}
}

func TestToolsOfACompactedCallAreCounted(t *testing.T) {
	const usage = `{"input_tokens":9,"output_tokens":7,"server_tool_use":{"web_search_requests":3},
		"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":20},{"type":"message","input_tokens":9,"output_tokens":7}]}`
	u, flags, ok := ParseUsage("anthropic", "messages", CountAuto, json.RawMessage(usage))
	if !ok || u[WebSearch] != 3 || len(flags) > 0 {
		t.Errorf("searches = %d, flags %q, ok %t, want 3 and none", u[WebSearch], flags, ok)
	}
	for tools, want := range map[string]string{
		`{"web_search_requests":1,"web_fetch_requests":2}`: "", `{"dance_requests":1}`: flagToolUncounted, `{"dance_requests":0}`: "", `{"dance_requests":null}`: "",
	} {
		_, flags, _ := ParseUsage("anthropic", "messages", CountAuto, json.RawMessage(`{"input_tokens":9,"output_tokens":7,"server_tool_use":`+tools+`}`))
		if strings.Join(flags, " ") != want {
			t.Errorf("tools %s: flags %q, want %q", tools, flags, want)
		}
	}
}

func TestCacheWritesOfMessages(t *testing.T) {
	for _, tt := range []struct {
		name, usage string
		five, hour  int64
		flags       string
	}{
		{"both lives", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}`, 10, 20, ""},
		{"no life is told", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":30}`, 30, 0, flagTTLAssumed},
		{"lives without their sum", `{"input_tokens":1,"output_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}`, 10, 20, ""},
		{"a sum larger than its parts", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":31,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}`, 11, 20, flagSplitMismatch},
		{"a sum smaller than its parts", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":29,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20}}`, 10, 20, flagSplitMismatch},
		{"zeros", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}}`, 0, 0, ""},
		{"one life of the two, and a rest", `{"input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":20}}`, 10, 20, flagSplitMismatch},
	} {
		u, flags, ok := ParseUsage("anthropic", "messages", CountAuto, json.RawMessage(tt.usage))
		if !ok || u[CacheWrite5m] != tt.five || u[CacheWrite1h] != tt.hour || u[CacheWrite] != 0 || strings.Join(flags, " ") != tt.flags {
			t.Errorf("%s: %d, %d, %q, %t, want %d, %d, %q", tt.name, u[CacheWrite5m], u[CacheWrite1h], flags, ok, tt.five, tt.hour, tt.flags)
		}
	}
}

func TestWhatFlagsMakeOfABill(t *testing.T) {
	for _, tt := range []struct {
		flags []string
		want  Status
	}{
		{nil, Priced}, {[]string{"of_no_weight"}, Priced}, {[]string{flagUsageShrank}, Estimated}, {[]string{flagUnknownModel}, Unpriced}, {[]string{flagNegative}, Rejected},
		{[]string{flagUsageShrank, flagUnknownModel}, Unpriced}, {[]string{flagUnknownModel, flagUsageShrank}, Unpriced},
		{[]string{flagNegative, flagUnknownModel, flagUsageShrank}, Rejected}, {[]string{flagUnknownModel, flagNegative}, Rejected},
	} {
		if got := verdict(tt.flags); got != tt.want {
			t.Errorf("verdict(%q) = %s, want %s", tt.flags, got, tt.want)
		}
	}
}

func TestTheFirstAbsurdCounterIsNamed(t *testing.T) {
	r := &reader{}
	for _, name := range []string{flagUsageShrank, flagUsageShrank, flagNegative, flagNotWhole, flagUsageShrank} {
		r.flag(name)
	}
	if want := []string{flagUsageShrank, flagNegative}; !slices.Equal(r.flags, want) {
		t.Errorf("flags = %q, want %q", r.flags, want)
	}
}

func TestCountersInLists(t *testing.T) {
	c := counterOf("details[kind=audio].n")
	for text, want := range map[string]string{
		`{"details":[{"kind":"audio","n":3},{"kind":"text","n":5},{"kind":"audio","n":4}]}`: "7 ",
		`{"details":[{"kind":"text","n":5}]}`:                                               " ",
		`{"details":[{"kind":"audio"}]}`:                                                    " ",
		`{"details":[{"kind":"audio"},{"kind":"audio","n":2}]}`:                             "2 ",
		`{"details":[{"kind":"audio","n":-1},{"kind":"audio","n":2}]}`:                      " " + flagNegative,
		`{"details":[{"kind":"audio","n":"x"}]}`:                                            " " + flagNoNumber,
		`{"details":7}`:                                                                     " ",
		`{}`:                                                                                " ",
	} {
		r := &reader{doc: object([]byte(text))}
		n, ok := r.at(c)
		got := " "
		if ok {
			got = json.Number(itoa(n)).String() + " "
		}
		if got += strings.Join(r.flags, " "); got != want {
			t.Errorf("of %s: %q, want %q", text, got, want)
		}
	}
}

func itoa(n int64) string {
	text, _ := json.Marshal(n) // a number can always be written
	return string(text)
}
