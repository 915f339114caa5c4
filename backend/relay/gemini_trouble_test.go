package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"weir/backend/access"
	"weir/backend/gateway"
)

// TestGeminiTrouble is what goes wrong in each form: what the client is told and what the row says.
func TestGeminiTrouble(t *testing.T) {
	const events, array = 1, 2
	for _, tt := range []struct {
		mode    string
		form    int
		status  int
		passes  bool // the upstream's bytes reach the client unchanged
		basis   gateway.Basis
		end     gateway.End
		contain string
	}{
		{"429?ra=3", events, 429, true, gateway.Zero, gateway.Failed, "RESOURCE_EXHAUSTED"},
		{"401", array, 503, false, gateway.Zero, gateway.Failed, "refused the key"},
		{"cut?at=4", events, 200, false, gateway.Estimated, gateway.UpstreamCut, `data: {"error":{"code":502,`},
		{"cut+usage-every?at=4", events, 200, false, gateway.Partial, gateway.UpstreamCut, `"status":"UNAVAILABLE"`},
		{"cut?at=4", array, 200, false, gateway.Estimated, gateway.UpstreamCut, ",\n{\"error\":{\"code\":502,"},
		{"stall?at=4", array, 200, false, gateway.Estimated, gateway.UpstreamCut, `"status":"DEADLINE_EXCEEDED"`},
		{"rst?at=4", array, 200, false, gateway.Estimated, gateway.UpstreamCut, `"status":"UNAVAILABLE"`},
		{"cut?at=0", array, 502, false, gateway.Estimated, gateway.Failed, "broke off"},
		{"no-stop", events, 200, false, gateway.Estimated, gateway.UpstreamCut, "broke off"},
		{"no-stop", array, 200, false, gateway.Estimated, gateway.UpstreamCut, "broke off"},
		{"no-done", array, 200, false, gateway.Exact, gateway.UpstreamCut, "broke off"},
		{"sse-error-first", events, 200, true, gateway.Estimated, gateway.Failed, ""},
		{"sse-error-first", array, 200, true, gateway.Estimated, gateway.Failed, ""},
		{"sse-error-mid?at=3", events, 200, true, gateway.Estimated, gateway.Failed, ""},
		{"sse-error-mid?at=3", array, 200, true, gateway.Estimated, gateway.Failed, ""},
		{"no-usage", array, 200, true, gateway.Estimated, gateway.Finished, ""},
		{"json-in-sse", events, 200, true, gateway.Exact, gateway.Finished, ""},
		{"ok+enc=gzip", events, 200, true, gateway.Exact, gateway.Finished, ""},
		{"ok+enc=gzip", array, 200, true, gateway.Exact, gateway.Finished, ""},
	} {
		t.Run(tt.mode+" "+forms[tt.form].name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			h.channel("gemini", nil)
			h.limit("100usd/day")
			if strings.HasPrefix(tt.mode, "stall") {
				h.relay.Waits.Idle, h.relay.Waits.StreamHeader = time.Second, 2*time.Second
			}
			if err := h.up.Script(tt.mode); err != nil {
				t.Fatal(err)
			}
			got := h.generate("gemini-2.5-flash", forms[tt.form].method, forms[tt.form].query, geminiBody)
			if got.status != tt.status || got.err != nil || !strings.Contains(string(got.body), tt.contain) {
				t.Fatalf("status %d (%v), want %d and %q: %s", got.status, got.err, tt.status, tt.contain, got.body)
			}
			if e := h.up.Journal.Entries()[0]; tt.passes && !bytes.Equal(got.body, e.Written) {
				t.Errorf("the client got %q, the upstream wrote %q", got.body, e.Written)
			}
			if c := got.call; c.Basis != tt.basis || c.End != tt.end || c.HTTPStatus != tt.status {
				t.Errorf("the row is %s, %s, status %d", c.Basis, c.End, c.HTTPStatus)
			}
			if tt.form == array && tt.status == 200 && !strings.Contains(tt.mode, "gzip") && !json.Valid(got.body) {
				t.Errorf("the array is not closed: %s", got.body)
			}
			h.check()
		})
	}
}

// TestGeminiPiecesComeAtOnce: what the upstream has sent reaches the client before more comes,
// and a client that leaves is charged for what is known.
func TestGeminiPiecesComeAtOnce(t *testing.T) {
	for _, form := range forms[1:] {
		t.Run(form.name, func(t *testing.T) {
			h := build(t)
			h.channel("gemini", nil)
			if err := h.up.Script("stall+usage-every?at=4&chunks=9"); err != nil {
				t.Fatal(err)
			}
			ctx, leave := context.WithTimeout(context.Background(), 5*time.Second)
			defer leave()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+"/v1beta/models/gemini-2.5-flash:"+form.method+"?"+form.query, strings.NewReader(geminiBody))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Goog-Api-Key", h.secret)
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got []byte
			for buf := make([]byte, 1024); bytes.Count(got, []byte("candidates\"")) < 4 || got[len(got)-1] == ','; {
				n, err := resp.Body.Read(buf)
				if got = append(got, buf[:n]...); err != nil {
					t.Fatalf("after %q: %v", got, err)
				}
			}
			leave()
			if c := h.ended(resp.Header.Get("X-Weir-Call")); c.End != gateway.ClientLeft || c.Basis != gateway.Partial || c.Charge.Pico() == 0 {
				t.Errorf("the call is %s, %s, %s", c.End, c.Basis, c.Charge)
			}
			h.check()
		})
	}
}

func TestGeminiLimits(t *testing.T) {
	h := build(t)
	h.channel("gemini", nil)
	h.limit("0.000001usd/day")
	for _, form := range forms {
		got := h.generate("gemini-2.5-flash", form.method, form.query, geminiBody)
		if got.status != 402 || !strings.Contains(string(got.body), `"status":"FAILED_PRECONDITION"`) || !strings.Contains(string(got.body), `"code":402`) || got.call.State != gateway.Refused {
			t.Errorf("%s: %d %s, the call is %s", form.name, got.status, got.body, got.call.State)
		}
	}
	got := h.generate("gemini-2.5-flash", "countTokens", "", `{"generateContentRequest":{"model":"models/gemini-2.5-flash","contents":[]}}`)
	if c := got.call; got.status != 200 || string(got.body) != `{"totalTokens":20}`+"\n" || c.Op != gateway.CountTokens || c.Basis != gateway.Zero || c.Charge.Pico() != 0 {
		t.Errorf("counting passes at a limit: %d %s, %s, %s", got.status, got.body, c.Basis, c.Charge)
	}
	h.check()
}

// TestGeminiCut: a stream whose key wants running calls stopped ends with an error in its form.
func TestGeminiCut(t *testing.T) {
	for _, form := range forms[1:] {
		t.Run(form.name, func(t *testing.T) {
			h := build(t)
			h.channel("gemini", nil)
			h.limit("0.02usd/day") // one slice and not two
			h.grant(gateway.Cut)
			if err := h.up.Script("bigline?mb=1&chunks=400"); err != nil {
				t.Fatal(err)
			}
			got := h.generate("gemini-2.5-flash", form.method, form.query, strings.Replace(geminiBody, "200", "100000", 1))
			if got.call.End != gateway.Failed || !strings.Contains(string(got.body), `{"error":{"code":402,`) || form.query == "" && !json.Valid(got.body) {
				t.Errorf("the call is %s: …%s", got.call.End, got.body[max(0, len(got.body)-300):])
			}
			h.check()
		})
	}
}

func TestGeminiEmbeddings(t *testing.T) {
	for method, body := range map[string]string{
		"embedContent":       `{"model":"models/small","content":{"parts":[{"text":"weir"}]}}`,
		"batchEmbedContents": `{"requests":[{"model":"models/small","content":{"parts":[{"text":"weir"}]}}]}`,
	} {
		t.Run(method, func(t *testing.T) {
			h := build(t)
			h.channel("gemini", func(ch *gateway.Channel) { ch.Map = map[string]string{"small": "gemini-embedding-001"} })
			got := h.generate("small", method, "", body)
			e := h.up.Journal.Entries()[0]
			if want := strings.Replace(body, "small", "gemini-embedding-001", 1); string(e.Body) != want || e.Path != "/gemini/v1beta/models/gemini-embedding-001:"+method {
				t.Errorf("the upstream got %s %s, want %s", e.Path, e.Body, want)
			}
			if c := got.call; got.status != 200 || c.Op != gateway.Embeddings || c.Endpoint != method || c.Basis != gateway.Exact || cost(c) != "0.000003" {
				t.Errorf("%d: the call is %s at %s, %s", got.status, c.Op, c.Endpoint, cost(c))
			}
			h.check()
		})
	}
}

// TestGeminiDestinations sees where a path leads, escaped as it is sent.
func TestGeminiDestinations(t *testing.T) {
	for _, tt := range []struct{ name, path, to string }{
		{"a plain name", "/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent"},
		{"another version", "/v1/models/m:generateContent", "/v1beta/models/m:generateContent"},
		{"an early one", "/v1alpha/models/m:generateContent", "/v1beta/models/m:generateContent"},
		{"a version too many", "/v1/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent"},
		{"a mapped one", "/v1beta/models/fast:generateContent", "/v1beta/models/gemini-2.5-flash:generateContent"},
		{"a slash", "/v1beta/models/a/b:generateContent", "/v1beta/models/a%2Fb:generateContent"},
		{"a colon", "/v1beta/models/a:8b:generateContent", "/v1beta/models/a%3A8b:generateContent"},
		{"a tuned model", "/v1beta/tunedModels/mine:generateContent", "/v1beta/tunedModels/mine:generateContent"},
		{"a mapped tuned model", "/v1beta/models/own:generateContent", "/v1beta/tunedModels/mine-7:generateContent"},
		{"a way up", "/v1beta/models/../../x:generateContent", ""},
		{"an escaped way up", "/v1beta/models/..%2F..%2Fx:generateContent", ""},
		{"no model", "/v1beta/models/:generateContent", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			var err error
			to := ""
			up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				to = r.URL.EscapedPath()
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1}}`)
			}))
			defer up.Close()
			h.channel("gemini", func(ch *gateway.Channel) {
				ch.BaseURL = up.URL
				ch.Map = map[string]string{"fast": "gemini-2.5-flash", "own": "tunedModels/mine-7"}
			})
			got := h.post("gemini", `{}`, func(r *http.Request) {
				if r.URL, err = url.Parse(h.url + tt.path); err != nil {
					t.Fatal(err)
				}
			})
			if to != tt.to || (got.status == 200) != (tt.to != "") || tt.to == "" && !strings.Contains(string(got.body), `"status":"NOT_FOUND"`) {
				t.Errorf("%s led to %q (%d), want %q: %s", tt.path, to, got.status, tt.to, got.body)
			}
		})
	}
}

// TestGeminiSecrets: a key in the query lets in, and is found nowhere afterwards.
func TestGeminiSecrets(t *testing.T) {
	h := build(t)
	h.channel("gemini", nil)
	var log bytes.Buffer
	h.relay.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	seen := func(got sent) string {
		row, err := json.Marshal(got.call)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(got.header, string(got.body), string(row))
	}
	inQuery := func(mode, secret string) sent {
		if err := h.up.Script(mode); err != nil {
			t.Fatal(err)
		}
		return h.post("gemini", geminiBody, func(r *http.Request) {
			r.Header.Del("X-Goog-Api-Key")
			r.URL.Path, r.URL.RawQuery = "/v1beta/models/gemini-2.5-flash:streamGenerateContent", "alt=sse&key="+secret+"&x=1"
		})
	}
	all := ""
	for _, mode := range []string{"ok", "400", "401", "500", "close-before-headers", "cut?at=2", "redirect-steal"} {
		got := inQuery(mode, h.secret)
		if got.call.ID == "" {
			t.Fatalf("%s: the key of the query was not accepted: %s", mode, got.body)
		}
		all += seen(got)
	}
	_, other, err := h.access.Create(context.Background(), access.Spec{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	both := h.post("gemini", geminiBody, func(r *http.Request) { r.URL.RawQuery = "key=" + other })
	if both.call.KeyID != h.key.ID {
		t.Errorf("the key of the query was taken before the header's: %d %s", both.status, both.body)
	}
	wrong := inQuery("ok", "sk-weir-nobody-here")
	if wrong.status != 401 || !strings.Contains(string(wrong.body), `"status":"UNAUTHENTICATED"`) {
		t.Errorf("an unknown key: %d %s", wrong.status, wrong.body)
	}
	all += seen(both) + seen(wrong) + log.String()
	for _, e := range h.up.Journal.Entries() {
		all += fmt.Sprint(e.Path, e.Query, e.Header.Get("Authorization"), e.Header.Get("Referer"))
		if e.Header.Get("X-Goog-Api-Key") != upstreamKey || e.Query != "alt=sse&x=1" && e.Query != "" {
			t.Errorf("the upstream got the key %q, query %q", e.Header.Get("X-Goog-Api-Key"), e.Query)
		}
	}
	for _, secret := range []string{h.secret, other, "sk-weir-nobody", upstreamKey} {
		if strings.Contains(all, secret) {
			t.Errorf("%s… is found outside of requests", secret[:12])
		}
	}
	h.check()
}

func TestGeminiModels(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", func(ch *gateway.Channel) { ch.Models = []string{"gpt-5"} })
	h.channel("gemini", func(ch *gateway.Channel) {
		ch.Models = []string{"gemini-2.5-flash", "gemini-embedding-001", "team/fast"}
	})
	get := func(path string, header ...string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = strings.TrimPrefix(h.url, "http://")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.relay.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	key := []string{"X-Goog-Api-Key", h.secret}
	bearer := []string{"Authorization", "Bearer " + h.secret}
	for _, tt := range []struct {
		name, path string
		header     []string
		status     int
		contain    string
	}{
		{"the list", "/v1beta/models", key, 200, `{"displayName":"gemini-2.5-flash","name":"models/gemini-2.5-flash","supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}`},
		{"by the key's header alone", "/v1/models", key, 200, `"name":"models/team/fast"`},
		{"by a key in the query", "/v1/models?key=" + h.secret, nil, 200, `{"models":[`},
		{"by the path alone", "/v1beta/models", bearer, 200, `{"models":[`},
		{"in pages", "/v1beta/models?pageSize=1", key, 200, `"nextPageToken":"gemini-2.5-flash"`},
		{"the last page", "/v1beta/models?pageSize=2&pageToken=gemini-2.5-flash", key, 200, `"supportedGenerationMethods":["embedContent",`},
		{"one", "/v1beta/models/gemini-2.5-flash", key, 200, `{"displayName":"gemini-2.5-flash",`},
		{"one with a slash", "/v1beta/models/team%2Ffast", key, 200, `"name":"models/team/fast"`},
		{"none", "/v1beta/models/nope", key, 404, `"status":"NOT_FOUND"`},
		{"without a key", "/v1beta/models", nil, 401, `"status":"UNAUTHENTICATED"`},
		{"in OpenAI's shape", "/v1beta/openai/models", bearer, 200, `"object":"list"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := get(tt.path, tt.header...)
			if status != tt.status || !strings.Contains(body, tt.contain) || strings.Contains(tt.path, "v1beta/models") && strings.Contains(body, "gpt-5") {
				t.Errorf("got %d %s, want %d with %s", status, body, tt.status, tt.contain)
			}
		})
	}
	if _, body := get("/v1beta/models?pageSize=2&pageToken=gemini-2.5-flash", key...); strings.Contains(body, "nextPageToken") {
		t.Errorf("the last page names another: %s", body)
	}
}

// TestGeminiOpenAIPath: what Google has in OpenAI's shape is that dialect's.
func TestGeminiOpenAIPath(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	got := h.post("openai-chat", chatBody(false), func(r *http.Request) { r.URL.Path = "/v1beta/openai/chat/completions" })
	if got.status != 200 || got.call.Dialect != "openai-chat" || h.up.Journal.Entries()[0].Path != "/openai/v1/chat/completions" {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestGeminiSandbox(t *testing.T) {
	h := build(t)
	for _, form := range forms {
		got := h.generate("sandbox/gemini-2.5-flash", form.method, form.query, geminiBody)
		c := got.call
		if got.status != 200 || c.Basis != gateway.Exact || !c.Simulated || cost(c) == "unknown" || c.Charge.Pico() == 0 {
			t.Errorf("%s: %d %s, %s at %s", form.name, got.status, got.body, c.Basis, cost(c))
		}
	}
	if got := h.generate("sandbox/gemini-2.5-flash", "embedContent", "", `{}`); got.status != 404 {
		t.Errorf("what the sandbox has not: %d %s", got.status, got.body)
	}
	if id, err := h.relay.Try(context.Background(), "gemini"); err != nil || h.ended(id).State != gateway.Settled {
		t.Errorf("a try: %s, %v", id, err)
	}
	h.check()
}
