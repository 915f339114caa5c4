package relay

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

// upstream adds a channel whose server answers each request with these bytes and then neither
// says more nor hangs up.
func (h *house) upstream(answer string) {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.t.Cleanup(func() { c.Close() })
			buf := make([]byte, 64<<10)
			if _, err := c.Read(buf); err == nil {
				_, _ = io.WriteString(c, answer)
			}
		}
	}()
	h.channel("openai-chat", func(ch *gateway.Channel) { ch.BaseURL = "http://" + l.Addr().String() + "/v1" })
}

// TestUpstreamThatNeverHangsUp: neither a reply that has ended nor an error that broke off
// holds the client for ever.
func TestUpstreamThatNeverHangsUp(t *testing.T) {
	const sse = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
	for _, tt := range []struct {
		name, answer string
		whole        bool
	}{
		{"a stream after its last frame", sse + "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n", true},
		{"an error in the middle of its body", "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n" + strings.Repeat(" ", 5000), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.relay.Waits.Idle = 100 * time.Millisecond
			h.upstream(tt.answer)
			done := make(chan sent, 1)
			go func() { done <- h.post("openai-chat", chatBody(true), nil) }()
			select {
			case got := <-done:
				if (got.err == nil) != tt.whole {
					t.Errorf("reading the reply: %v, want it whole: %t", got.err, tt.whole)
				}
			case <-time.After(patience):
				t.Fatal("the client still waits for the end of its reply")
			}
			h.check()
		})
	}
}

// TestManyBodiesOfUnknownSize: a body takes its share of the memory as it grows, not the
// whole of what it may become.
func TestManyBodiesOfUnknownSize(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	const clients = 20
	arrived, statuses := make(chan io.WriteCloser, clients), make(chan string, clients)
	for range clients {
		r, w := io.Pipe()
		go func() {
			got := h.post("openai-chat", "", func(req *http.Request) { req.Body, req.ContentLength, req.GetBody = r, -1, nil })
			statuses <- fmt.Sprint(got.status, got.err)
		}()
		if _, err := io.WriteString(w, chatBody(false)); err != nil {
			t.Fatal(err)
		}
		arrived <- w
	}
	for range clients {
		(<-arrived).Close()
	}
	for range clients {
		if s := <-statuses; s != "200 <nil>" {
			t.Errorf("a body of unknown size ended with %s, want 200", s)
		}
	}
	h.relay.bodies.mu.Lock()
	defer h.relay.bodies.mu.Unlock()
	if h.relay.bodies.free > maxBodies {
		t.Errorf("%d bytes are free of %d", h.relay.bodies.free, maxBodies)
	}
}

// TestErrorAfterOutputIsNotFree: what the client has read of an answer counts, although the
// upstream then reported an error.
func TestErrorAfterOutputIsNotFree(t *testing.T) {
	h := build(t)
	h.upstream("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"" +
		string(bytes.Repeat([]byte("word "), 800)) + "\"}}]}\n\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\ndata: [DONE]\n\n")
	h.relay.Waits.Idle = 100 * time.Millisecond
	got := h.post("openai-chat", chatBody(true), nil)
	if out := got.call.Bill.Usage.Answer(); out != 1000 || got.call.End != gateway.Failed {
		t.Errorf("%d output tokens counted, end %s, want 1000 and failed", out, got.call.End)
	}
	h.check()
}

// TestStop: a call that outlasts the time for draining ends with one honest error frame, and
// not as one that its client left.
func TestStop(t *testing.T) {
	h := build(t)
	h.upstream("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
	got := h.post("openai-chat", chatBody(true), func(r *http.Request) {
		running := &httptrace.ClientTrace{GotFirstResponseByte: h.relay.Stop}
		*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), running))
	})
	if got.err != nil || !strings.Contains(string(got.body), "Weir was shut down") || got.call.End != gateway.Failed {
		t.Errorf("%v, %q, end %s, want an error frame and failed", got.err, got.body, got.call.End)
	}
	h.check()
}
