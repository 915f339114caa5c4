package relay

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"weir/backend/gateway"
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
	return h.post("openai-responses", body, edit)
}

// reach sends a request without a body to a path of the Responses dialect.
func (h *house) reach(method, path string) sent {
	h.t.Helper()
	return h.post("openai-responses", "", func(r *http.Request) {
		path, query, _ := strings.Cut(path, "?")
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Body, r.ContentLength = http.NoBody, 0
	})
}

func TestResponses(t *testing.T) {
	for _, mode := range []string{"ok?in=300&cached=700&out=50&reasoning=9&chunks=7", "ok+crlf?chunks=5", "ok+split?n=1&chunks=3&out=9", "bigline?mb=2", "ok?cache_write=40", "ok?enc=gzip", "response-incomplete?out=7"} {
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
				if c := got.call; c.State != gateway.Settled || c.Basis != gateway.Exact || c.End != gateway.Finished || c.Dialect != "openai-responses" || c.Op != gateway.Responses || cost(c) == "unknown" {
					t.Errorf("the call is %+v", c)
				}
				h.check()
			})
		}
	}
}
