package relay

import (
	"bytes"
	"net/http"
	"testing"

	"weir/backend/gateway"
)

// geminiBody is a request in Google's shape, with what the relay must not touch.
const geminiBody = `{"contents":[{"role":"user","parts":[{"text":"Grüße 水"}]}],"x_unknown":{"n":1.0e0},"generationConfig":{"maxOutputTokens":200}}`

// forms are the ways in which Gemini answers.
var forms = []struct{ name, method, query string }{
	{"whole", "generateContent", ""},
	{"events", "streamGenerateContent", "alt=sse"},
	{"an array", "streamGenerateContent", ""},
}

// generate posts to a method of a model in a query.
func (h *house) generate(model, method, query, body string) sent {
	h.t.Helper()
	return h.post("gemini", body, func(r *http.Request) {
		r.URL.Path, r.URL.RawQuery = "/v1beta/models/"+model+":"+method, query
	})
}

func TestGeminiSameBytes(t *testing.T) {
	for _, form := range forms {
		for _, mode := range []string{"ok?in=300&cached=700&out=50&reasoning=20&chunks=7", "ok+split?n=1&chunks=3&out=9", "ok+split?n=7", "bigline?mb=2", "usage-dup", "usage-every", "blocked", "ok+crlf"} {
			t.Run(form.name+" "+mode, func(t *testing.T) {
				h := build(t)
				h.channel("gemini", nil)
				if err := h.up.Script(mode); err != nil {
					t.Fatal(err)
				}
				got := h.generate("gemini-2.5-flash", form.method, form.query, geminiBody)
				e := h.up.Journal.Entries()[0]
				if string(e.Body) != geminiBody || e.Path != "/gemini/v1beta/models/gemini-2.5-flash:"+form.method || e.Query != form.query {
					t.Errorf("the upstream got %s?%s %q", e.Path, e.Query, e.Body)
				}
				if !bytes.Equal(got.body, e.Written) || got.err != nil {
					t.Errorf("the client got %d bytes (%v), the upstream wrote %d", len(got.body), got.err, len(e.Written))
				}
				want := e.UsageSent.Meters("gemini")
				if mode == "blocked" {
					delete(want, "output_tokens")
				}
				for name, n := range got.call.Bill.Usage.Meters() {
					if want[name] != n {
						t.Errorf("meter %s = %d, want %d", name, n, want[name])
					}
				}
				c := got.call
				if c.State != gateway.Settled || c.Basis != gateway.Exact || c.End != gateway.Finished || cost(c) == "unknown" || c.Endpoint != form.method || c.Stream != (form.method != "generateContent") {
					t.Errorf("the call is %s, %s, %s of %s at %s", c.State, c.Basis, c.End, c.Endpoint, cost(c))
				}
				h.check()
			})
		}
	}
}
