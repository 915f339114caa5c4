package gemini

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/wire"
)

func TestRoute(t *testing.T) {
	for _, tt := range []struct{ name, method, path, endpoint, model, allow string }{
		{"a model's method", "POST", "/models/gemini-2.5-flash:generateContent", "generateContent", "gemini-2.5-flash", "POST"},
		{"a stream", "POST", "/models/m:streamGenerateContent", "streamGenerateContent", "m", "POST"},
		{"a count", "POST", "/models/m:countTokens", "countTokens", "m", "POST"},
		{"an embedding", "POST", "/models/m:embedContent", "embedContent", "m", "POST"},
		{"several", "POST", "/models/m:batchEmbedContents", "batchEmbedContents", "m", "POST"},
		{"a slash is part of the name", "POST", "/models/sandbox/m:generateContent", "generateContent", "sandbox/m", "POST"},
		{"escaped or not", "POST", "/models/sandbox%2Fm%3AgenerateContent", "generateContent", "sandbox/m", "POST"},
		{"so is a colon", "POST", "/models/llama3:8b:generateContent", "generateContent", "llama3:8b", "POST"},
		{"a tuned model keeps its collection", "POST", "/tunedModels/mine:generateContent", "generateContent", "tunedModels/mine", "POST"},
		{"another HTTP method", "GET", "/models/m:generateContent", "", "", "POST"},
		{"an unknown method", "POST", "/models/m:predict", "", "", ""},
		{"no method", "GET", "/models/m", "", "", ""},
		{"the list", "GET", "/models", "", "", ""},
		{"another collection", "POST", "/files/m:generateContent", "", "", ""},
		{"no model", "POST", "/models/:generateContent", "", "", ""},
		{"a way up", "POST", "/models/..:generateContent", "", "", ""},
		{"a way up inside", "POST", "/models/a/../b:generateContent", "", "", ""},
		{"an escaped way up", "POST", "/models/..%2F..%2Fx:generateContent", "", "", ""},
		{"one that is escaped twice", "POST", "/models/..%252Fx:generateContent", "", "", ""},
		{"an empty part", "POST", "/models/a//b:generateContent", "", "", ""},
		{"a query inside", "POST", "/models/a%3Fkey=1:generateContent", "", "", ""},
		{"a line's end", "POST", "/models/a%0Ab:generateContent", "", "", ""},
		{"a dear method before the free one", "POST", "/models/m:generateContent:countTokens", "", "", ""},
		{"a broken escape", "POST", "/models/%zz:generateContent", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, allow := route(tt.method, tt.path)
			if r.Endpoint != tt.endpoint || r.Model != tt.model || allow != tt.allow {
				t.Errorf("got %+v, %q", r, allow)
			}
		})
	}
}

func TestAsk(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       dialect.Ask
	}{
		{"nothing said", `{}`, dialect.Ask{N: 1}},
		{"the most tokens", `{"generationConfig":{"maxOutputTokens":10}}`, dialect.Ask{N: 1, MaxOutput: 10}},
		{"in the other spelling", `{"generation_config":{"max_output_tokens":10}}`, dialect.Ask{N: 1, MaxOutput: 10}},
		{"of two the larger", `{"generationConfig":{"max_output_tokens":10,"maxOutputTokens":20}}`, dialect.Ask{N: 1, MaxOutput: 20}},
		{"several candidates", `{"generationConfig":{"candidateCount":3}}`, dialect.Ask{N: 3}},
		{"a tier", `{"serviceTier":"flex"}`, dialect.Ask{N: 1, Tier: "flex"}},
		{"by its long name", `{"service_tier":"SERVICE_TIER_PRIORITY"}`, dialect.Ask{N: 1, Tier: "priority"}},
		{"the path's model again", `{"model":"models/m"}`, dialect.Ask{N: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := route("POST", "/models/m:streamGenerateContent")
			got, e := ask(dialect.Request{Route: r, Body: []byte(tt.body)})
			if e != nil || got.Model != "m" || !got.Stream || got.N != tt.want.N || got.MaxOutput != tt.want.MaxOutput || got.Tier != tt.want.Tier {
				t.Errorf("got %+v, %v", got, e)
			}
		})
	}
}

func TestAskRefuses(t *testing.T) {
	for _, tt := range []struct{ name, method, model, body, field string }{
		{"what is no JSON", "generateContent", "m", `{"contents":`, ""},
		{"two of one key", "generateContent", "m", `{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":2}}`, "generationConfig.maxOutputTokens"},
		{"another model in the body", "generateContent", "m", `{"model":"models/dear"}`, "model"},
		{"in what is to be counted", "countTokens", "m", `{"generateContentRequest":{"model":"models/dear"}}`, "model"},
		{"in one of several", "batchEmbedContents", "m", `{"requests":[{"model":"models/m"},{"model":"models/dear"}]}`, "model"},
		{"in one of several, twice", "batchEmbedContents", "m", `{"requests":[{"model":"models/m"},{"model":"models/m","model":"models/dear"}]}`, "model"},
		{"a very long name", "generateContent", strings.Repeat("m", 600), `{}`, "model"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := route("POST", "/models/"+tt.model+":"+tt.method)
			if _, e := ask(dialect.Request{Route: r, Body: []byte(tt.body)}); e == nil || e.Kind != gateway.Invalid || e.Field != tt.field {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestRename(t *testing.T) {
	for _, tt := range []struct{ name, method, body, want string }{
		{"the path has the name alone", "generateContent", `{"contents":[]}`, `{"contents":[]}`},
		{"the body repeats it", "embedContent", `{ "model" : "models/m" ,"content":{}}`, `{ "model" : "models/big" ,"content":{}}`},
		{"without its collection", "embedContent", `{"model":"m"}`, `{"model":"big"}`},
		{"inside of what is counted", "countTokens", `{"generateContentRequest":{"model":"models/m","contents":[]}}`, `{"generateContentRequest":{"model":"models/big","contents":[]}}`},
		{"in each of several", "batchEmbedContents", `{"requests":[ {"content":{"parts":[{"text":"model"}]},"model":"models/m"}, {"model":"models/m"}]}`,
			`{"requests":[ {"content":{"parts":[{"text":"model"}]},"model":"models/big"}, {"model":"models/big"}]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := route("POST", "/models/m:"+tt.method)
			a, e := ask(dialect.Request{Route: r, Body: []byte(tt.body)})
			if e != nil {
				t.Fatal(e)
			}
			if got := string(a.Rename([]byte(tt.body), "big")); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if a.N != 0 && r.Op != gateway.Generate {
				t.Errorf("%s has %d answers to count", tt.method, a.N)
			}
		})
	}
}

func TestMark(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       dialect.Mark
	}{
		{"a piece", `{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`, dialect.Data},
		{"with usage", `{"candidates":[{}],"usageMetadata":{"promptTokenCount":1}}`, dialect.Data | dialect.Usage},
		{"the last", `{"candidates":[{"finishReason": "STOP"}],"usageMetadata":{}}`, dialect.Data | dialect.Usage | dialect.Finish},
		{"a blocked prompt is finished", `{"promptFeedback":{"blockReason":"SAFETY"}}`, dialect.Data | dialect.Finish},
		{"no reason is none", `{"candidates":[{"finishReason":null}]}`, dialect.Data},
		{"an error", `{"error":{"code":503}}`, dialect.Fault},
		{"an error inside of arguments is none", `{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"error":"x"}}}]}}]}`, dialect.Data},
		{"an array's end", "]", dialect.End},
		{"nothing", "", 0},
		{"what is no object", "[DONE]", 0},
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
		{"text", `{"parts":[{"text":"four"}]}`, 4},
		{"thoughts are", `{"parts":[{"text":"hm","thought":true,"thoughtSignature":"abcd"}]}`, 2},
		{"arguments once", `{"parts":[{"functionCall":{"name":"f","args":{"text":"four"}}},{"text":"x"}]}`, 16},
		{"programs are, what they print is not", `{"parts":[{"executableCode":{"code":"1+1"}},{"codeExecutionResult":{"output":"2","text":"x"}}]}`, 3},
		{"pictures are no text", `{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}`, 0},
		{"what was found elsewhere is not", `{"candidates":[{"content":{"parts":[{"text":"ab"}]},"groundingMetadata":{"groundingSupports":[{"segment":{"text":"ab"}}]}}]}`, 2},
		{"an array is the sum", `[{"parts":[{"text":"ab"}]},{"parts":[{"text":"cd"}]}]`, 4},
		{"what was cut is counted until there", `{"parts":[{"functionCall":{"args":{"a":`, 0},
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
		word   string
	}{
		{gateway.Invalid, 400, "INVALID_ARGUMENT"},
		{gateway.Unauthorized, 401, "UNAUTHENTICATED"},
		{gateway.QuotaExceeded, 402, "FAILED_PRECONDITION"},
		{gateway.Unpriced, 402, "FAILED_PRECONDITION"},
		{gateway.Forbidden, 403, "PERMISSION_DENIED"},
		{gateway.NotFound, 404, "NOT_FOUND"},
		{gateway.TooLarge, 413, "INVALID_ARGUMENT"},
		{gateway.RateLimited, 429, "RESOURCE_EXHAUSTED"},
		{gateway.Internal, 500, "INTERNAL"},
		{gateway.BadUpstream, 502, "UNAVAILABLE"},
		{gateway.Overloaded, 503, "UNAVAILABLE"},
		{gateway.Timeout, 504, "DEADLINE_EXCEEDED"},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			status, header, body := encodeError(&gateway.Error{Kind: tt.kind, Message: "<No>."})
			var got struct {
				Error struct {
					Code            int
					Message, Status string
					Details         []any
				}
			}
			err := json.Unmarshal(body, &got)
			if e := got.Error; err != nil || status != tt.status || e.Code != status || e.Status != tt.word || e.Message != "<No>." || e.Details != nil || header.Get("Content-Type") != "application/json" {
				t.Errorf("got %d %s, %v", status, body, err)
			}
		})
	}
}

func TestErrorDetails(t *testing.T) {
	_, header, body := encodeError(&gateway.Error{Kind: gateway.RateLimited, Message: "Wait.", RetryAfter: 1500 * time.Millisecond})
	if want := `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}`; !strings.Contains(string(body), want) || header.Get("Retry-After") != "2" {
		t.Errorf("got %v %s, want %s", header, body, want)
	}
	_, _, body = encodeError(&gateway.Error{Kind: gateway.Invalid, Message: "No.", Field: "model"})
	if want := `"fieldViolations":[{"field":"model","description":"No."}]`; !strings.Contains(string(body), want) {
		t.Errorf("got %s, want %s", body, want)
	}
}

func TestEncodeStreamErrorIsOneFaultyFrame(t *testing.T) {
	var s wire.Splitter
	var frames []wire.Frame
	err := s.Feed(encodeStreamError(&gateway.Error{Kind: gateway.StreamIncomplete, Message: "It was cut.\n\ndata: x"}), func(f wire.Frame) {
		frames = append(frames, f)
	})
	if err != nil || len(frames) != 1 || mark(frames[0]) != dialect.Fault {
		t.Errorf("got %d frames, %v", len(frames), err)
	}
}

func TestSecret(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header http.Header
		query  string
		want   string
	}{
		{"x-goog-api-key", http.Header{"X-Goog-Api-Key": {"a"}}, "", "a"},
		{"it comes before the query's", http.Header{"X-Goog-Api-Key": {"a"}}, "key=b", "a"},
		{"the query's alone", http.Header{}, "alt=sse&key=b%2B", "b+"},
		{"a token", http.Header{"Authorization": {"Bearer c"}}, "", "c"},
		{"nothing", http.Header{}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Dialect().Secret(tt.header, tt.query); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzRoute(f *testing.F) {
	f.Add("/models/sandbox/m:generateContent")
	f.Fuzz(func(t *testing.T, path string) {
		if r, _ := route("POST", path); r.Op != "" && (strings.Contains("/"+r.Model+"/", "/../") || r.Model == "" || strings.ContainsAny(r.Model, "%?#\n")) {
			t.Fatalf("%q leads to %q", path, r.Model)
		}
	})
}
