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

// lanes say at whose endpoint a cassette was recorded.
var lanes = map[string]struct{ provider, endpoint string }{
	"openai-chat": {"openai", "chat/completions"}, "openai-responses": {"openai", "responses"},
	"anthropic-messages": {"anthropic", "messages"}, "anthropic-count_tokens": {"anthropic", "messages/count_tokens"},
	"gemini-generate": {"google", "generateContent"}, "gemini-embed": {"google", "batchEmbedContents"}, "vertex-generate": {"google-vertex", "streamGenerateContent"},
	"bedrock-converse": {"bedrock", "converse"}, "bedrock-invoke": {"bedrock", "invoke"}, "bedrock_mantle-responses": {"bedrock", "responses"},
	"azure-responses": {"azure", "responses"}, "openrouter-chat": {"openrouter", "chat/completions"}, "openrouter-responses": {"openrouter", "responses"},
	"groq-chat": {"groq", "chat/completions"}, "deepseek-chat": {"deepseek", "chat/completions"}, "mistral-chat": {"mistral", "chat/completions"},
	"moonshot-chat": {"moonshot", "chat/completions"}, "xai-chat": {"xai", "chat/completions"}, "qwen-chat": {"qwen", "chat/completions"},
	"zai-chat": {"zai", "chat/completions"}, "perplexity-chat": {"perplexity", "chat/completions"}, "crusoe-chat": {"openai-compatible", "chat/completions"},
	"cohere-chat": {"cohere", "v2/chat"}, "cohere-embed": {"cohere", "v2/embed"},
	"ollama-chat": {"ollama", "chat/completions"}, "lmstudio-responses": {"lmstudio", "responses"},
}

// silent recordings report no usage: what they cost can only be estimated.
var silent = map[string]string{"gemini-embed-json-1": "Gemini's embeddings name no count"}

// TestRecordedRepliesAreCounted replays recorded replies, where they are, and compares what
// the tally kept and the meters with the usage that the recordings' own index names.
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
		t.Run(entry.Name, func(t *testing.T) {
			lane, ok := lanes[strings.Join(strings.SplitN(entry.Name, "-", 3)[:2], "-")]
			if !ok {
				t.Fatal("nobody has written down where this was recorded")
			}
			tally := replay(t, filepath.Join(folder, entry.Name+".json"), lane.endpoint)
			if why, quiet := silent[entry.Name]; quiet {
				if tally.Raw() != nil {
					t.Errorf("Raw() = %s, want none: %s", tally.Raw(), why)
				}
				return
			}
			if !tally.Final() {
				t.Fatal("Final() = false, want the last word")
			}
			if _, free := Free(lane.provider, lane.endpoint); !free {
				compareReading(t, lane.provider, lane.endpoint, tally.Raw(), entry.Usage)
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
	tally, body := NewTally(endpoint), r.Response.Body
	if json.Valid([]byte(body)) {
		tally.Observe([]byte(body))
		return tally
	}
	for line := range strings.Lines(body) {
		var event struct{ Data string } // Bedrock's frames are no text: each was recorded as a line of JSON
		if payload, ok := strings.CutPrefix(line, "data:"); ok {
			tally.Observe([]byte(strings.TrimSpace(payload)))
		} else if json.Unmarshal([]byte(line), &event) == nil {
			tally.Observe([]byte(event.Data))
		}
	}
	return tally
}

// compareReading holds the reading of what was kept against the index. It names the last
// usage object of a recording, or none where it found none.
func compareReading(t *testing.T, provider, endpoint string, raw json.RawMessage, usage string) {
	t.Helper()
	u, flags, ok := ParseUsage(provider, endpoint, CountAuto, raw)
	if !ok {
		t.Fatalf("ParseUsage(%s) = %v, %q, want a reading", raw, u, flags)
	}
	if usage == "" {
		return
	}
	kept := raw
	var frames map[string]json.RawMessage
	if json.Unmarshal(raw, &frames) == nil && frames["message_delta"] != nil {
		kept = frames["message_delta"]
	}
	if !sameJSON(kept, []byte(usage)) {
		t.Errorf("Raw() = %s, want %s", kept, usage)
	}
	prompt, answer := sides(t, usage)
	if prompt >= 0 && u.Prompt() != prompt || u.Answer() != answer {
		t.Errorf("prompt, answer = %d, %d, want %d, %d", u.Prompt(), u.Answer(), prompt, answer)
	}
}

// sides adds up a usage object by hand, apart from every scheme. A negative prompt is not known.
func sides(t *testing.T, usage string) (prompt, answer int64) {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(usage), &doc); err != nil {
		t.Fatal(err)
	}
	sum := func(of map[string]any, names ...string) (n int64) {
		for _, name := range names {
			v, _ := of[name].(float64)
			n += int64(v)
		}
		return n
	}
	if billed, ok := doc["billed_units"].(map[string]any); ok {
		return sum(billed, "input_tokens"), sum(billed, "output_tokens")
	}
	if _, ok := doc["promptTokenCount"]; ok {
		return sum(doc, "promptTokenCount", "toolUsePromptTokenCount"), sum(doc, "candidatesTokenCount", "thoughtsTokenCount")
	}
	if _, ok := doc["inputTokens"]; ok {
		return sum(doc, "inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"), sum(doc, "outputTokens")
	}
	if _, ok := doc["prompt_tokens"]; ok { // what the total has beyond the prompt was answered, thinking included
		details, _ := doc["prompt_tokens_details"].(map[string]any)
		prompt, read, written := sum(doc, "prompt_tokens"), sum(details, "cached_tokens"), sum(details, "cache_write_tokens")
		if read+written > prompt {
			prompt += written // what was read was written anew, and both are charged
		}
		return prompt, sum(doc, "total_tokens") - sum(doc, "prompt_tokens")
	}
	if _, ok := doc["input_tokens_details"]; ok {
		return sum(doc, "input_tokens"), sum(doc, "output_tokens")
	}
	if _, ok := doc["input_tokens"]; !ok {
		return -1, sum(doc, "output_tokens")
	}
	return sum(doc, "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"), sum(doc, "output_tokens")
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
