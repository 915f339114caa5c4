package anthropic

import (
	"net/http"
	"strings"
	"testing"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

func TestAsk(t *testing.T) {
	const body = `{"model":"claude-sonnet-5","max_tokens":128000,"stream":true,"service_tier":"auto",` +
		`"messages":[{"role":"system","content":"x","output_config":{"effort":"low"}}],"thinking":{"type":"adaptive"}}`
	a, err := Dialect().Ask(dialect.Request{Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if a.Model != "claude-sonnet-5" || !a.Stream || a.MaxOutput != 128000 || a.N != 1 || a.Tier != "auto" || a.IncludeUsage {
		t.Errorf("got %+v", a)
	}
	if got, want := string(a.Rename([]byte(body), "x")), strings.Replace(body, "claude-sonnet-5", "x", 1); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAskRefuses(t *testing.T) {
	for _, tt := range []struct{ name, body, field string }{
		{"no model", `{"max_tokens":1}`, "model"},
		{"two models", `{"model":"a","Model":"b"}`, "model"},
		{"a stream that is no bool", `{"model":"a","stream":"yes"}`, "stream"},
		{"no JSON", `{`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Dialect().Ask(dialect.Request{Body: []byte(tt.body)})
			if err == nil || err.Kind != gateway.Invalid || err.Field != tt.field {
				t.Errorf("got %+v, want %s at %q", err, gateway.Invalid, tt.field)
			}
		})
	}
}

func TestMark(t *testing.T) {
	for _, tt := range []struct {
		name, event, data string
		want              dialect.Mark
	}{
		{"a comment is nothing", "", ``, 0},
		{"a ping is nothing", "ping", `{"type": "ping"}`, 0},
		{"the start has usage", "message_start", `{"type":"message_start","message":{"usage":{"input_tokens":1}}}`, dialect.Data | dialect.Usage},
		{"a start without usage has none", "message_start", `{"type":"message_start","message":{"usage":null}}`, dialect.Data},
		{"text is data", "content_block_delta", `{"type":"content_block_delta","delta":{"type":"text_delta","text":"\"usage\":{}"}}`, dialect.Data},
		{"the type may stand behind", "content_block_delta", `{"delta":{"type":"ping"},"type":"content_block_delta"}`, dialect.Data},
		{"the data's type is believed, not the event", "ping", `{"type":"message_stop"}`, dialect.End},
		{"without a type the event is", "message_stop", `{}`, dialect.End},
		{"the last delta has usage and a reason", "message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}`,
			dialect.Data | dialect.Usage | dialect.Finish},
		{"one without a reason is not the finish", "message_delta", `{"type":"message_delta","delta":{"stop_reason":null},"usage":{}}`, dialect.Data | dialect.Usage},
		{"the stop is the end", "message_stop", `{"type":"message_stop"         }`, dialect.End},
		{"an error is a fault", "error", `{"type":"error","error":{"type":"overloaded_error"}}`, dialect.Fault},
		{"so is one in another shape", "", `{"error":{"message":"no"}}`, dialect.Fault},
		{"what is new is data", "future", `{"type":"future","error":null,"x":1}`, dialect.Data},
		{"and may have usage", "future", `{"type":"future","usage":{"input_tokens":1}}`, dialect.Data | dialect.Usage},
		{"what is broken passes", "future", `{"type":`, dialect.Data},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mark(wire.Frame{Event: tt.event, Data: []byte(tt.data), HasData: true}); got != tt.want {
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
		{"text is written", `{"type":"content_block_delta","delta":{"type":"text_delta","text":"four"}}`, 4},
		{"thinking is", `{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}`, 2},
		{"arguments are", `{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}`, 5},
		{"a signature is not", `{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"abcd"}}`, 0},
		{"what a tool found is not", `{"type":"content_block_start","content_block":{"type":"web_search_tool_result","content":[{"text":"far"}]}}`, 0},
		{"the start is not", `{"type":"message_start","message":{"content":[{"text":"x"}]}}`, 0},
		{"arguments count once", `{"content":[{"input":{"text":"four","input":{"b":2}}},{"text":"four"}],"type":"message"}`, 35},
		{"a whole reply is", `{"content":[{"text":"four"},{"input":{"a":1}},{"thinking":"hm"}],"type":"message"}`, 13},
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
		label  string
		retry  string
	}{
		{gateway.Invalid, 400, "invalid_request_error", "false"},
		{gateway.Unauthorized, 401, "authentication_error", "false"},
		{gateway.QuotaExceeded, 402, "billing_error", "false"},
		{gateway.Unpriced, 402, "billing_error", "false"},
		{gateway.Forbidden, 403, "permission_error", "false"},
		{gateway.NotFound, 404, "not_found_error", "false"},
		{gateway.TooLarge, 413, "request_too_large", "false"},
		{gateway.RateLimited, 429, "rate_limit_error", ""},
		{gateway.Internal, 500, "api_error", ""},
		{gateway.BadUpstream, 502, "api_error", ""},
		{gateway.Unreachable, 502, "api_error", ""},
		{gateway.NoChannel, 503, "api_error", "false"},
		{gateway.Locked, 503, "api_error", ""},
		{gateway.Storage, 503, "api_error", ""},
		{gateway.Overloaded, 503, "overloaded_error", ""},
		{gateway.Timeout, 504, "timeout_error", ""},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			status, header, body := encodeError(&gateway.Error{Kind: tt.kind, Message: "<No>."})
			want := `{"type":"error","error":{"type":"` + tt.label + `","message":"<No>."}}`
			if status != tt.status || string(body) != want || header.Get("X-Should-Retry") != tt.retry {
				t.Errorf("got %d %v %s, want %d, retry %q, %s", status, header, body, tt.status, tt.retry, want)
			}
		})
	}
}

func TestEncodeStreamErrorIsOneFaultyFrame(t *testing.T) {
	var s wire.Splitter
	var frames []wire.Frame
	err := s.Feed(encodeStreamError(&gateway.Error{Kind: gateway.StreamIncomplete, Message: "It was cut.\n\ndata: x"}), func(f wire.Frame) {
		frames = append(frames, f)
	})
	if err != nil || len(frames) != 1 || mark(frames[0]) != dialect.Fault || frames[0].Event != "error" {
		t.Errorf("got %d frames, %v", len(frames), err)
	}
}

func TestSecret(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header http.Header
		want   string
	}{
		{"x-api-key", http.Header{"X-Api-Key": {"a"}}, "a"},
		{"it comes before a token", http.Header{"X-Api-Key": {"a"}, "Authorization": {"Bearer b"}}, "a"},
		{"a token alone", http.Header{"Authorization": {"Bearer b"}}, "b"},
		{"nothing", http.Header{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Dialect().Secret(tt.header, ""); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func BenchmarkMark(b *testing.B) {
	f := wire.Frame{Event: "content_block_delta", HasData: true,
		Data: []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" some words of text"}}`)}
	b.ReportAllocs()
	for b.Loop() {
		mark(f)
		outputBytes(f)
	}
}
