package responses

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

func TestRoute(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		op                 gateway.Op
		to, allow          string
	}{
		{"a response is made", "POST", "/responses", gateway.Responses, "/responses", "POST"},
		{"and not asked for", "GET", "/responses", "", "", "POST"},
		{"a conversation is made short", "POST", "/responses/compact", gateway.Compact, "/responses/compact", "POST"},
		{"tokens are counted", "POST", "/responses/input_tokens", gateway.CountTokens, "/responses/input_tokens", "POST"},
		{"what has a path of its own is no id", "GET", "/responses/compact", "", "", "POST"},
		{"a response is read", "GET", "/responses/resp_1", gateway.Stored, "/responses/resp_1", "GET, DELETE"},
		{"and deleted", "DELETE", "/responses/resp_1", gateway.Stored, "/responses/resp_1", "GET, DELETE"},
		{"and nothing else", "PUT", "/responses/resp_1", "", "", "GET, DELETE"},
		{"it is cancelled", "POST", "/responses/resp_1/cancel", gateway.Stored, "/responses/resp_1/cancel", "POST"},
		{"its input is read", "GET", "/responses/resp_1/input_items", gateway.Stored, "/responses/resp_1/input_items", "GET"},
		{"what is deeper is not there", "GET", "/responses/resp_1/input_items/x", "", "", ""},
		{"nor is what has no id", "GET", "/responses/", "", "", ""},
		{"nor what has none in front", "GET", "/responses//cancel", "", "", ""},
		{"an id is one segment", "GET", "/responses/a%2Fb", "", "", ""},
		{"it leads to no other thing", "DELETE", "/responses/..%2Ffiles%2Ffile-1", "", "", ""},
		{"nor from inside", "GET", "/responses/a%2F..%2F..%2Ffiles", "", "", ""},
		{"nor the other way round", "GET", "/responses/..%5Cfiles", "", "", ""},
		{"it is no query", "GET", "/responses/a%3Fb", "", "", ""},
		{"no parameter of a way up", "GET", "/responses/..;a", "", "", ""},
		{"and one line", "GET", "/responses/a%0D%0Ab", "", "", ""},
		{"what servers give stays as it is", "GET", "/responses/resp_a-B.9~=+:@", gateway.Stored, "/responses/resp_a-B.9~=+:@", "GET, DELETE"},
		{"with what it stood for", "GET", "/responses/%7Bmodel%7D", gateway.Stored, "/responses/%7Bmodel%7D", "GET, DELETE"},
		{"an id does not lead here", "GET", "/responses/.", "", "", ""},
		{"nor up", "DELETE", "/responses/..", "", "", ""},
		{"nor up in disguise", "GET", "/responses/%2e%2E/cancel", "", "", ""},
		{"nor up in a disguise of a disguise", "GET", "/responses/%252e%252e", "", "", ""},
		{"a broken escape is nothing", "GET", "/responses/%zz", "", "", ""},
		{"another path is another's", "POST", "/chat/completions", "", "", ""},
		{"so is one that begins alike", "POST", "/responsesX", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, allow := Dialect().Route(tt.method, tt.path)
			if r.Op != tt.op || r.Path != tt.to || allow != tt.allow {
				t.Errorf("got %+v, allow %q, want %s %s, %q", r, allow, tt.op, tt.to, tt.allow)
			}
		})
	}
}

func TestAsk(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{ // model stream max n tier background previous
		{"the model is enough", `{"model":"m"}`, "m false 0 1  false "},
		{"all of it", `{"model":"m","stream":true,"max_output_tokens":7,"service_tier":"flex","background":true,"previous_response_id":"resp_1","n":5}`, "m true 7 1 flex true resp_1"},
		{"null is not asked", `{"model":"m","stream":null,"max_output_tokens":null,"background":null,"previous_response_id":null}`, "m false 0 1  false "},
		{"what is no id is none", `{"model":"m","previous_response_id":5,"background":"true"}`, "m false 0 1  false "},
		{"what is deeper down is not asked", `{"model":"m","input":[{"stream":true,"previous_response_id":"x"}]}`, "m false 0 1  false "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := Dialect().Ask(dialect.Request{Body: []byte(tt.body)})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(a.Model, " ", a.Stream, a.MaxOutput, a.N, " ", a.Tier, " ", a.Background, " ", a.Previous); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if a, err := Dialect().Ask(dialect.Request{Route: dialect.Route{Op: gateway.Stored}}); err != nil || a.N != 0 {
		t.Errorf("a stored response is asked for with %+v, %v", a, err)
	}
	if _, err := Dialect().Ask(dialect.Request{Body: []byte(`{"input":"x"}`)}); err == nil || err.Field != "model" {
		t.Errorf("a request without a model: %v", err)
	}
}

// frames reads one stream.
func frames(t *testing.T, stream string) (out []wire.Frame) {
	t.Helper()
	var s wire.Splitter
	if err := s.Feed([]byte(stream), func(f wire.Frame) { out = append(out, f) }); err != nil || len(s.Rest()) > 0 {
		t.Fatalf("rest %q, %v", s.Rest(), err)
	}
	return out
}

func TestMark(t *testing.T) {
	const whole = dialect.End | dialect.Finish
	for _, tt := range []struct {
		name, frame string
		want        dialect.Mark
	}{
		{"a comment", ": ping\n\n", 0},
		{"a response that was created has not begun", `data: {"type":"response.created","response":{"usage":null,"error":null}}`, 0},
		{"nor has one that waits", `data: {"type":"response.queued","response":{}}`, 0},
		{"text is an answer", `data: {"type":"response.output_text.delta","delta":"\"usage\":{\"error\":1}"}`, dialect.Data},
		{"a search that was done is charged", `data: {"type":"response.output_item.done","item":{"type":"web_search_call","status":"completed"}}`, dialect.Data | dialect.Usage},
		{"an item that failed is one too", `data: {"type":"response.output_item.done","item":{"type":"mcp_call","error":{"code":1}}}`, dialect.Data},
		{"so is what nobody knows yet", `data: {"type":"response.brand_new","usage":{"input_tokens":1}}`, dialect.Data},
		{"and a sign of life", `data: {"type":"keepalive","sequence_number":3}`, dialect.Data},
		{"the end has the usage", `data: {"type":"response.completed","response":{"usage":{"input_tokens":1}}}`, whole | dialect.Usage},
		{"an end without usage has none", `data: {"type":"response.completed","response":{"usage":null,"output":[{"usage":{}}]}}`, whole},
		{"an answer that was cut off by a limit has ended", `data: {"type":"response.incomplete","response":{"usage":{}}}`, whole | dialect.Usage},
		{"so has one that was cancelled", `data: {"type":"response.cancelled","response":{}}`, whole},
		{"a failure ends it too", `data: {"type":"response.failed","response":{"error":{"code":"server_error"},"usage":null}}`, whole | dialect.Fault},
		{"and may have its usage", `data: {"type":"response.failed","response":{"error":{},"usage":{"input_tokens":1}}}`, whole | dialect.Fault | dialect.Usage},
		{"an end that cannot be read is looked at", `data: {"type":"response.completed","response":{"usage":`, whole | dialect.Usage},
		{"an error event", `data: {"type":"error","code":"x","message":"No."}`, dialect.Fault},
		{"an error event of the older shape", "event: error\ndata: {\"error\":{\"message\":\"No.\"}}", dialect.Fault},
		{"an error in the shape of Chat Completions", `data: {"error":{"message":"No."}}`, dialect.Fault},
		{"an error that is none", `data: {"error":null}`, dialect.Data},
		{"the name of the event stands for a type that comes late", "event: response.completed\ndata: {\"response\":{\"usage\":{}},\"type\":\"response.completed\"}", whole | dialect.Usage},
		{"without a name the type is looked for", `data: {"response":{"usage":{}},"type":"response.completed"}`, whole | dialect.Usage},
		{"a name that says nothing is passed over", "event: message\ndata: {\"response\":{},\"type\":\"response.completed\"}", whole},
		{"the type counts more than the name", "event: response.completed\ndata: {\"type\":\"response.created\"}", 0},
		{"some servers say goodbye", "data: [DONE]", dialect.End},
		{"what is no object is nothing", "data: 7", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := frames(t, strings.TrimRight(tt.frame, "\n")+"\n\n")
			if len(all) != 1 || mark(all[0]) != tt.want {
				t.Errorf("%d frames, the first is %v, want %v", len(all), mark(all[0]), tt.want)
			}
		})
	}
}

func TestOutputBytes(t *testing.T) {
	for _, tt := range []struct {
		name, frame string
		want        int
	}{
		{"text as it comes", `data: {"type":"response.output_text.delta","delta":"twelve bytes"}`, 12},
		{"thinking", `data: {"type":"response.reasoning_summary_text.delta","delta":"abc"}`, 3},
		{"arguments of tools", `data: {"type":"response.function_call_arguments.delta","delta":"{\"a\":1}"}`, 7},
		{"what was counted is not counted again", `data: {"type":"response.output_text.done","text":"twelve bytes"}`, 0},
		{"nor at the end", `data: {"type":"response.completed","response":{"output":[{"content":[{"text":"twelve bytes"}]}]}}`, 0},
		{"a whole reply", `data: {"id":"resp_1","text":{"format":{"type":"text"}},"output":[{"type":"reasoning","summary":[{"text":"abc"}]},{"type":"function_call","arguments":"{}"},{"content":[{"type":"output_text","text":"twelve bytes"}]}]}`, 17},
		{"what the client asked for is not counted", `data: {"id":"resp_1","instructions":"a","tools":[{"description":"b"}],"output":[]}`, 0},
		{"what is cut", `data: {"id":"resp_1","output":[{"text":"twel`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := outputBytes(frames(t, tt.frame+"\n\n")[0]); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	aiSDK := http.Header{"User-Agent": {"opencode/1.18.33 ai-sdk/provider-utils/4.0.5"}}
	minified := http.Header{"User-Agent": {"ls/JS 5.23.2"}}
	official := http.Header{"User-Agent": {"OpenAI/JS 6.49.0"}}
	for _, tt := range []struct {
		client http.Header
		kind   gateway.Kind
		status int
		header string
		body   string
	}{
		{nil, gateway.QuotaExceeded, 429, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{nil, gateway.Unpriced, 429, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{official, gateway.QuotaExceeded, 429, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{aiSDK, gateway.QuotaExceeded, 402, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{minified, gateway.QuotaExceeded, 402, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{aiSDK, gateway.Unpriced, 402, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"insufficient_quota","param":null,"code":"unpriced_model"}}`},
		{aiSDK, gateway.RateLimited, 429, "Retry-After: 2", `{"error":{"message":"<No>.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}`},
		{nil, gateway.RateLimited, 429, "Retry-After: 2", `{"error":{"message":"<No>.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}`},
		{nil, gateway.NotFound, 404, "X-Should-Retry: false", `{"error":{"message":"<No>.","type":"invalid_request_error","param":null,"code":"not_found"}}`},
		{nil, gateway.Internal, 500, "Retry-After: 2", `{"error":{"message":"<No>.","type":"server_error","param":null,"code":"internal_error"}}`},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			status, header, body := Dialect().For(tt.client).EncodeError(&gateway.Error{Kind: tt.kind, Message: "<No>.", RetryAfter: 1500 * time.Millisecond})
			name, value, _ := strings.Cut(tt.header, ": ")
			if status != tt.status || string(body) != tt.body || header.Get(name) != value || len(header) != 2 {
				t.Errorf("got %d %v %s, want %d, %s, %s", status, header, body, tt.status, tt.header, tt.body)
			}
			if status == http.StatusTooManyRequests && value == "false" && header.Get("Retry-After") != "" {
				t.Errorf("a limit says when to try again: %v", header)
			}
		})
	}
}

func TestEncodeStreamErrorIsOneFaultyFrame(t *testing.T) {
	all := frames(t, string(encodeStreamError(&gateway.Error{Kind: gateway.Unpriced, Message: "It was cut.\n\ndata: [DONE]"})))
	if len(all) != 1 || mark(all[0]) != dialect.Fault || all[0].Event != "error" {
		t.Fatalf("got %d frames, the first is %v", len(all), mark(all[0]))
	}
	var e struct {
		Type, Code, Message string
		Sequence            *int `json:"sequence_number"`
		Error               dialect.OpenAIError
	}
	if err := json.Unmarshal(all[0].Data, &e); err != nil || e.Type != "error" || e.Code != "insufficient_quota" || e.Sequence == nil || e.Error.Code != e.Code || e.Error.Message != e.Message {
		t.Errorf("got %s, %v", all[0].Data, err)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add("response.completed", []byte(`{"type":"response.completed","response":{"usage":{"input_tokens":1}}}`))
	f.Add("", []byte(`{"id":"resp_1","output":[{"text":"a"}]}`))
	f.Fuzz(func(t *testing.T, event string, data []byte) {
		frame := wire.Frame{Event: event, Data: data, HasData: true}
		m := mark(frame)
		if m.Has(dialect.OnlyUsage) || m.Has(dialect.Usage) && !m.Has(dialect.End) {
			t.Errorf("%q %q: marked %v", event, data, m)
		}
		if n := outputBytes(frame); n < 0 || n > len(data) {
			t.Errorf("%q %q: %d bytes", event, data, n)
		}
	})
}

func FuzzRoute(f *testing.F) {
	f.Add("GET", "/responses/resp_1/input_items")
	f.Add("GET", "/responses/%2e%2e")
	f.Fuzz(func(t *testing.T, method, path string) {
		r, _ := route(method, path)
		if r.Op != gateway.Stored {
			return
		}
		rest := strings.TrimPrefix(r.Path, "/responses/")
		id, tail, _ := strings.Cut(rest, "/")
		if strings.ContainsAny(id, "?#\\ ") || id == "" || id == "." || id == ".." || strings.Contains(tail, "/") {
			t.Errorf("%q leads to %q", path, r.Path)
		}
	})
}
