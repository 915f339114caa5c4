package relay

import (
	"strings"
	"testing"

	"weir/backend/gateway"
)

// TestCircle is a channel that leads to the relay itself, as one does where the relay's door
// moved to its port later.
func TestCircle(t *testing.T) {
	h := build(t)
	h.channel("openai-chat", func(c *gateway.Channel) { c.Name, c.BaseURL, c.Priority = "Round", h.url+"/v1", 9 })
	got := h.post("openai-chat", chatBody(false), nil)
	if got.status != 502 || len(got.call.Attempts) != 1 || !strings.Contains(string(got.body), "Round leads back to Weir itself") {
		t.Errorf("status %d after %d attempts: %s", got.status, len(got.call.Attempts), got.body)
	}
	if got.call.State != gateway.Released || got.call.Attempts[0].Result != gateway.Unbilled {
		t.Errorf("the call is %s, its attempt %s", got.call.State, got.call.Attempts[0].Result)
	}
	good := h.channel("openai-chat", nil)
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 200 || got.call.ChannelID != good.ID {
		t.Errorf("with another channel: status %d from %s", got.status, got.call.ChannelID)
	}
	h.check()
}

func TestIs(t *testing.T) {
	for _, tt := range []struct {
		own, base string
		want      bool
	}{
		{"http://127.0.0.1:9347", "http://127.0.0.1:9347/v1", true},
		{"http://127.0.0.1:9347", "http://LOCALHOST.:9347", true},
		{"http://127.0.0.1:9347", "http://[::1]:9347", true},
		{"http://127.0.0.1:9347", "http://0.0.0.0:9347", true},
		{"http://127.0.0.1:9347", "http://127.0.0.1:11434/v1", false},
		{"http://127.0.0.1:9347", "http://192.168.0.2:9347", false},
		{"http://127.0.0.1:9347", "https://localhost", false},
		{"", "https://localhost", false}, // a door that is shut leads nowhere
	} {
		r := &Relay{}
		if tt.own != "" {
			r.Open(tt.own, 9347)
		}
		if got := r.Is(tt.base); got != tt.want {
			t.Errorf("a relay at %q: Is(%q) = %v, want %v", tt.own, tt.base, got, tt.want)
		}
	}
}
