package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"weir/backend/gateway"
)

var dialects = []string{"openai-chat", "responses", "anthropic"}

// TestSameBytes sends well-behaved and oddly framed replies through and compares both sides.
func TestSameBytes(t *testing.T) {
	for _, mode := range []string{"ok?in=300&cached=700&out=50&chunks=7", "ok+crlf?chunks=5", "ok+split?n=1&chunks=3&out=9", "ok+split?n=7", "bigline?mb=2", "no-done", "usage-dup", "usage-every"} {
		for _, dialect := range dialects {
			for _, stream := range []bool{false, true} {
				name := dialect + " " + mode
				if stream {
					name += " streamed"
				}
				if mode == "no-done" && dialect == "responses" {
					continue // its last frame has the usage: without it the answer is cut
				}
				t.Run(name, func(t *testing.T) {
					h := build(t)
					h.channel(dialect, nil)
					body := strings.Replace(bodyFor(dialect, stream), `"stream":`, `"x_unknown":{"n":1.0e0},"stream_options":{"include_usage":true},"stream":`, 1)
					if err := h.up.Script(mode); err != nil {
						t.Fatal(err)
					}
					got := h.post(dialect, body, nil)
					e := h.up.Journal.Entries()[0]
					if string(e.Body) != body {
						t.Errorf("the upstream got %q, want %q", e.Body, body)
					}
					if !bytes.Equal(got.body, e.Written) || got.err != nil {
						t.Errorf("the client got %d bytes (%v), the upstream wrote %d", len(got.body), got.err, len(e.Written))
					}
					want := e.UsageSent.Meters(strings.TrimSuffix(dialect, "-chat"))
					for name, n := range got.call.Bill.Usage.Meters() {
						if want[name] != n {
							t.Errorf("meter %s = %d, want %d", name, n, want[name])
						}
					}
					if got.call.State != gateway.Settled || got.call.Basis != gateway.Exact || got.call.End != gateway.Finished {
						t.Errorf("the call is %s, %s, %s", got.call.State, got.call.Basis, got.call.End)
					}
					h.check()
				})
			}
		}
	}
}

func TestUsageFrameThatWeAskedFor(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	got := h.post("openai-chat", chatBody(true), nil)
	e := h.up.Journal.Entries()[0]
	if !bytes.Contains(e.Body, []byte(`"stream_options":{"include_usage":true}`)) {
		t.Errorf("usage was not asked for: %s", e.Body)
	}
	if bytes.Contains(got.body, []byte(`"usage":{`)) {
		t.Errorf("the client got a usage frame that it did not ask for: %s", got.body)
	}
	if !bytes.HasSuffix(got.body, []byte("data: [DONE]\n\n")) || got.call.Basis != gateway.Exact {
		t.Errorf("the reply ends in %q, basis %s", got.body[max(len(got.body)-20, 0):], got.call.Basis)
	}
}

func TestUpstreamThatRefusesStreamOptions(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	if err := h.up.Script("refuse-stream-options", "refuse-stream-options", "refuse-stream-options"); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if got := h.post("openai-chat", chatBody(true), nil); got.status != 200 || len(got.call.Attempts) != 2-i {
			t.Errorf("call %d: status %d after %d attempts", i, got.status, len(got.call.Attempts))
		}
	}
	if n := h.up.Journal.Len(); n != 3 {
		t.Errorf("the upstream was asked %d times, want 3: it is remembered", n)
	}
}

func TestMappedModel(t *testing.T) {
	h := build(t)
	h.channel("anthropic", func(ch *gateway.Channel) { ch.Map = map[string]string{"smart": "claude-sonnet-4-6"} })
	body := `{"max_tokens":10, "model" : "smart" ,"messages":[{"role":"user","content":"model"}]}`
	got := h.post("anthropic", body, nil)
	want := strings.Replace(body, `"smart"`, `"claude-sonnet-4-6"`, 1)
	if e := h.up.Journal.Entries()[0]; string(e.Body) != want {
		t.Errorf("the upstream got %s, want %s", e.Body, want)
	}
	if c := got.call; c.Model != "smart" || c.UpstreamModel != "claude-sonnet-4-6" || cost(c) == "unknown" {
		t.Errorf("model %s, upstream %s, cost %s", c.Model, c.UpstreamModel, cost(c))
	}
}

// TestHeaders sees that secrets stay on their side and everything else passes.
func TestHeaders(t *testing.T) {
	h := build(t)
	h.channel("anthropic", nil)
	got := h.post("anthropic", messagesBody(false), func(r *http.Request) {
		r.URL.RawQuery = "beta=true&key=sk-weir-nope"
		r.Header.Set("Anthropic-Beta", "a-2025-01-01,b-2026-02-02")
		r.Header.Set("Cookie", "c=1")
		r.Header.Set("X-Forwarded-For", "10.0.0.1")
		r.Header.Set("X-Stainless-Lang", "js")
	})
	e := h.up.Journal.Entries()[0]
	if e.Header.Get("X-Api-Key") != upstreamKey || e.Header.Get("Anthropic-Beta") != "a-2025-01-01,b-2026-02-02" || e.Header.Get("X-Stainless-Lang") != "js" || e.Query != "beta=true" {
		t.Errorf("the upstream got %v, query %q", e.Header, e.Query)
	}
	for name, values := range e.Header {
		if strings.Contains(strings.Join(values, " "), "sk-weir") || name == "Cookie" || name == "X-Forwarded-For" {
			t.Errorf("%s: %v left", name, values)
		}
	}
	if got.header.Get("X-Weir-Call") != got.call.ID || got.header.Get("X-Weir-Channel") != got.call.ChannelID {
		t.Errorf("reply header %v, call %s at %s", got.header, got.call.ID, got.call.ChannelID)
	}
}

func TestPaths(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	for _, path := range []string{"/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions"} {
		got := h.post("openai-chat", chatBody(false), func(r *http.Request) { r.URL.Path = path })
		if got.status != 200 {
			t.Errorf("%s: status %d: %s", path, got.status, got.body)
		}
	}
}

// TestRefusals is everything that is refused before a byte leaves, in both dialects.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		body   string
		edit   func(*http.Request)
		setup  func(*house)
		status int
		kind   gateway.Kind // of the row; empty: none is written
	}{
		{"no key", "{}", func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Del("X-Api-Key") }, nil, 401, ""},
		{"an unknown key", "{}", func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer sk-weir-x")
			r.Header.Set("X-Api-Key", "x")
		}, nil, 401, ""},
		{"a revoked key", "{}", nil, func(h *house) { set(h, gateway.KeyRevoked) }, 401, ""},
		{"a paused key", "{}", nil, func(h *house) { set(h, gateway.KeyPaused) }, 401, ""},
		{"a foreign host", "{}", func(r *http.Request) { r.Host = "evil.example" }, nil, 403, ""},
		{"a foreign page", "{}", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, nil, 403, ""},
		{"malformed JSON", `{"model":"gpt-5",`, nil, nil, 400, gateway.Invalid},
		{"a duplicate model", `{"model":"gpt-5","\u006dodel":"gpt-5-pro"}`, nil, nil, 400, gateway.Invalid},
		{"no model", `{"messages":[]}`, nil, nil, 400, gateway.Invalid},
		{"an unknown model", `{"model":"nope"}`, nil, func(h *house) {
			h.channel("openai-chat", func(c *gateway.Channel) { c.Models = []string{"gpt-5"} })
			h.channel("anthropic", func(c *gateway.Channel) { c.Models = []string{"claude-sonnet-4-6"} })
		}, 404, gateway.NotFound},
		{"an unknown sandbox model", `{"model":"sandbox/nope"}`, nil, nil, 404, gateway.NotFound},
		{"no channel", `{"model":"gpt-5"}`, nil, nil, 503, gateway.NoChannel},
		{"an unpriced model under a dollar limit", `{"model":"mystery"}`, nil, func(h *house) {
			h.channel("openai-chat", nil)
			h.channel("anthropic", nil)
			h.limit("5usd/day")
		}, 402, gateway.Unpriced},
		{"a limit that cannot bear the call", `{"model":"claude-sonnet-4-6","x":""}`, nil, func(h *house) {
			h.channel("openai-chat", func(c *gateway.Channel) { c.PriceAs = "anthropic" })
			h.channel("anthropic", nil)
			h.limit("0.0001usd/day")
		}, 402, gateway.QuotaExceeded},
		{"an unknown encoding", "{}", func(r *http.Request) { r.Header.Set("Content-Encoding", "lzma") }, nil, 400, gateway.Invalid},
	} {
		for _, dialect := range dialects {
			t.Run(tt.name+" "+dialect, func(t *testing.T) {
				h := build(t)
				if tt.setup != nil {
					tt.setup(h)
				}
				got := h.post(dialect, tt.body, tt.edit)
				status := tt.status
				if status == 402 && dialect == "responses" {
					status = 429 // the one that makes Codex stop
				}
				if got.status != status {
					t.Errorf("status %d, want %d: %s", got.status, status, got.body)
				}
				var e struct {
					Type  string
					Error struct{ Message, Type string }
				}
				if err := json.Unmarshal(got.body, &e); err != nil || e.Error.Message == "" || e.Error.Type == "" || (e.Type == "error") != (dialect == "anthropic") {
					t.Errorf("the error is not in the client's dialect: %s", got.body)
				}
				if tt.kind == "" && got.call.ID != "" || tt.kind != "" && (got.call.State != gateway.Refused || got.call.Err == nil || got.call.Err.Kind != tt.kind) {
					t.Errorf("the row is %+v, want a refusal of kind %q", got.call, tt.kind)
				}
				if n := h.up.Journal.Len(); n != 0 {
					t.Errorf("%d requests reached the upstream", n)
				}
				h.check()
			})
		}
	}
}

func set(h *house, state gateway.KeyState) {
	if _, err := h.access.SetState(context.Background(), h.key.ID, state); err != nil {
		h.t.Fatal(err)
	}
}

func TestCountTokensPassesAtAnExhaustedLimit(t *testing.T) {
	h := build(t)
	h.channel("anthropic", nil)
	h.limit("1calls/total")
	if got := h.post("anthropic", messagesBody(false), nil); got.status != 200 {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	if got := h.post("anthropic", messagesBody(false), nil); got.status != 402 {
		t.Fatalf("the second call got %d, want 402", got.status)
	}
	got := h.post("anthropic", messagesBody(false), func(r *http.Request) { r.URL.Path += "/count_tokens" })
	if got.status != 200 || cost(got.call) != "0" || got.call.Bill.Note == "" {
		t.Errorf("status %d, cost %s, note %q: %s", got.status, cost(got.call), got.call.Bill.Note, got.body)
	}
	h.check()
}

func TestModelsInTheShapeThatIsAskedFor(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", func(c *gateway.Channel) { c.Models = []string{"b", "a"}; c.Map = map[string]string{"c": "x"} })
	get := func(path string, header ...string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = strings.TrimPrefix(h.url, "http://")
		r.Header.Set("Authorization", "Bearer "+h.secret)
		for _, name := range header {
			r.Header.Set(name, "2023-06-01")
		}
		w := httptest.NewRecorder()
		h.relay.ServeHTTP(w, r)
		b, _ := io.ReadAll(w.Result().Body)
		return w.Code, string(b)
	}
	if _, b := get("/v1/models"); !strings.Contains(b, `"object":"list"`) || strings.Count(b, `"object":"model"`) != 3 {
		t.Errorf("OpenAI's shape: %s", b)
	}
	if _, b := get("/v1/models?limit=2", "Anthropic-Version"); !strings.Contains(b, `"has_more":true`) || !strings.Contains(b, `"last_id":"b"`) {
		t.Errorf("Anthropic's shape: %s", b)
	}
	if code, b := get("/v1/models/c"); code != 200 || !strings.Contains(b, `"id":"c"`) {
		t.Errorf("one model: %d %s", code, b)
	}
	if code, _ := get("/v1/models/zzz", "Anthropic-Version"); code != 404 {
		t.Errorf("an unknown model: %d, want 404", code)
	}
}

func TestZeroUsageWithAnAnswerIsNotBelieved(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	if err := h.up.Script("ok?in=0&out=0"); err != nil {
		t.Fatal(err)
	}
	if c := h.post("openai-chat", chatBody(true), nil).call; c.Basis != gateway.Estimated || c.Charge.Pico() == 0 {
		t.Errorf("basis %s, charge %s, want an estimate", c.Basis, c.Charge)
	}
}
