package relay

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"weir/backend/gateway"
	"weir/test/standin"
)

// TestTrouble is what upstreams do wrong, with a single channel: what the client is told
// and what the row says.
func TestTrouble(t *testing.T) {
	for _, tt := range []struct {
		mode    string
		stream  bool
		status  int
		passes  bool // the upstream's bytes reach the client unchanged
		state   gateway.CallState
		basis   gateway.Basis
		end     gateway.End
		contain string
	}{
		{"400", false, 400, true, gateway.Released, gateway.Zero, gateway.Failed, ""},
		{"404", false, 404, true, gateway.Released, gateway.Zero, gateway.Failed, ""},
		{"429?ra=3", true, 429, true, gateway.Released, gateway.Zero, gateway.Failed, ""},
		{"503", false, 503, true, gateway.Released, gateway.Zero, gateway.Failed, ""},
		{"529", true, 529, true, gateway.Released, gateway.Zero, gateway.Failed, ""},
		{"500", false, 500, true, gateway.Settled, gateway.Estimated, gateway.Failed, ""},
		{"401", false, 503, false, gateway.Released, gateway.Zero, gateway.Failed, "refused the key"},
		{"403", true, 503, false, gateway.Released, gateway.Zero, gateway.Failed, "refused the key"},
		{"html?code=502", false, 502, false, gateway.Settled, gateway.Estimated, gateway.Failed, "web page"},
		{"captive", true, 502, false, gateway.Settled, gateway.Estimated, gateway.Failed, "web page"},
		{"empty200", false, 502, false, gateway.Settled, gateway.Estimated, gateway.Failed, "nothing"},
		{"redirect-steal?code=307", false, 502, false, gateway.Released, gateway.Zero, gateway.Failed, "redirect"},
		{"close-before-headers", false, 502, false, gateway.Settled, gateway.Estimated, gateway.Failed, "broke the connection"},
		{"sse-error-first", true, 200, true, gateway.Settled, gateway.Estimated, gateway.Failed, ""},
		{"sse-error-mid?at=3", true, 200, true, gateway.Settled, "", gateway.Failed, ""},
		{"cut?at=4", true, 200, false, gateway.Settled, "", gateway.UpstreamCut, "broke off"},
		{"rst?at=4", true, 200, false, gateway.Settled, "", gateway.UpstreamCut, "broke off"},
		{"stall?at=4", true, 200, false, gateway.Settled, "", gateway.UpstreamCut, "stopped sending"},
		{"ping-forever", true, 200, false, gateway.Settled, "", gateway.UpstreamCut, "stopped sending"},
		{"cut?at=0", false, 502, false, gateway.Settled, gateway.Estimated, gateway.Failed, "broke off"},
		{"bigline?mb=16", true, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"no-usage", true, 200, true, gateway.Settled, gateway.Estimated, gateway.Finished, ""},
		{"no-usage", false, 200, true, gateway.Settled, gateway.Estimated, gateway.Finished, ""},
		{"usage-null", false, 200, true, gateway.Settled, gateway.Estimated, gateway.Finished, ""},
		{"usage-negative", false, 200, true, gateway.Settled, gateway.Estimated, gateway.Finished, ""},
		{"usage-huge", true, 200, true, gateway.Settled, gateway.Estimated, gateway.Finished, ""},
		{"usage-string", false, 200, true, gateway.Settled, gateway.Estimated, gateway.Finished, ""},
		{"json-in-sse", true, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"ok+enc=gzip", false, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"ok+enc=zstd", true, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"ok+enc=br", true, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"ok+enc-nohdr+enc=gzip", true, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"ok+enc-nohdr+enc=zstd", false, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
		{"ok+enc=deflate", false, 200, true, gateway.Settled, gateway.Exact, gateway.Finished, ""},
	} {
		for _, dialect := range dialects {
			name := tt.mode + " " + dialect
			if tt.stream {
				name += " streamed"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := build(t)
				h.channel(dialect, nil)
				h.limit("100usd/day")
				if strings.HasPrefix(tt.mode, "stall") || strings.HasPrefix(tt.mode, "ping") {
					h.relay.Waits.Idle, h.relay.Waits.StreamHeader = time.Second, 2*time.Second
				}
				if err := h.up.Script(tt.mode); err != nil {
					t.Fatal(err)
				}
				body := strings.Replace(bodyFor(dialect, tt.stream), `"stream":`, `"stream_options":{"include_usage":true},"stream":`, 1)
				got := h.post(dialect, body, nil)
				if got.status != tt.status {
					t.Fatalf("status %d (%v), want %d: %s", got.status, got.err, tt.status, got.body)
				}
				e := h.up.Journal.Entries()[0]
				if tt.passes && !bytes.Equal(got.body, e.Written) {
					t.Errorf("the client got %d bytes (%v), the upstream wrote %d", len(got.body), got.err, len(e.Written))
				}
				if !strings.Contains(string(got.body), tt.contain) {
					t.Errorf("the client got %.300q, want something about %q", got.body, tt.contain)
				}
				c := got.call
				if c.State != tt.state || tt.basis != "" && c.Basis != tt.basis || c.End != tt.end || c.HTTPStatus != tt.status {
					t.Errorf("the row is %s, %s, %s, status %d", c.State, c.Basis, c.End, c.HTTPStatus)
				}
				if tt.state == gateway.Released && (cost(c) != "0" || c.Charge.Pico() != 0) {
					t.Errorf("an unbilled call costs %s", cost(c))
				}
				if c.Charge.Pico() < 0 || c.Basis == gateway.Estimated && c.Charge.Pico() == 0 {
					t.Errorf("the charge is %s", c.Charge)
				}
				if n := len(h.up.Canary.Hits()); n != 0 {
					t.Errorf("the redirect was followed %d times", n)
				}
				if strings.HasPrefix(tt.mode, "cut") && (bytes.Contains(got.body, []byte("[DONE]")) || bytes.Contains(got.body, []byte("message_stop"))) {
					t.Errorf("an end was invented: %s", got.body)
				}
				h.check()
			})
		}
	}
}

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

func TestClientLeaves(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect, func(t *testing.T) {
			h := build(t)
			h.channel(dialect, nil)
			h.limit("100usd/day")
			if err := h.up.Script("ok?chunks=200&delay=20&in=500&out=400"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var id string
			h.post(dialect, bodyFor(dialect, true), func(r *http.Request) {
				*r = *r.WithContext(ctx)
				go func() {
					// The test leaves once the upstream has written a few frames.
					for h.up.Journal.Len() == 0 || h.up.Journal.Entries()[0].Events < 5 {
						time.Sleep(time.Millisecond)
					}
					cancel()
				}()
			})
			calls := h.wait(1)
			id = calls[0].ID
			c := h.ended(id)
			if c.End != gateway.ClientLeft || c.State != gateway.Settled || c.Charge.Pico() == 0 {
				t.Errorf("the row is %s, %s, charge %s", c.End, c.State, c.Charge)
			}
			if dialect == "anthropic" && (c.Basis != gateway.Partial || c.Bill.Usage[0] != 500) {
				t.Errorf("basis %s, usage %v: the input was known exactly", c.Basis, c.Bill.Usage)
			}
			if err := h.up.Journal.WaitIdle(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			if e := h.up.Journal.Entries()[0]; e.Ended != "client_left" || e.Events > 100 {
				t.Errorf("the upstream was not stopped: %s after %d events", e.Ended, e.Events)
			}
			h.check()
		})
	}
}

// TestBodies is how request bodies may come, and how large.
func TestBodies(t *testing.T) {
	plain := messagesBody(false)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	big := strings.Replace(plain, "Grüße", strings.Repeat("lorem ipsum ", 90_000), 1)
	bomb := enc.EncodeAll(bytes.Repeat([]byte(" "), maxBody+1), nil)
	for _, tt := range []struct {
		name   string
		body   []byte
		enc    string
		status int
		want   string // what the upstream gets
	}{
		{"plain", []byte(plain), "", 200, plain},
		{"a megabyte", []byte(big), "", 200, big},
		{"zstd", enc.EncodeAll([]byte(plain), nil), "zstd", 200, plain},
		{"two layers", enc.EncodeAll([]byte(plain), nil), "zstd, gzip", 400, ""},
		{"a bomb", bomb, "zstd", 413, ""},
		{"broken", []byte("not zstd"), "zstd", 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("anthropic", nil)
			got := h.post("anthropic", string(tt.body), func(r *http.Request) {
				if tt.enc != "" {
					r.Header.Set("Content-Encoding", tt.enc)
				}
			})
			if got.status != tt.status {
				t.Fatalf("status %d, want %d: %s", got.status, tt.status, got.body)
			}
			if tt.want != "" && string(h.up.Journal.Entries()[0].Body) != tt.want {
				t.Error("the upstream got another body")
			}
			if tt.want == "" && (h.up.Journal.Len() != 0 || got.call.State != gateway.Refused) {
				t.Errorf("%d requests reached the upstream, the row is %s", h.up.Journal.Len(), got.call.State)
			}
		})
	}
}

func TestTooLargeBody(t *testing.T) {
	h := build(t)
	got := h.post("anthropic", "", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(zeros{}, maxBody+1)), -1
	})
	if got.status != 413 && got.err == nil {
		t.Errorf("status %d, want 413", got.status)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestCut cuts a running call at its key's limit, where the key says so.
func TestCut(t *testing.T) {
	for _, policy := range []gateway.Policy{gateway.Finish, gateway.Cut} {
		t.Run(string(policy), func(t *testing.T) {
			h := build(t)
			h.channel("openai-chat", nil)
			h.limit("6000tokens/total")
			h.grant(policy)
			if err := h.up.Script("ok?chunks=5000&in=20&out=9000"); err != nil {
				t.Fatal(err)
			}
			got := h.post("openai-chat", chatBody(true), nil)
			cut := bytes.Contains(got.body, []byte("limit"))
			if cut != (policy == gateway.Cut) || (got.call.End == gateway.Finished) != (policy == gateway.Finish) {
				t.Errorf("end %s, told of the limit: %v", got.call.End, cut)
			}
			h.check()
		})
	}
}

// TestSandboxStaysAside sees that simulated calls touch no real figure and no real limit.
func TestSandboxStaysAside(t *testing.T) {
	h := build(t)
	h.channel("anthropic", nil)
	h.limit("2calls/total")
	body := strings.Replace(messagesBody(false), "claude-", "sandbox/claude-", 1)
	for range 2 {
		if got := h.post("anthropic", body, nil); got.status != 200 || !got.call.Simulated {
			t.Fatalf("status %d, simulated %v: %s", got.status, got.call.Simulated, got.body)
		}
	}
	if got := h.post("anthropic", body, nil); got.status != 402 {
		t.Errorf("the third sandbox call got %d, want 402", got.status)
	}
	if q, err := h.ledger.Quota(context.Background(), h.key.ID); err != nil || !q.Simulated || q.Spent.Pico() == 0 {
		t.Errorf("quota before the first real call: %+v, %v", q, err)
	}
	for range 2 {
		if got := h.post("anthropic", messagesBody(false), nil); got.status != 200 || got.call.Simulated {
			t.Fatalf("a real call got %d", got.status)
		}
	}
	if q, err := h.ledger.Quota(context.Background(), h.key.ID); err != nil || q.Simulated || q.Limits[0].Spent != 2 {
		t.Errorf("quota after: %+v, %v", q, err)
	}
	if h.up.Journal.Len() != 2 {
		t.Errorf("%d requests reached the upstream, want the real ones", h.up.Journal.Len())
	}
	h.check()
}

// TestAtOnce is many callers at one limit: as many pass as it bears.
func TestAtOnce(t *testing.T) {
	h := build(t)
	h.channel("anthropic", nil)
	h.channel("openai-chat", nil)
	h.limit("10calls/total")
	var wg sync.WaitGroup
	codes := make(chan int, 60)
	for i := range 60 {
		wg.Go(func() { codes <- h.post(dialects[i%2], bodyFor(dialects[i%2], i%3 == 0), nil).status })
	}
	wg.Wait()
	close(codes)
	n := map[int]int{}
	for code := range codes {
		n[code]++
	}
	if n[200] != 10 || n[402] != 50 {
		t.Errorf("answers %v, want 10 × 200 and 50 × 402", n)
	}
	h.check()
}
