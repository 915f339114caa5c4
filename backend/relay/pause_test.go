package relay

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"weir/backend/gateway"
)

func TestPaused(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect, func(t *testing.T) {
			h := build(t)
			h.channel(dialect, nil)
			h.relay.Pause(true)
			got := h.post(dialect, bodyFor(dialect, true), nil)
			if got.status != 503 || got.header.Get("X-Should-Retry") != "false" || !strings.Contains(string(got.body), "Weir is paused.") {
				t.Errorf("status %d, header %v, body %s", got.status, got.header, got.body)
			}
			c := got.call
			if c.State != gateway.Refused || c.Err == nil || c.Err.Kind != gateway.Paused || c.Model == "" || c.HTTPStatus != 503 {
				t.Errorf("the call is %+v", c)
			}
			if n := h.up.Journal.Len(); n != 0 {
				t.Errorf("the upstream was asked %d times", n)
			}
			if status := h.models(dialect); status != 503 {
				t.Errorf("the models were answered with %d", status)
			}
			var refused *gateway.Error
			if _, err := h.relay.Try(context.Background(), dialect); !errors.As(err, &refused) || refused.Kind != gateway.Paused {
				t.Errorf("a sandbox call got %v", err)
			}
			h.relay.Pause(false)
			if got := h.post(dialect, bodyFor(dialect, false), nil); got.status != 200 {
				t.Errorf("after the pause: status %d", got.status)
			}
			h.check()
		})
	}
}

func TestAPauseLetsRunningCallsEnd(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", nil)
	if err := h.up.Script("ok?chunks=5&delay=30"); err != nil {
		t.Fatal(err)
	}
	done := make(chan sent, 1)
	go func() { done <- h.post("openai-chat", chatBody(true), nil) }()
	h.wait(1)
	h.relay.Pause(true)
	if got := <-done; got.call.State != gateway.Settled || got.call.End != gateway.Finished {
		t.Errorf("the running call is %s, %s", got.call.State, got.call.End)
	}
}

// models asks for the list of models and returns the status.
func (h *house) models(dialect string) int {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, h.url+"/v1/models", nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.secret)
	if dialect == "anthropic" {
		req.Header.Set("X-Api-Key", h.secret)
		req.Header.Set("Anthropic-Version", "2023-06-01")
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
