package billing

import (
	"slices"
	"strings"
	"testing"
)

// TestVendorsHaveTheirLists: each kind of upstream is known, and its prices are in the book
// or there is a reason why not.
func TestVendorsHaveTheirLists(t *testing.T) {
	book := shipped(t)
	unlisted := []string{"qwen-cn", "siliconflow", "jina", "nvidia", "moonshot-cn", "minimax-cn", "github-copilot"}
	for _, id := range []string{"openai", "anthropic", "openrouter", "deepseek", "xai", "groq", "mistral", "moonshot", "moonshot-cn", "zai", "zhipuai", "qwen", "qwen-cn", "alibaba", "github-copilot", "minimax", "minimax-cn",
		"siliconflow", "together", "fireworks", "cerebras", "perplexity", "cohere", "jina", "voyage", "nvidia", "ollama", "lmstudio", "vllm", "azure",
		"google", "google-vertex", "bedrock", "new-api", "one-api", "litellm", "weir"} {
		v, _, known := vendorOf(id)
		if !known || v.name == "" {
			t.Errorf("vendorOf(%s) is not known", id)
		}
		for _, list := range v.lists {
			priced := slices.ContainsFunc(book.cards, func(c Card) bool { return c.Provider == list })
			if excused := v.free != "" || slices.Contains(unlisted, id); priced == excused {
				t.Errorf("%s: list %q is in the book: %t, want %t", id, list, priced, !excused)
			}
		}
	}
}

// endpointNames are what the relay calls the endpoints that it passes calls on to.
var endpointNames = []string{"chat/completions", "completions", "responses", "responses/compact", "responses/input_tokens", "responses/stored",
	"messages", "messages/count_tokens", "embeddings", "moderations", "images/generations", "images/edits", "images/variations",
	"audio/speech", "audio/transcriptions", "audio/translations", "rerank", "v2/rerank", "v2/chat", "v2/embed",
	"generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"}

func TestEveryEndpointHasARule(t *testing.T) {
	for _, endpoint := range endpointNames {
		for _, spelling := range []string{endpoint, strings.ToUpper(endpoint), "/v1/" + endpoint} {
			if rule := Rule("openai", spelling, CountAuto); rule == "" || strings.Contains(rule, "%s") || strings.HasPrefix(rule, "Nobody") {
				t.Errorf("Rule(openai, %s) = %q", spelling, rule)
			}
		}
	}
	for _, count := range countingEndpoints {
		if _, ok := Free("openai", count); !ok {
			t.Errorf("Free(%s) = false: a count costs nothing", count)
		}
	}
	for endpoint, name := range endpoints {
		if _, ok := schemes[name]; !ok {
			t.Errorf("%s has the scheme %q, which is not there", endpoint, name)
		}
	}
}

func TestReceiptsOfEveryEndpoint(t *testing.T) {
	for _, endpoint := range endpointNames {
		out, err := Receipts([]byte(`[{"id":"a","provider":"openai","endpoint":"` + endpoint + `","model":"gpt-5","effective_date":"2026-09-10","usage":null}]`))
		if err != nil || strings.Contains(string(out), flagUnknownEndpoint) || strings.Contains(string(out), string(Rejected)) {
			t.Errorf("Receipts(%s) = %s, %v", endpoint, out, err)
		}
	}
}

func TestRulesOfVendors(t *testing.T) {
	for _, tt := range []struct{ provider, endpoint, part string }{
		{"xai", "chat/completions", "thinking beside the answer"}, {"xai", "responses", "cached tokens inside the input"},
		{"minimax", "chat/completions", "inside the prompt"}, {"minimax", "messages", "nothing is subtracted"},
		{"ollama", "chat/completions", "this machine"}, {"vllm", "chat/completions", "server of one's own"},
		{"openai", "moderations", "free of charge at OpenAI"}, {"mistral", "moderations", "prompt tokens alone"},
		{"openai", "responses/stored", "charged when it was made"},
	} {
		if got := Rule(tt.provider, tt.endpoint, CountAuto); !strings.Contains(got, tt.part) {
			t.Errorf("Rule(%s, %s) = %q, want %q in it", tt.provider, tt.endpoint, got, tt.part)
		}
	}
}
