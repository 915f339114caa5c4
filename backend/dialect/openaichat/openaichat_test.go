package openaichat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

func TestAsk(t *testing.T) {
	for _, tt := range []struct {
		name string
		body string
		want string // model stream max n usage tier
	}{
		{"the model is enough", `{"model":"m"}`, "m false 0 1 false "},
		{"all of it", `{"model":"m","stream":true,"max_tokens":7,"n":2,"stream_options":{"include_usage":true},"service_tier":"flex"}`, "m true 7 2 true flex"},
		{"names are unescaped", `{"model":"gpt\u002d5"}`, "gpt-5 false 0 1 false "},
		{"null is not asked", `{"model":"m","stream":null,"max_tokens":null,"n":null,"stream_options":null,"service_tier":null}`, "m false 0 1 false "},
		{"the newer spelling of max counts", `{"model":"m","max_completion_tokens":9}`, "m false 9 1 false "},
		{"of two spellings the larger counts", `{"model":"m","max_tokens":7,"max_completion_tokens":9}`, "m false 9 1 false "},
		{"one that cannot be read leaves no limit", `{"model":"m","max_tokens":-1,"max_completion_tokens":9}`, "m false 0 1 false "},
		{"zero is no limit", `{"model":"m","max_tokens":0}`, "m false 0 1 false "},
		{"nor is a number beyond all numbers", `{"model":"m","max_tokens":9223372036854775808,"n":1e308}`, "m false 0 1 false "},
		{"a huge number is bounded", `{"model":"m","max_tokens":9223372036854775807,"n":9223372036854775807}`, "m false 1099511627776 1048576 false "},
		{"a fraction is no number of tokens", `{"model":"m","max_tokens":1.5}`, "m false 0 1 false "},
		{"nor is a string", `{"model":"m","max_tokens":"5","n":"5"}`, "m false 0 1 false "},
		{"nor a list", `{"model":"m","max_tokens":[5],"n":[5]}`, "m false 0 1 false "},
		{"what is deeper down is not asked", `{"model":"m","metadata":{"stream":true,"max_tokens":5}}`, "m false 0 1 false "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Dialect().Ask(dialect.Request{Body: []byte(tt.body)})
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(a.Model, " ", a.Stream, a.MaxOutput, a.N, a.IncludeUsage, " ", a.Tier)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAskRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, body, field string
	}{
		{"no body", ``, ""},
		{"what is no JSON", `model=m`, ""},
		{"what is no object", `["model"]`, ""},
		{"a request without a model", `{"messages":[]}`, "model"},
		{"a model that is null", `{"model":null}`, "model"},
		{"a model that is no string", `{"model":["m"]}`, "model"},
		{"an empty model", `{"model":""}`, "model"},
		{"a model of a thousand letters", `{"model":"` + strings.Repeat("m", 1000) + `"}`, "model"},
		{"two models", `{"model":"cheap","model":"dear"}`, "model"},
		{"two models in disguise", `{"model":"cheap","MODE\u004c":"dear"}`, "model"},
		{"a stream that is no bool", `{"model":"m","stream":"true"}`, "stream"},
		{"a stream that is a number", `{"model":"m","stream":1}`, "stream"},
		{"two limits", `{"model":"m","max_tokens":1,"max_tokens":1000000}`, "max_tokens"},
		{"two wishes for usage", `{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}`, "stream_options.include_usage"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Dialect().Ask(dialect.Request{Body: []byte(tt.body)})
			if err == nil || err.Kind != gateway.Invalid || err.Field != tt.field || !strings.HasSuffix(err.Message, ".") {
				t.Errorf("got %+v, want %s at %q with a sentence", err, gateway.Invalid, tt.field)
			}
		})
	}
}

func TestRewrite(t *testing.T) {
	for _, tt := range []struct {
		name, body, model, want string
	}{
		{"what is asked already stays", `{"model":"m","stream_options":{"include_usage":true}}`, "m", `{"model":"m","stream_options":{"include_usage":true}}`},
		{"options are added", `{ "model" : "m" }` + "\n", "m", `{ "model" : "m","stream_options":{"include_usage":true} }` + "\n"},
		{"null options are replaced", `{"stream_options":null,"model":"m"}`, "m", `{"stream_options":{"include_usage":true},"model":"m"}`},
		{"a wish is added to options", `{"stream_options":{"x":1},"model":"m"}`, "m", `{"stream_options":{"x":1,"include_usage":true},"model":"m"}`},
		{"a wish is added to empty options", `{"stream_options":{},"model":"m"}`, "m", `{"stream_options":{"include_usage":true},"model":"m"}`},
		{"no is turned into yes", `{"stream_options":{"include_usage" : false},"model":"m"}`, "m", `{"stream_options":{"include_usage" : true},"model":"m"}`},
		{"nonsense is left to the upstream", `{"stream_options":[1],"model":"m"}`, "m", `{"stream_options":[1],"model":"m"}`},
		{"deeper nonsense too", `{"stream_options":{"include_usage":"maybe"},"model":"m"}`, "m", `{"stream_options":{"include_usage":"maybe"},"model":"m"}`},
		{"both at once", `{"model":"a","max_tokens":1.0,"x":{"model":"a"}}`, `b"`, `{"model":"b\"","max_tokens":1.0,"x":{"model":"a"},"stream_options":{"include_usage":true}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Dialect().Ask(dialect.Request{Body: []byte(tt.body)})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(a.Rewrite([]byte(tt.body), tt.model)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRename(t *testing.T) {
	const body = `{"model":"a","messages":[{"content":"a\u00e9"}],"stream":true}`
	a, err := Dialect().Ask(dialect.Request{Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(a.Rename([]byte(body), "vendor/b")); got != strings.Replace(body, `"a"`, `"vendor/b"`, 1) {
		t.Errorf("got %s", got)
	}
	if got := string(a.Rename([]byte(body), "a")); got != body {
		t.Errorf("the same name: got %s", got)
	}
}

func TestMark(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       dialect.Mark
	}{
		{"a comment is nothing", ``, 0},
		{"what is no object is no chunk", `ping`, 0},
		{"text is data", `{"choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":null}`, dialect.Data},
		{"text may speak of usage and errors", `{"choices":[{"delta":{"content":"\"usage\":{},\"error\":1,\"finish_reason\":\"stop\""}}]}`, dialect.Data},
		{"a chunk without choices is data", `{"choices":[],"prompt_filter_results":[{}]}`, dialect.Data},
		{"a reason to stop is the finish", `{"choices":[{"finish_reason":null},{"finish_reason" : "stop"}]}`, dialect.Data | dialect.Finish},
		{"usage beside a choice is no extra frame", `{"choices":[{"finish_reason":"stop"}],"usage":{"a":1}}`, dialect.Data | dialect.Finish | dialect.Usage},
		{"usage without choices is the extra frame", `{"choices":[],"usage":{"a":1}}`, dialect.Usage | dialect.OnlyUsage},
		{"so it is with null", `{"choices":null,"usage":{"a":1}}`, dialect.Usage | dialect.OnlyUsage},
		{"or with none", `{"usage" : {"a":1}}`, dialect.Usage | dialect.OnlyUsage},
		{"usage inside something else is not", `{"x":{"usage":{"a":1}}}`, dialect.Data | dialect.Usage},
		{"a first null does not hide usage", `{"usage":null,"x_groq":{"usage":{}},"choices":[{}]}`, dialect.Data | dialect.Usage},
		{"an error is a fault", `{"error":{"message":"no"}}`, dialect.Fault},
		{"so is one beside a choice", `{"choices":[{"finish_reason":"error"}],"error":{"code":502}}`, dialect.Fault | dialect.Finish},
		{"an empty error is none", `{"error":null,"choices":[{}]}`, dialect.Data},
		{"an error deeper down is none", `{"choices":[{"error":{}}]}`, dialect.Data},
		{"the end", `[DONE]`, dialect.End},
		{"the end with a space", `[DONE] `, dialect.End},
		{"what is broken passes", `{"usage":{"a"`, dialect.Data | dialect.Usage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mark(wire.Frame{Data: []byte(tt.data), HasData: true}); got != tt.want {
				t.Errorf("got %b, want %b", got, tt.want)
			}
		})
	}
}

func TestOutputBytes(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       int
	}{
		{"the role is not written", `{"choices":[{"delta":{"role":"assistant","content":null}}]}`, 0},
		{"text is", `{"choices":[{"delta":{"content":"four"}},{"delta":{"content": "more"}}]}`, 8},
		{"escapes are what they stand for", `{"choices":[{"delta":{"content":"\n\"\u20ac\\"}}]}`, 6},
		{"arguments are", `{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]}`, 2},
		{"thinking and refusing are", `{"choices":[{"delta":{"reasoning_content":"hm","refusal":"no"}}]}`, 4},
		{"a text that is cut ends with the frame", `{"content":"ab\`, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := outputBytes(wire.Frame{Data: []byte(tt.data)}); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	for _, tt := range []struct {
		kind   gateway.Kind
		status int
		body   string
		header string
	}{
		{gateway.QuotaExceeded, 402, `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, "X-Should-Retry: false"},
		{gateway.Unpriced, 402, `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"unpriced_model"}}`, "X-Should-Retry: false"},
		{gateway.RateLimited, 429, `{"error":{"message":"<No>.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}`, "Retry-After: 2"},
		{gateway.Locked, 503, `{"error":{"message":"<No>.","type":"server_error","param":null,"code":"keychain_locked"}}`, "Retry-After: 2"},
		{gateway.Invalid, 400, `{"error":{"message":"<No>.","type":"invalid_request_error","param":null,"code":"invalid_request"}}`, "X-Should-Retry: false"},
		{"something new", 500, `{"error":{"message":"<No>.","type":"server_error","param":null,"code":"internal_error"}}`, "Retry-After: 2"},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			status, header, body := encodeError(&gateway.Error{Kind: tt.kind, Message: "<No>.", RetryAfter: 1500 * time.Millisecond})
			name, value, _ := strings.Cut(tt.header, ": ")
			if status != tt.status || string(body) != tt.body || header.Get(name) != value || len(header) != 2 {
				t.Errorf("got %d %v %s, want %d, %s, %s", status, header, body, tt.status, tt.header, tt.body)
			}
		})
	}
}

func TestEncodeErrorNamesTheField(t *testing.T) {
	_, _, body := encodeError(&gateway.Error{Kind: gateway.Invalid, Message: "No.", Field: "stream"})
	var got struct{ Error dialect.OpenAIError }
	if err := json.Unmarshal(body, &got); err != nil || got.Error.Param == nil || *got.Error.Param != "stream" {
		t.Errorf("got %s, %v", body, err)
	}
}

func TestEncodeStreamErrorIsOneFaultyFrame(t *testing.T) {
	var s wire.Splitter
	var marks []dialect.Mark
	err := s.Feed(encodeStreamError(&gateway.Error{Kind: gateway.StreamIncomplete, Message: "It was cut.\n\ndata: [DONE]"}), func(f wire.Frame) {
		marks = append(marks, mark(f))
	})
	if err != nil || len(marks) != 1 || marks[0] != dialect.Fault || len(s.Rest()) != 0 {
		t.Errorf("got %v, rest %q, %v", marks, s.Rest(), err)
	}
}

func TestSecret(t *testing.T) {
	for _, tt := range []struct{ name, header, want string }{
		{"a bearer token", "Bearer sk-weir-a", "sk-weir-a"},
		{"its scheme has no case", "bearer  sk-weir-a ", "sk-weir-a"},
		{"another scheme", "Basic sk-weir-a", ""},
		{"no scheme", "sk-weir-a", ""},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Authorization": {tt.header}, "X-Api-Key": {"other"}}
			if got := Dialect().Secret(h, ""); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzAsk(f *testing.F) {
	f.Add([]byte(`{"model":"m","stream":true,"stream_options":{"include_usage":false},"max_tokens":-1,"n":1e9}`), "b")
	f.Add([]byte(` {"stream_options":null,"model":"a"} `), `\"`)
	f.Fuzz(func(t *testing.T, body []byte, model string) {
		a, err := Dialect().Ask(dialect.Request{Body: body})
		if err != nil {
			if err.Kind != gateway.Invalid || err.Message == "" {
				t.Fatalf("%q: %+v", body, err)
			}
			return
		}
		out := a.Rewrite(body, "x"+model)
		b, err := Dialect().Ask(dialect.Request{Body: out})
		if err != nil || a.N != b.N || a.MaxOutput != b.MaxOutput || a.Stream != b.Stream {
			t.Fatalf("%q became %q: %+v, %v", body, out, b, err)
		}
		if again := b.Rewrite(out, b.Model); string(again) != string(out) {
			t.Fatalf("%q became %q", out, again)
		}
	})
}

func FuzzMark(f *testing.F) {
	f.Add([]byte(`{"choices":[],"usage":{"a":1},"error":null}`))
	f.Add([]byte(`{"content":"\u12`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := mark(wire.Frame{Data: data, HasData: true})
		if m.Has(dialect.Data) && m.Has(dialect.OnlyUsage) || m.Has(dialect.OnlyUsage) && !m.Has(dialect.Usage) {
			t.Fatalf("%q: %b", data, m)
		}
		if n := outputBytes(wire.Frame{Data: data}); n < 0 || n > 5*len(data) {
			t.Fatalf("%q: %d bytes written", data, n)
		}
	})
}

func BenchmarkMark(b *testing.B) {
	f := wire.Frame{HasData: true, Data: []byte(`{"id":"chatcmpl-weir0001","object":"chat.completion.chunk","created":1754400000,"model":"gpt-4o-2024-08-06",` +
		`"service_tier":"default","system_fingerprint":"fp_weir","usage":null,"choices":[{"index":0,"delta":{"content":" some words"},` +
		`"logprobs":null,"finish_reason":null}],"obfuscation":"aaaaaaaaaaa"}`)}
	b.ReportAllocs()
	for b.Loop() {
		mark(f)
		outputBytes(f)
	}
}
