package relay

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"weir/backend/gateway"
)

// A keyed upstream answers each key in its own way and notes in which order they came.
type keyed struct {
	*httptest.Server
	answers map[string]answer // by key

	mu   sync.Mutex
	came []string
}

type answer struct {
	status int
	body   string
	header string // "Name: value"; empty: none
}

const good = `{"id":"x","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`

func startKeyed(t *testing.T, answers map[string]answer) *keyed {
	k := &keyed{answers: answers}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		k.mu.Lock()
		k.came = append(k.came, key)
		a := k.answers[key]
		k.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if name, value, ok := strings.Cut(a.header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(k.Close)
	return k
}

// took returns the keys that came since it was asked last.
func (k *keyed) took() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := strings.Join(k.came, " ")
	k.came = nil
	return keys
}

// TestKeysOfOneChannel is which answers make the next key be tried, in the same call and after it.
func TestKeysOfOneChannel(t *testing.T) {
	ok := answer{200, good, ""}
	for _, tt := range []struct {
		name        string
		first       answer
		within      string // the keys of the first call
		after       string // of the second
		status      int
		blamesFirst bool
	}{
		{"401 refuses a key", answer{401, `{"error":{"message":"no"}}`, ""}, "one two", "two", 200, true},
		{"so does a 403 about it", answer{403, `{"error":{"message":"This API key is not active."}}`, ""}, "one two", "two", 200, true},
		{"and Google's 400", answer{400, `{"error":{"message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}`, ""}, "one two", "two", 200, true},
		{"402 has no money left", answer{402, `{"error":{"message":"Insufficient Balance"}}`, ""}, "one two", "two", 200, false},
		{"nor has Anthropic's 400", answer{400, `{"error":{"message":"Your credit balance is too low"}}`, ""}, "one two", "two", 200, false},
		{"429 has had enough", answer{429, `{"error":{"message":"slow down"}}`, "Retry-After: 30"}, "one two", "two", 200, false},
		{"a 403 about the prompt is nobody's fault", answer{403, `{"error":{"message":"flagged"}}`, ""}, "one", "one", 403, false},
		{"a 400 about the request neither", answer{400, `{"error":{"message":"temperature"}}`, ""}, "one", "one", 400, false},
		{"500 is the channel's, and no key of it is tried again", answer{500, `{"error":{}}`, ""}, "one", "one", 500, false},
		{"503 too", answer{503, `{"error":{}}`, ""}, "one", "one", 503, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			up := startKeyed(t, map[string]answer{"one": tt.first, "two": ok})
			ch := h.add("one\ntwo", func(c *gateway.Channel) { c.BaseURL = up.URL })
			got := h.post("openai-chat", chatBody(false), nil)
			if keys := up.took(); keys != tt.within || got.status != tt.status || len(got.call.Attempts) != len(strings.Fields(tt.within)) {
				t.Errorf("the first call got %d with the keys %q in %+v: %s", got.status, keys, got.call.Attempts, got.body)
			}
			h.post("openai-chat", chatBody(false), nil)
			if keys := up.took(); keys != tt.after {
				t.Errorf("the second call took %q, want %q", keys, tt.after)
			}
			ch, err := h.channels.Channel(ch.ID)
			if err != nil || (ch.Keys[0].State == gateway.ChannelBadKey) != tt.blamesFirst {
				t.Errorf("the first key is %s, %v", ch.Keys[0].State, err)
			}
			h.check()
		})
	}
}

// TestEachKeyOnce: where all keys are refused, each was sent once, and the next channel answers.
func TestEachKeyOnce(t *testing.T) {
	h := build(t)
	no := answer{401, `{"error":{}}`, ""}
	up := startKeyed(t, map[string]answer{"one": no, "two": no, "three": no})
	ch := h.add("one\ntwo\nthree", func(c *gateway.Channel) { c.BaseURL, c.Priority = up.URL, 9 })
	got := h.post("openai-chat", chatBody(false), nil)
	if keys := up.took(); keys != "one two three" || got.status != 503 || got.call.State != gateway.Released {
		t.Errorf("%d, %s with the keys %q: %s", got.status, got.call.State, keys, got.body)
	}
	if now, err := h.channels.Channel(ch.ID); err != nil || now.State != gateway.ChannelBadKey {
		t.Errorf("the channel is %s, %v", now.State, err)
	}
	other := h.channel("openai-chat", nil)
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 200 || got.call.ChannelID != other.ID || up.took() != "" {
		t.Errorf("with another channel: %d from %s", got.status, got.call.ChannelID)
	}
	up.mu.Lock()
	up.answers["one"] = answer{200, good, ""}
	up.mu.Unlock()
	if _, err := h.channels.SetEnabled(t.Context(), other.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := h.post("openai-chat", chatBody(false), nil); got.status != 200 {
		t.Errorf("where nothing else is left a key that rests was not tried: %d", got.status)
	}
	if now, err := h.channels.Channel(ch.ID); err != nil || now.State != gateway.ChannelOK || now.Keys[0].State != gateway.ChannelOK {
		t.Errorf("after a good answer the channel is %s, its keys %+v, %v", now.State, now.Keys, err)
	}
	h.check()
}
