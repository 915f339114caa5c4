package relay

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"weir/backend/gateway"
	"weir/backend/ledger"
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
	if q, err := h.ledger.Quota(context.Background(), ledger.Payer{KeyID: h.key.ID}); err != nil || !q.Simulated || q.Spent.Pico() == 0 {
		t.Errorf("quota before the first real call: %+v, %v", q, err)
	}
	for range 2 {
		if got := h.post("anthropic", messagesBody(false), nil); got.status != 200 || got.call.Simulated {
			t.Fatalf("a real call got %d", got.status)
		}
	}
	if q, err := h.ledger.Quota(context.Background(), ledger.Payer{KeyID: h.key.ID}); err != nil || q.Simulated || q.Limits[0].Spent != 2 {
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
		wg.Go(func() { codes <- h.post(dialects[i%3], bodyFor(dialects[i%3], i%2 == 0), nil).status })
	}
	wg.Wait()
	close(codes)
	n := map[int]int{}
	for code := range codes {
		n[code]++
	}
	if n[200] != 10 || n[402]+n[429] != 50 {
		t.Errorf("answers %v, want 10 × 200 and 50 × 402 or 429", n)
	}
	h.check()
}
