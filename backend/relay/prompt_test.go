package relay

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/reuse"
	"weir/billing"
)

// claudeLike answers messages with the counts that it is given, one after the other.
func claudeLike(t *testing.T, usages ...string) *httptest.Server {
	t.Helper()
	next := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Done."}],"stop_reason":"end_turn","usage":%s}`, usages[min(next, len(usages)-1)])
		next++
	}))
	t.Cleanup(srv.Close)
	return srv
}

// explained waits until a call was looked at.
func (h *house) explained(call gateway.Call) *reuse.Explanation {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		e, err := h.reuse.Explain(context.Background(), call)
		if err != nil {
			h.t.Fatal(err)
		}
		if e != nil || time.Now().After(deadline) {
			return e
		}
		time.Sleep(2 * time.Millisecond)
	}
}

const marked = `{"model":"claude-sonnet-4-5","max_tokens":100,"tools":[%s],"messages":[{"role":"user","content":[{"type":"text","text":"%s","cache_control":{"type":"ephemeral"}}]}]}`

// TestMissedCache: a call whose cache was missed says why and what that cost, and no word of its prompt is on the disk.
func TestMissedCache(t *testing.T) {
	h := build(t)
	up := claudeLike(t, `{"input_tokens":10,"cache_creation_input_tokens":4000,"cache_read_input_tokens":0,"output_tokens":5}`,
		`{"input_tokens":10,"cache_creation_input_tokens":4100,"cache_read_input_tokens":0,"output_tokens":5}`)
	h.channel("anthropic", func(ch *gateway.Channel) { ch.Provider, ch.BaseURL = "anthropic", up.URL })
	prompt := strings.Repeat("xylophone ", 1500)
	first := h.post("anthropic", fmt.Sprintf(marked, `{"name":"read"}`, prompt), nil)
	if e := h.explained(first.call); e == nil || e.Cause != reuse.First {
		t.Fatalf("the first call is explained by %+v, want that it is the first", e)
	}
	second := h.post("anthropic", fmt.Sprintf(marked, `{"name":"xylophones"},{"name":"read"}`, prompt), nil)
	e := h.explained(second.call)
	if e == nil || e.Cause != reuse.Tools || e.Place != 1 || e.Before != first.call.ID || e.Tokens != 4000 {
		t.Fatalf("the second call is explained by %+v, want other tools, and 4000 tokens", e)
	}
	// 4000 tokens at 3.75 instead of 0.30 dollars a million.
	if want := billing.Pico(13_800_000_000); e.Pico == nil || *e.Pico != want.Pico() {
		t.Errorf("the miss cost %v pico-dollars, want %d", e.Pico, want.Pico())
	}
	if err := h.reuse.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(h.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("xylophone")) {
			t.Errorf("a word of the prompt stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.check()
}

// TestNotTold: what is short, simulated or no conversation is not looked at, and no call waits for a watch that is gone.
func TestNotTold(t *testing.T) {
	h := build(t)
	up := claudeLike(t, `{"input_tokens":4000,"output_tokens":5}`)
	h.channel("anthropic", func(ch *gateway.Channel) { ch.Provider, ch.BaseURL = "anthropic", up.URL })
	if err := h.reuse.Close(); err != nil {
		t.Fatal(err)
	}
	s := h.post("anthropic", fmt.Sprintf(marked, "", strings.Repeat("word ", 4000)), nil)
	if s.status != http.StatusOK || s.call.State != gateway.Settled {
		t.Errorf("a call without a watch ended %+v, want settled", s.call)
	}
	h.check()
}

// TestOnce: where an upstream's own tools ran in between, its counts are not those of one prompt.
func TestOnce(t *testing.T) {
	for _, tt := range []struct {
		name, usage string
		searches    int64
		want        bool
	}{
		{"a plain reply", `{"input_tokens":1}`, 0, true},
		{"one iteration", `{"iterations":[{"input_tokens":1}]}`, 0, true},
		{"two iterations", `{"iterations":[{"input_tokens":1},{"input_tokens":2}]}`, 0, false},
		{"a search", `{"server_tool_use":{"web_search_requests":1}}`, 0, false},
		{"no search", `{"server_tool_use":{"web_search_requests":0}}`, 0, true},
		{"a search that is counted elsewhere", `{}`, 1, false},
		{"no usage", ``, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			row := gateway.Call{Usage: []byte(tt.usage)}
			row.Bill.Usage[billing.WebSearch] = tt.searches
			if got := once(row); got != tt.want {
				t.Errorf("once(%s) = %v, want %v", tt.usage, got, tt.want)
			}
		})
	}
}
