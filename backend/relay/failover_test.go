package relay

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/test/standin"
)

// TestFailover is what a second channel is tried after, and what it is not.
func TestFailover(t *testing.T) {
	for _, tt := range []struct {
		first    string
		stream   bool
		attempts int
		status   int
	}{
		{"429?ra=9", false, 2, 200},
		{"401", false, 2, 200},
		{"404", false, 2, 200},
		{"500", false, 2, 200},
		{"503", true, 2, 200},
		{"html?code=502", false, 2, 200},
		{"empty200", false, 2, 200},
		{"close-before-headers", false, 2, 200},
		{"sse-error-first", true, 2, 200},
		{"cut?at=0", true, 2, 200},
		{"redirect-steal", false, 2, 200},
		{"400", false, 1, 400},
		{"cut?at=4", true, 1, 200},
		{"sse-error-mid?at=3", true, 1, 200},
		{"slow-header?ms=6000", false, 1, 504},
	} {
		t.Run(tt.first, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			bad := standin.Start(t, standin.Options{Default: tt.first})
			h.channel("anthropic", func(c *gateway.Channel) { c.BaseURL, c.Priority = bad.Anthropic(), 9 })
			good := h.channel("anthropic", nil)
			h.relay.Waits.Header = 3 * time.Second
			got := h.post("anthropic", messagesBody(tt.stream), nil)
			if got.status != tt.status || len(got.call.Attempts) != tt.attempts {
				t.Fatalf("status %d after %d attempts, want %d after %d: %s", got.status, len(got.call.Attempts), tt.status, tt.attempts, got.body)
			}
			if tt.attempts == 2 {
				if e := h.up.Journal.Entries()[0]; !bytes.Equal(got.body, e.Written) || got.header.Get("X-Weir-Channel") != good.ID || got.header.Get("Retry-After") != "" {
					t.Errorf("the client got %q with %v", got.body, got.header)
				}
				maybe := got.call.Attempts[0].Result == gateway.Maybe
				if maybe != (got.call.Max != nil) || maybe != (got.call.Basis == gateway.Estimated) {
					t.Errorf("first attempt %s, basis %s, at most %v", got.call.Attempts[0].Result, got.call.Basis, got.call.Max)
				}
			}
			h.check()
		})
	}
}

// TestForbidden is which 403 is about our key: it is replaced and marks the channel, until a
// call is answered again. Others pass as they came.
func TestForbidden(t *testing.T) {
	h := build(t)
	answer, status := "", 403
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer up.Close()
	ch := h.channel("openai-chat", func(c *gateway.Channel) { c.BaseURL = up.URL })
	state := func() gateway.ChannelState {
		now, err := h.channels.Channel(ch.ID)
		if err != nil {
			t.Fatal(err)
		}
		return now.State
	}
	answer = `{"error":{"message":"The prompt was flagged.","code":403,"metadata":{"reasons":["x"]}}}`
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 403 || string(got.body) != answer || state() != gateway.ChannelUntested {
		t.Errorf("a flagged prompt: %d %s, the channel is %s", got.status, got.body, state())
	}
	answer = `{"error":{"message":"This API key is not active.","type":"invalid_request_error"}}`
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 503 || state() != gateway.ChannelBadKey {
		t.Errorf("a refused key: %d %s, the channel is %s", got.status, got.body, state())
	}
	answer, status = `{"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`, 200
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 200 || state() != gateway.ChannelOK {
		t.Errorf("an accepted key: %d, the channel is %s", got.status, state())
	}
}

// TestPageThatCallsItselfJSON sees that nothing of it is left in the answer that replaces it,
// and that the call's row says what the client was told.
func TestPageThatCallsItselfJSON(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			h := build(t)
			up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Page", "1")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "<!DOCTYPE html><p>Hi")
			}))
			defer up.Close()
			h.channel("openai-chat", func(c *gateway.Channel) { c.BaseURL = up.URL })
			got := h.post("openai-chat", chatBody(false), nil)
			if got.status != 502 || got.err != nil || got.header.Get("X-Page") != "" || !strings.HasSuffix(strings.TrimSpace(string(got.body)), "}") {
				t.Errorf("%d %v %s, %v", got.status, got.header, got.body, got.err)
			}
			if e := got.call.Err; e == nil || e.Kind != gateway.BadUpstream || !strings.Contains(string(got.body), e.Message) {
				t.Errorf("the row says %+v, the client got %s", e, got.body)
			}
			h.check()
		})
	}
}

func TestDeadChannelIsNotBilled(t *testing.T) {
	h := build(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.channel("anthropic", func(c *gateway.Channel) { c.BaseURL, c.Priority = "http://"+l.Addr().String(), 1 })
	l.Close()
	got := h.post("anthropic", messagesBody(false), nil)
	if got.status != 502 || got.call.State != gateway.Released || !strings.Contains(string(got.body), "cannot be reached") {
		t.Errorf("status %d, %s: %s", got.status, got.call.State, got.body)
	}
	h.channel("anthropic", nil)
	if got := h.post("anthropic", messagesBody(true), nil); got.status != 200 || got.call.Basis != gateway.Exact {
		t.Errorf("with a second channel: status %d, basis %s", got.status, got.call.Basis)
	}
	h.check()
}

func TestMaybeIsTriedOnceMoreAtMost(t *testing.T) {
	h := build(t)
	bad := standin.Start(t, standin.Options{Default: "500"})
	for range 3 {
		h.channel("anthropic", func(c *gateway.Channel) { c.BaseURL = bad.Anthropic() })
	}
	got := h.post("anthropic", messagesBody(false), nil)
	if n := bad.Journal.Len(); n != 2 || len(got.call.Attempts) != 2 {
		t.Errorf("the upstreams were asked %d times, %d attempts, want 2", n, len(got.call.Attempts))
	}
	if got.call.Min == nil || got.call.Min.Pico() != 0 || got.call.Max.Cmp(got.call.Charge) < 0 || len(got.call.Bill.Lines) != 2 {
		t.Errorf("the bill is %+v, between %v and %v", got.call.Bill, got.call.Min, got.call.Max)
	}
	h.check()
}
