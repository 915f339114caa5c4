package relay

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"weir/backend/gateway"
	"weir/billing"
	"weir/test/standin"
)

const responsesText = `{"model":"gpt-5","input":[{"role":"user","content":"Grüße 水"}],"store":true,"x_unknown":{"n":1.0e0},"stream":`

func responsesBody(stream bool) string {
	if stream {
		return responsesText + "true}"
	}
	return responsesText + "false}"
}

// respond sends a Responses body and waits for its call's end.
func (h *house) respond(body string, edit func(*http.Request)) sent {
	h.t.Helper()
	return h.post("responses", body, edit)
}

// reach sends a request without a body to a path of the Responses dialect.
func (h *house) reach(method, path string) sent {
	h.t.Helper()
	return h.post("responses", "", func(r *http.Request) {
		path, query, _ := strings.Cut(path, "?")
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Body, r.ContentLength = http.NoBody, 0
	})
}

func TestResponses(t *testing.T) {
	for _, mode := range []string{"ok?in=300&cached=700&out=50&reasoning=9&chunks=7", "ok?cache_write=40", "response-incomplete?out=7"} {
		for _, stream := range []bool{false, true} {
			name := mode
			if stream {
				name += " streamed"
			}
			t.Run(name, func(t *testing.T) {
				h := build(t)
				h.channel("openai-chat", nil)
				if err := h.up.Script(mode); err != nil {
					t.Fatal(err)
				}
				got := h.respond(responsesBody(stream), nil)
				e := h.up.Journal.Entries()[0]
				if string(e.Body) != responsesBody(stream) || e.Path != "/openai/v1/responses" {
					t.Errorf("the upstream got %s %q, want %q", e.Path, e.Body, responsesBody(stream))
				}
				if !bytes.Equal(got.body, e.Written) || got.err != nil {
					t.Errorf("the client got %d bytes (%v), the upstream wrote %d", len(got.body), got.err, len(e.Written))
				}
				want := e.UsageSent.Meters("openai")
				for name, n := range got.call.Bill.Usage.Meters() {
					if want[name] != n {
						t.Errorf("meter %s = %d, want %d", name, n, want[name])
					}
				}
				if c := got.call; c.State != gateway.Settled || c.Basis != gateway.Exact || c.End != gateway.Finished || c.Dialect != "responses" || c.Op != gateway.Responses || cost(c) == "unknown" {
					t.Errorf("the call is %+v", c)
				}
				h.check()
			})
		}
	}
}

// TestResponseThatFails: what an upstream says of its failure passes, and is settled by what it reports.
func TestResponseThatFails(t *testing.T) {
	for _, tt := range []struct {
		name, mode string
		stream     bool
		basis      gateway.Basis
		charged    bool
	}{
		{"a failure with its usage is charged by it", "response-failed?in=40&out=9", true, gateway.Exact, true},
		{"one at once may have been charged", "response-failed-first", true, gateway.Estimated, true},
		{"so may one that is no stream", "response-failed-first", false, gateway.Estimated, true},
		{"an error event in the middle is charged by what came", "sse-error-mid?at=7", true, gateway.Estimated, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", nil)
			if err := h.up.Script(tt.mode); err != nil {
				t.Fatal(err)
			}
			got := h.respond(responsesBody(tt.stream), nil)
			if e := h.up.Journal.Entries()[0]; got.status != 200 || !bytes.Equal(got.body, e.Written) {
				t.Errorf("the client got %d %q, the upstream wrote %q", got.status, got.body, e.Written)
			}
			if c := got.call; c.End != gateway.Failed || c.Basis != tt.basis || (c.Charge.Pico() > 0) != tt.charged || c.Err == nil {
				t.Errorf("the call is %s, %s, charge %s, %v", c.End, c.Basis, c.Charge, c.Err)
			}
			h.check()
		})
	}
}

// TestFailureRightAfterTheBeginning: a response that was created has not begun, so another
// channel answers and nothing of the first is seen.
func TestFailureRightAfterTheBeginning(t *testing.T) {
	for _, mode := range []string{"response-failed-first", "cut?at=2", "sse-error-first"} {
		t.Run(mode, func(t *testing.T) {
			h := build(t)
			bad := standin.Start(t, standin.Options{Default: mode})
			h.channel("openai-chat", func(c *gateway.Channel) { c.BaseURL, c.Priority = bad.OpenAI(), 9 })
			good := h.channel("openai-chat", nil)
			got := h.respond(responsesBody(true), nil)
			if e := h.up.Journal.Entries()[0]; got.header.Get("X-Weir-Channel") != good.ID || !bytes.Equal(got.body, e.Written) {
				t.Errorf("the client got %q with %v", got.body, got.header)
			}
			if c := got.call; len(c.Attempts) != 2 || c.Attempts[0].Result != gateway.Maybe || c.End != gateway.Finished {
				t.Errorf("the call is %+v", c)
			}
			h.check()
		})
	}
}

// TestCutResponse: the client reads one error event, flat and nested, and no end is invented.
func TestCutResponse(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	if err := h.up.Script("cut?at=6"); err != nil {
		t.Fatal(err)
	}
	got := h.respond(responsesBody(true), nil)
	_, last, ok := bytes.Cut(got.body, []byte("event: error\ndata: "))
	var e struct {
		Type, Code, Message string
		Error               struct{ Code, Message string }
	}
	if err := json.Unmarshal(last, &e); !ok || err != nil || e.Type != "error" || e.Code != "stream_incomplete" || e.Error.Message != e.Message || e.Message == "" {
		t.Errorf("the stream ends in %q, %v", last, err)
	}
	if bytes.Contains(got.body, []byte("response.completed")) || got.call.End != gateway.UpstreamCut || got.call.Basis != gateway.Estimated {
		t.Errorf("%s, %s: %s", got.call.End, got.call.Basis, got.body)
	}
	h.check()
}

// TestQuotaOfCodex: at a limit Codex is told what makes it stop, and the row says the same.
func TestQuotaOfCodex(t *testing.T) {
	for _, tt := range []struct {
		name, limit, model string
		kind               gateway.Kind
	}{
		{"a limit is reached", "0.0001usd/day", "gpt-5", gateway.QuotaExceeded},
		{"a model has no price", "5usd/day", "mystery", gateway.Unpriced},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", nil)
			h.limit(tt.limit)
			got := h.respond(strings.Replace(responsesBody(true), "gpt-5", tt.model, 1), nil)
			var e struct {
				Error struct{ Message, Type, Code string }
			}
			if err := json.Unmarshal(got.body, &e); err != nil || got.status != 429 || e.Error.Type != "insufficient_quota" || e.Error.Code != "insufficient_quota" {
				t.Errorf("got %d %s", got.status, got.body)
			}
			if got.header.Get("X-Should-Retry") != "false" || got.header.Get("Retry-After") != "" || got.call.HTTPStatus != 429 || got.call.Err.Kind != tt.kind {
				t.Errorf("header %v, the row says %d, %+v", got.header, got.call.HTTPStatus, got.call.Err)
			}
			repeats := func(r *http.Request) { r.Header.Set("User-Agent", "ai-sdk/openai/3.0.141") }
			if got := h.respond(strings.Replace(responsesBody(true), "gpt-5", tt.model, 1), repeats); got.status != 402 || got.call.HTTPStatus != 402 {
				t.Errorf("who repeats a 429 got %d, the row says %d", got.status, got.call.HTTPStatus)
			}
			counted := h.respond(strings.Replace(responsesBody(false), "gpt-5", tt.model, 1), func(r *http.Request) { r.URL.Path = "/v1/responses/input_tokens" })
			if c := counted.call; counted.status != 200 || c.Op != gateway.CountTokens || c.Basis != gateway.Zero || cost(c) != "0" || !bytes.Contains(counted.body, []byte(`"input_tokens"`)) {
				t.Errorf("counting got %d %s: %+v", counted.status, counted.body, c)
			}
			h.check()
		})
	}
}

func TestCompact(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	if err := h.up.Script("ok?in=900&out=30"); err != nil {
		t.Fatal(err)
	}
	got := h.respond(responsesBody(false), func(r *http.Request) { r.URL.Path = "/v1/responses/compact" })
	e := h.up.Journal.Entries()[0]
	if e.Path != "/openai/v1/responses/compact" || !bytes.Equal(got.body, e.Written) {
		t.Errorf("%s got %d %s", e.Path, got.status, got.body)
	}
	if c := got.call; c.Op != gateway.Compact || c.Endpoint != "responses/compact" || c.Basis != gateway.Exact || c.Bill.Usage[billing.Input] != 900 || c.Bill.Usage[billing.Output] != 30 {
		t.Errorf("the call is %+v", c)
	}
	h.check()
}

// TestToolsOfAResponse: searches are charged though usage does not count them.
func TestToolsOfAResponse(t *testing.T) {
	for _, stream := range []bool{false, true} {
		h := build(t)
		h.channel("openai-chat", nil)
		if err := h.up.Script("ok?in=1&out=1&searches=2"); err != nil {
			t.Fatal(err)
		}
		c := h.respond(responsesBody(stream), nil).call
		if c.Bill.Usage[billing.WebSearch] != 2 || c.Charge.String() != "0.02001125" {
			t.Errorf("streamed %v: usage %v, charge %s, flags %v", stream, c.Bill.Usage, c.Charge, c.Bill.Flags)
		}
		h.check()
	}
}

// TestBackground: a reply that only says that it was queued is charged what was set aside,
// and says so.
func TestBackground(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	body := strings.Replace(responsesBody(false), "{", `{"background":true,"max_output_tokens":100,`, 1)
	got := h.respond(body, nil)
	c := got.call
	if got.status != 200 || c.Basis != gateway.Estimated || c.Bill.Usage[billing.Output] != 100 || !slices.Contains(c.Bill.Flags, countedHere) || c.Min == nil || c.Min.Pico() != 0 || c.Max.Cmp(c.Charge) < 0 {
		t.Errorf("%s: basis %s, usage %v, flags %v, between %v and %v", got.body, c.Basis, c.Bill.Usage, c.Bill.Flags, c.Min, c.Max)
	}
	if got := h.respond(strings.Replace(body, `"stream":false`, `"stream":true`, 1), nil).call; got.Basis != gateway.Exact {
		t.Errorf("streamed: basis %s", got.Basis)
	}
	h.check()
}

func TestCompressedRequest(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	got := h.respond(string(w.EncodeAll([]byte(responsesBody(true)), nil)), func(r *http.Request) { r.Header.Set("Content-Encoding", "zstd") })
	if e := h.up.Journal.Entries()[0]; got.status != 200 || string(e.Body) != responsesBody(true) || e.Header.Get("Content-Encoding") != "" {
		t.Errorf("got %d, the upstream got %q, %v", got.status, e.Body, e.Header)
	}
}

// TestWebSocket: whoever asks for one is told at once to use HTTP.
func TestWebSocket(t *testing.T) {
	h := build(t)
	upgrade := func(r *http.Request) {
		r.Method, r.Body, r.ContentLength = http.MethodGet, http.NoBody, 0
		r.Header.Set("Connection", "keep-alive, Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Sec-Websocket-Version", "13")
		r.Header.Set("Sec-Websocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	}
	got := h.respond("", upgrade)
	if got.status != 426 || got.header.Get("Upgrade") != "HTTP/1.1" || !strings.EqualFold(got.header.Get("Connection"), "upgrade") || !bytes.Contains(got.body, []byte(`{"error":{"message":`)) || got.header.Get("X-Weir-Call") != "" {
		t.Errorf("got %d %v %s", got.status, got.header, got.body)
	}
	if got := h.reach(http.MethodGet, "/v1/responses"); got.status != 404 || got.header.Get("Allow") != "POST" {
		t.Errorf("a plain GET got %d %v", got.status, got.header)
	}
}

func TestResponsesOfTheSandbox(t *testing.T) {
	for _, stream := range []bool{false, true} {
		h := build(t)
		got := h.respond(strings.Replace(responsesBody(stream), "gpt-5", "sandbox/gpt-5", 1), nil)
		if c := got.call; got.status != 200 || !c.Simulated || c.Basis != gateway.Exact || cost(c) == "0" || cost(c) == "unknown" || !bytes.Contains(got.body, []byte("This is the sandbox of Weir")) {
			t.Errorf("got %d %s: %s, cost %s", got.status, got.body, c.Basis, cost(c))
		}
		h.check()
	}
}
