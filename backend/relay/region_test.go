package relay

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"weir/backend/gateway"
	"weir/billing"
)

// TestAnUpstreamInARegion costs its surcharge, and that is set aside beforehand too.
func TestAnUpstreamInARegion(t *testing.T) {
	for _, tt := range []struct{ name, base, cost string }{
		{"in a region", "http://eu.api.openai.com/v1", "0.0055"},
		{"anywhere", "http://api.openai.com/v1", "0.005"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, strings.Replace(reply("openai-chat", `{"prompt_tokens":1000,"completion_tokens":0}`), "gpt-5", "gpt-5.5", 1))
			}))
			t.Cleanup(proxy.Close)
			h.channel("openai-chat", func(ch *gateway.Channel) { ch.BaseURL, ch.Proxy = tt.base, proxy.URL })
			s := h.post("openai-chat", strings.Replace(bodyFor("openai-chat", false), "gpt-5", "gpt-5.5", 1), nil)
			if s.status != http.StatusOK || cost(s.call) != tt.cost || s.call.Bill.Status != billing.Priced {
				t.Errorf("status %d, cost %s, %s %q, want %s", s.status, cost(s.call), s.call.Bill.Status, s.call.Bill.Flags, tt.cost)
			}
		})
	}
}

// TestAServerThatIsPricedAsCopilot: what GitHub Copilot says that it charged is what a call cost.
func TestAServerThatIsPricedAsCopilot(t *testing.T) {
	t.Parallel()
	h := build(t)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Replace(reply("openai-chat", `{"prompt_tokens":10,"completion_tokens":2}`), "{", `{"copilot_usage":{"total_nano_aiu":2500000000},`, 1))
	}))
	t.Cleanup(up.Close)
	h.channel("openai-chat", func(ch *gateway.Channel) { ch.BaseURL, ch.PriceAs = up.URL, "github-copilot" })
	if c := h.post("openai-chat", chatBody(false), nil).call; cost(c) != "0.025" || c.Bill.Status != billing.ProviderReported {
		t.Errorf("cost %s, %s %q, want what the reply says", cost(c), c.Bill.Status, c.Bill.Flags)
	}
}
