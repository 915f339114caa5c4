package billing

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// recording is one recorded exchange of the shared cassettes.
type recording struct {
	Request  struct{ Path string }
	Response struct {
		Status int
		Body   string
	}
}

// lanes say which cassettes were recorded at which endpoint.
var lanes = map[string]struct{ provider, endpoint string }{
	"openai-chat": {"openai", "chat/completions"}, "openai-responses": {"openai", "responses"},
	"anthropic-messages": {"anthropic", "messages"}, "anthropic-count_tokens": {"anthropic", "messages/count_tokens"},
	"groq-chat": {"groq", "chat/completions"}, "deepseek-chat": {"deepseek", "chat/completions"}, "mistral-chat": {"mistral", "chat/completions"},
	"moonshot-chat": {"moonshot", "chat/completions"}, "openrouter-chat": {"openrouter", "chat/completions"}, "xai-chat": {"xai", "chat/completions"},
}

// TestRecordedRepliesAreCounted replays recorded replies, where they are, and compares
// what the tally kept with the usage that the recording's own index names.
func TestRecordedRepliesAreCounted(t *testing.T) {
	folder := filepath.Join("..", "..", "shared", "cassettes")
	index, err := os.ReadFile(filepath.Join(folder, "MANIFEST.json"))
	if os.IsNotExist(err) {
		t.Skip("the recordings are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []struct{ Name, Usage string }
	if err := json.Unmarshal(index, &list); err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		lane, ok := lanes[strings.Join(strings.SplitN(entry.Name, "-", 3)[:2], "-")]
		if !ok {
			continue
		}
		t.Run(entry.Name, func(t *testing.T) {
			tally := replay(t, filepath.Join(folder, entry.Name+".json"), lane.endpoint)
			if !tally.Final() {
				t.Fatal("Final() = false, want the last word")
			}
			u, flags, ok := ParseUsage(lane.provider, lane.endpoint, CountAuto, tally.Raw())
			if !ok && lane.endpoint != "messages/count_tokens" {
				t.Errorf("ParseUsage(%s) = %v, %q, want a reading", tally.Raw(), u, flags)
			}
			if json.Valid([]byte(entry.Usage)) && !strings.Contains(string(tally.Raw()), "message_") && !sameJSON(t, tally.Raw(), []byte(entry.Usage)) {
				t.Errorf("Raw() = %s, want %s", tally.Raw(), entry.Usage)
			}
		})
	}
}

func replay(t *testing.T, file, endpoint string) *Tally {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	tally := NewTally(endpoint)
	if !strings.Contains(r.Response.Body, "data:") {
		tally.Observe([]byte(r.Response.Body))
	}
	for line := range strings.Lines(r.Response.Body) {
		if payload, ok := strings.CutPrefix(line, "data:"); ok {
			tally.Observe([]byte(strings.TrimSpace(payload)))
		}
	}
	return tally
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
