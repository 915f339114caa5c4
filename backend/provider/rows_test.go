package provider

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"weir/backend/gateway"
)

var update = flag.Bool("update", false, "write what the rows say into testdata and docs")

// paths are where each dialect has its operations.
var paths = map[string]map[gateway.Op]string{
	"openai-chat": {gateway.Chat: "/chat/completions"},
	"anthropic":   {gateway.Messages: "/messages", gateway.CountTokens: "/messages/count_tokens"},
	"responses":   {gateway.Responses: "/responses", gateway.Compact: "/responses/compact", gateway.CountTokens: "/responses/input_tokens", gateway.Stored: "/responses/resp_1"},
	"gemini":      {gateway.Generate: "/models/{model}:generateContent", gateway.CountTokens: "/models/{model}:countTokens", gateway.Embeddings: "/models/{model}:embedContent"},
	"openai": {gateway.Completions: "/completions", gateway.Embeddings: "/embeddings", gateway.Images: "/images/generations", gateway.Speech: "/audio/speech",
		gateway.Transcription: "/audio/transcriptions", gateway.Translation: "/audio/translations", gateway.Moderation: "/moderations"},
	"rerank": {gateway.Rerank: "/rerank"},
}

type rowRequest struct {
	dialect string
	Operation
}

// rowRequests are all that a row offers, in a fixed order.
func rowRequests(p Provider) (all []rowRequest) {
	for _, dialect := range slices.Sorted(maps.Keys(p.Lanes)) {
		for _, op := range p.Lanes[dialect].Ops {
			all = append(all, rowRequest{dialect, Operation{Op: op, Path: paths[dialect][op], Model: "m"}})
		}
	}
	return all
}

// resource is where a row is tested that has no address of its own.
const resource = "https://resource.example"

// TestRequests holds the address and the headers of every operation of every row against
// testdata/requests.txt, which is checked line by line against each vendor's own documents.
func TestRequests(t *testing.T) {
	var b strings.Builder
	for _, p := range All() {
		base := cmp.Or(p.BaseURL, resource)
		fmt.Fprintf(&b, "# %s, %s, priced as %s\n", p.ID, p.Name, cmp.Or(p.Prices, "nobody"))
		for _, r := range rowRequests(p) {
			if r.Path == "" {
				t.Errorf("%s: nobody knows the path of %s %s", p.ID, r.dialect, r.Op)
			}
			to, err := URL(p, base, r.dialect, r.Operation, "")
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{}
			p.SignFor(r.dialect, h, "s")
			fmt.Fprintf(&b, "%s %s: %s%s\n", r.dialect, r.Op, to, headers(h))
		}
		if p.HasList() {
			r, err := ProbeRequest(t.Context(), p, base, "s")
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Del("Accept")
			fmt.Fprintf(&b, "list: %s%s\n", r.URL, headers(r.Header))
		}
		b.WriteByte('\n')
	}
	golden(t, "testdata/requests.txt", b.String())
}

func headers(h http.Header) string {
	out := ""
	for _, name := range slices.Sorted(maps.Keys(h)) {
		out += " | " + name + ": " + h.Get(name)
	}
	return out
}

// golden compares a file with what it ought to hold, or writes it.
func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: go test ./backend/provider -update, and look at the difference", path)
	}
}

// TestBaseURLsThatPeoplePaste: what a vendor's page says for another client leads to the same place.
func TestBaseURLsThatPeoplePaste(t *testing.T) {
	for _, tt := range []struct{ name, id, base, dialect, want string }{
		{"the address for Anthropic clients", "deepseek", "https://api.deepseek.com/anthropic", "openai-chat", "https://api.deepseek.com/v1/chat/completions"},
		{"the one for OpenAI clients", "deepseek", "https://api.deepseek.com/v1", "anthropic", "https://api.deepseek.com/anthropic/v1/messages"},
		{"the address for Claude Code", "openrouter", "https://openrouter.ai/api", "openai-chat", "https://openrouter.ai/api/v1/chat/completions"},
		{"and with its version", "openrouter", "https://openrouter.ai/api/v1/", "anthropic", "https://openrouter.ai/api/v1/messages"},
		{"chat without a version", "perplexity", "https://api.perplexity.ai/v1", "openai-chat", "https://api.perplexity.ai/chat/completions"},
		{"and Responses with one", "perplexity", "https://api.perplexity.ai", "responses", "https://api.perplexity.ai/v1/responses"},
		{"the plan of another row", "zai", "https://api.z.ai/api/anthropic", "openai-chat", "https://api.z.ai/api/paas/v4/chat/completions"},
		{"a workspace's own domain", "qwen", "https://ws-1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1", "anthropic", "https://ws-1.ap-southeast-1.maas.aliyuncs.com/apps/anthropic/v1/messages"},
		{"and the other way round", "qwen", "https://ws-1.ap-southeast-1.maas.aliyuncs.com/apps/anthropic", "openai-chat", "https://ws-1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1/chat/completions"},
		{"the bare resource", "azure", "https://me.openai.azure.com/", "responses", "https://me.openai.azure.com/openai/v1/responses"},
		{"half of its path", "azure", "https://me.openai.azure.com/openai", "openai-chat", "https://me.openai.azure.com/openai/v1/chat/completions"},
		{"the address for Claude", "azure", "https://me.services.ai.azure.com/anthropic/", "anthropic", "https://me.services.ai.azure.com/anthropic/v1/messages"},
		{"a gateway in OpenAI's way", "new-api", "http://127.0.0.1:3000/v1", "gemini", "http://127.0.0.1:3000/v1beta/models/m:generateContent"},
		{"a gateway below a path", "litellm", "https://h/llm", "responses", "https://h/llm/v1/responses"},
		{"Google in OpenAI's way", "google", "https://generativelanguage.googleapis.com/v1beta/openai/", "gemini", "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent"},
		{"a whole address", "cohere", "https://api.cohere.ai/v2/rerank", "openai-chat", "https://api.cohere.ai/compatibility/v1/chat/completions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := ByID(tt.id)
			for _, r := range rowRequests(p) {
				if r.dialect != tt.dialect {
					continue
				}
				if got, err := URL(p, tt.base, r.dialect, r.Operation, ""); err != nil || got != tt.want {
					t.Errorf("got %q, %v, want %q", got, err, tt.want)
				}
				return
			}
			t.Errorf("%s does not offer %s", tt.id, tt.dialect)
		})
	}
}
