package billing

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMembers(t *testing.T) {
	for _, tt := range []struct {
		text  string
		want  string // key=value of each member
		whole bool
	}{
		{`{}`, ``, true},
		{`[]`, ``, true},
		{` { "a" : 1 , "b" : [2, {"c": "}"}] } `, `a=1 b=[2, {"c": "}"}]`, true},
		{`[1,"x",null,{}]`, `=1 ="x" =null ={}`, true},
		{`{"a\"b":"\\"}`, `a\"b="\\"`, true},
		{`{"a":"\\\""}`, `a="\\\""`, true},
		{`{"a":-1.5e3}`, `a=-1.5e3`, true},
		{`{"a":1`, ``, false},
		{`{"a":1,`, `a=1`, false},
		{`{"a":1,"b"`, `a=1`, false},
		{`{"a":1,"b":`, `a=1`, false},
		{`{"a":1,"b":"x`, `a=1`, false},
		{`{"a" 1}`, ``, false},
		{`{a:1}`, ``, false},
		{`{"a":1 "b":2}`, ``, false},
		{`{"a":]}`, ``, false},
		{`["x`, ``, false},
		{`["x\"`, ``, false},
		{`[[1]`, ``, false},
		{`[[1`, ``, false},
		{`"a"`, ``, false},
		{`7`, ``, false},
		{``, ``, false},
		{"  \t\r\n", ``, false},
	} {
		m := membersOf([]byte(tt.text))
		var got []string
		for key, value, ok := m.next(); ok; key, value, ok = m.next() {
			got = append(got, fmt.Sprintf("%s=%s", key, value))
		}
		// After the end there is nothing more.
		if _, _, ok := m.next(); ok {
			t.Errorf("%s has a member behind its end", tt.text)
		}
		if strings.Join(got, " ") != tt.want || m.whole() != tt.whole {
			t.Errorf("members of %s = %q, whole %t, want %q, %t", tt.text, got, m.whole(), tt.want, tt.whole)
		}
	}
}

func TestRawStrings(t *testing.T) {
	for _, tt := range []struct{ raw, want string }{
		{`"gpt"`, "gpt"}, {`""`, ""}, {`"a"`, "a"}, {`"a\nb"`, "a\nb"}, {`"\u0041"`, "A"}, {`"\"`, ""}, {`"\\x"`, `\x`},
		{`"`, ""}, {`7`, ""}, {`{}`, ""}, {``, ""}, {`null`, ""}, {`x"`, ""},
	} {
		if got := words([]byte(tt.raw)); got != tt.want {
			t.Errorf("words(%s) = %q, want %q", tt.raw, got, tt.want)
		}
	}
	for raw, want := range map[string]bool{`{}`: true, `{"a":1}`: true, `{`: false, `[]`: false, ``: false, `"{}"`: false} {
		if got := isObject([]byte(raw)); got != want {
			t.Errorf("isObject(%s) = %t, want %t", raw, got, want)
		}
	}
}

func TestObjectsKeepEveryValue(t *testing.T) {
	const text = `{"n":1.50,"t":true,"f":false,"z":null,"s":"a\"b","l":[1,[],{}],"o":{"k\n":"v"}}`
	got := object([]byte(text))
	var want map[string]any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	for key := range want {
		if g, w := fmt.Sprintf("%#v", got[key]), fmt.Sprintf("%#v", want[key]); g != w && !(key == "l" || key == "o") {
			t.Errorf("%s = %s, want %s", key, g, w)
		}
	}
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("object = %s, want %s", g, w)
	}
}

func TestWhichFramesCarryUsage(t *testing.T) {
	for _, tt := range []struct {
		frame string
		want  bool
	}{
		{`{"usage":{"prompt_tokens":1}}`, true},
		{`{"usage" : {"prompt_tokens":1}}`, true},
		{"{\"usage\":\n\t{}}", true},
		{`{"usageMetadata":{}}`, true},
		{`{"usageMetadata" :{}}`, true},
		{`{"meta":{"billed_units":{}}}`, true},
		{`{"usage":null}`, false},
		{`{"usage":7}`, false},
		{`{"usage"`, false},
		{`{"usage":`, false},
		{`{"usage": `, false},
		{`"usage`, false},
		{`usage":{}`, false}, // not a key's beginning
		{`{"x_usage":{}}`, false},
		{`{"usage_more":{}}`, false},
		{`{"text":"usage: {}"}`, false},
		{`{"text":"\"usage\":{}"}`, false},
		{`{"text":"my usage","usage":{"a":1}}`, true},
		{`{"usage","usage":{}}`, true},
		{`{"a":"usage","b":{}}`, false},
		{`{}`, false},
		{``, false},
	} {
		if got := carriesUsage([]byte(tt.frame)); got != tt.want {
			t.Errorf("carriesUsage(%s) = %t, want %t", tt.frame, got, tt.want)
		}
	}
}

func TestTheDigitsThatANumberBeginsWith(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "9": 9, "10": 10, "1095": 1095, "12.5": 12, "7e3": 7, "-3": 0, "": 0, `"5"`: 0, "1/2": 1, "1:2": 1, "null": 0,
		"100000000": 100_000_000, "1000000001": 1_000_000_001, "99999999999999999999999": 999_999_999,
	} {
		if got := leading([]byte(text)); got != want {
			t.Errorf("leading(%s) = %d, want %d", text, got, want)
		}
	}
}

func TestTallyAtItsEdges(t *testing.T) {
	checkTallies(t, []tallyCase{
		{"space before a body", "chat/completions", []string{" \r\n\t" + `{"model":"m","usage":{"prompt_tokens":5,"completion_tokens":1}}`}, `{"prompt_tokens":5,"completion_tokens":1}`, "m", "", true},
		{"space around a count", "messages/count_tokens", []string{" \n{\"input_tokens\":14}\n "}, `{"input_tokens":14}`, "", "", true},
		{"a list of frames", "streamGenerateContent", []string{` [{"modelVersion":"g","usageMetadata":{"promptTokenCount":4}},{"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2}}]`},
			`{"promptTokenCount":4,"candidatesTokenCount":2}`, "g", "", true},
		{"usage of its own member", "chat/completions", []string{`{"model":"m","x_groq":{"id":"1","usage":{"prompt_tokens":5,"completion_tokens":1}}}`}, `{"prompt_tokens":5,"completion_tokens":1}`, "m", "", true},
		{"usage in a delta", "chat", []string{`{"type":"message-end","delta":{"usage":{"billed_units":{"input_tokens":5}}}}`}, `{"billed_units":{"input_tokens":5}}`, "", "", true},
		{"usage in a reply's meta", "chat", []string{`{"meta":{"billed_units":{"input_tokens":5}}}`}, `{"billed_units":{"input_tokens":5}}`, "", "", true},
		{"a meta without units is none", "chat", []string{`{"meta":{"usage":{"input_tokens":5}}}`}, ``, "", "", false},
		{"a report of the same size replaces the one before", "chat/completions",
			[]string{`{"usage":{"prompt_tokens":10,"completion_tokens":2}}`, `{"usage":{"prompt_tokens":10,"completion_tokens":2,"cost":1}}`},
			`{"prompt_tokens":10,"completion_tokens":2,"cost":1}`, "", "", true},
		{"a name of one letter", "chat/completions", []string{`{"model":"m","usage":{"prompt_tokens":1}}`}, `{"prompt_tokens":1}`, "m", "", true},
		{"an empty name names nothing", "chat/completions", []string{`{"model":"m","usage":{"prompt_tokens":1}}`, `{"model":"","usage":{"prompt_tokens":2}}`}, `{"prompt_tokens":2}`, "m", "", true},
		{"a tier within the usage", "messages", []string{`{"model":"m","usage":{"input_tokens":1,"service_tier":"priority"}}`}, `{"input_tokens":1,"service_tier":"priority"}`, "m", "priority", true},
		{"usage that is no object", "chat/completions", []string{`{"model":"m","usage":{"prompt_tokens":1}}`, `{"usage":[{"prompt_tokens":9}]}`}, `{"prompt_tokens":1}`, "m", "", true},
	})
}
