package relay

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/billing"
)

// at adds a channel of a row at the stand-in.
func (h *house) at(row string, base string) gateway.Channel {
	return h.channel("openai-chat", func(ch *gateway.Channel) { ch.Provider, ch.BaseURL = row, base })
}

// TestALocalModelCostsNothing: that it is free is known, which is something else than a price
// that nobody knows; and a limit in dollars does not stop it.
func TestALocalModelCostsNothing(t *testing.T) {
	for _, row := range []string{"ollama", "lmstudio", "vllm"} {
		for _, dialect := range []string{"openai-chat", "anthropic"} {
			h := build(t)
			h.limit("1usd/day")
			h.at(row, h.up.URL+map[string]string{"openai-chat": "/openai", "anthropic": "/anthropic"}[dialect])
			got := h.post(dialect, strings.NewReplacer("gpt-5", "a-model-of-nobody", "claude-sonnet-4-6", "a-model-of-nobody").Replace(bodyFor(dialect, true)), nil)
			if got.status != http.StatusOK || cost(got.call) != "0" || got.call.Bill.Status == billing.Unpriced || !strings.HasSuffix(got.call.Bill.Note, ".") {
				t.Errorf("%s, %s: %d, cost %s, %s, %q", row, dialect, got.status, cost(got.call), got.call.Bill.Status, got.call.Bill.Note)
			}
			if len(got.call.Bill.Usage.Meters()) == 0 {
				t.Errorf("%s, %s: its tokens were not counted", row, dialect)
			}
			h.check()
		}
	}
}

// TestOpenRoutersOwnFigureIsCharged: what it says that it charged counts, not what its list says.
func TestOpenRoutersOwnFigureIsCharged(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"gen-1","object":"chat.completion","model":"openai/gpt-5","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}],
			"usage":{"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,"cost":0.00123,"is_byok":false}}`)
	}))
	defer up.Close()
	h := build(t)
	h.at("openrouter", up.URL+"/api/v1")
	got := h.post("openai-chat", strings.Replace(chatBody(false), "gpt-5", "openai/gpt-5", 1), nil)
	if got.status != http.StatusOK || cost(got.call) != "0.00123" || got.call.Bill.Status != billing.ProviderReported || got.call.Endpoint != "chat/completions" {
		t.Errorf("%d, cost %s, %s, %s", got.status, cost(got.call), got.call.Bill.Status, got.call.Endpoint)
	}
}

// TestUsageIsNotAskedForWhereItComesAnyway: such an upstream refuses the wish, and one failed
// call for each start of Weir would be one too many.
func TestUsageIsNotAskedForWhereItComesAnyway(t *testing.T) {
	h := build(t)
	h.at("mistral", h.up.URL+"/openai")
	if err := h.up.Script("refuse-stream-options", "usage-every"); err != nil {
		t.Fatal(err)
	}
	h.post("openai-chat", chatBody(true), nil)
	got := h.post("openai-chat", chatBody(true), nil)
	entries := h.up.Journal.Entries()
	if len(entries) != 2 || slices.ContainsFunc([][]byte{entries[0].Body, entries[1].Body}, func(body []byte) bool { return bytes.Contains(body, []byte("stream_options")) }) {
		t.Fatalf("%d requests; the first was %s", len(entries), entries[0].Body)
	}
	if got.call.Basis != gateway.Exact {
		t.Errorf("the call's basis is %s", got.call.Basis)
	}
}

// TestRestrictedKeysNameNoOthers: a key that may use certain models does not reach others by a list
// to fall back on, which some upstreams take.
func TestRestrictedKeysNameNoOthers(t *testing.T) {
	for _, dialect := range dialects {
		h := build(t)
		h.channel("openai-chat", nil)
		h.channel("anthropic", nil)
		body := strings.Replace(bodyFor(dialect, false), "{", `{"models":["dear"],`, 1)
		if got := h.post(dialect, body, nil); got.status != http.StatusOK {
			t.Errorf("%s: a free key got %d", dialect, got.status)
		}
		_, secret, err := h.access.Create(t.Context(), access.Spec{Name: "Restricted", Models: []string{"gpt-5", "claude-sonnet-4-6"}})
		if err != nil {
			t.Fatal(err)
		}
		got := h.post(dialect, body, func(r *http.Request) {
			r.Header.Del("X-Api-Key")
			r.Header.Set("Authorization", "Bearer "+secret)
		})
		if got.status != http.StatusForbidden || h.up.Journal.Len() != 1 {
			t.Errorf("%s: got %d, and %d requests reached the upstream", dialect, got.status, h.up.Journal.Len())
		}
	}
}
