package relay

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
)

// TestErrorWithoutEnd: an upstream that says no and then nothing more keeps nobody from the next.
func TestErrorWithoutEnd(t *testing.T) {
	for _, status := range []string{"500 Oops", "429 Too Many Requests", "403 Forbidden", "404 Not Found", "503 Busy"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			good := h.channel("openai-chat", func(ch *gateway.Channel) { ch.Priority = -1 })
			h.upstream("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{\"error\":")
			begun := time.Now()
			got := h.post("openai-chat", chatBody(false), nil)
			if took := time.Since(begun); got.status != 200 || got.header.Get("X-Weir-Channel") != good.ID || took > 20*time.Second {
				t.Errorf("%d from %s after %s", got.status, got.header.Get("X-Weir-Channel"), took)
			}
		})
	}
}

// TestHeldBytesAreBounded: a stream that only ever says that it is alive does not fill the memory.
func TestHeldBytesAreBounded(t *testing.T) {
	w := httptest.NewRecorder()
	g := newGate(w, &http.Response{StatusCode: 200, Header: http.Header{}}, time.Hour)
	defer g.release()
	piece := []byte(strings.Repeat(": alive\n\n", 10_000))
	for range 100 {
		if err := g.write(piece); err != nil {
			t.Fatal(err)
		}
		if len(g.held) > mostHeld {
			t.Fatalf("%d bytes are held", len(g.held))
		}
	}
	if g.release(); w.Body.Len() != 100*len(piece) || g.abandon() {
		t.Errorf("%d bytes arrived", w.Body.Len())
	}
}

// TestErrorThatRepeatsTheKey: what an upstream says of our key is not for the client.
func TestErrorThatRepeatsTheKey(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":{"message":"`+r.Header.Get("Authorization")+` and `+upstreamKey+upstreamKey+`"}}`)
	}))
	t.Cleanup(up.Close)
	h := build(t)
	h.channel("openai-chat", func(ch *gateway.Channel) { ch.BaseURL = up.URL })
	got := h.post("openai-chat", chatBody(false), nil)
	stars := strings.Repeat("*", len(upstreamKey))
	if want := `{"error":{"message":"Bearer ` + stars + " and " + stars + stars + `"}}`; got.status != 400 || string(got.body) != want {
		t.Errorf("the client got %d %s, want %s", got.status, got.body, want)
	}
}

// TestTwoContentTypes: the upstream reads a body as Weir has read it.
func TestTwoContentTypes(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.post("openai-chat", chatBody(false), func(r *http.Request) { r.Header.Add("Content-Type", "multipart/form-data; boundary=a") })
	if got := h.up.Journal.Entries()[0].Header["Content-Type"]; len(got) != 1 || got[0] != "application/json" {
		t.Errorf("the upstream got %q", got)
	}
}

// TestPanic: a bug ends the connection, so that nobody takes what came for a whole reply.
func TestPanic(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	h.relay.Book = nil
	req, err := http.NewRequest(http.MethodPost, h.url+paths["openai-chat"], strings.NewReader(chatBody(false)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.secret)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		t.Errorf("the client got %d", resp.StatusCode)
	}
	if _, err := h.relay.Try(context.Background(), "openai-chat"); err == nil {
		t.Error("a try that broke off is said to be good")
	}
}
