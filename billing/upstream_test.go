package billing

import (
	"testing"
)

func TestBedrockReplies(t *testing.T) {
	nova := "amazon.nova-lite-v1:0"
	checkShapes(t, []shape{
		{"Converse", "bedrock", "converse", nova, []string{`{"output":{},"usage":{"inputTokens":1000,"outputTokens":100,"totalTokens":1100}}`}, `{"inputTokens":1000,"outputTokens":100,"totalTokens":1100}`, Priced, "0.000084", ""},
		{"a stream of it ends with metadata", "bedrock", "converse-stream", nova, []string{`{"contentBlockDelta":{"delta":{"text":"a"}}}`, `{"metrics":{"latencyMs":9},"usage":{"inputTokens":1000,"outputTokens":100}}`}, `{"inputTokens":1000,"outputTokens":100}`, Priced, "0.000084", ""},
		{"a region that the list does not name has the list's price, and says so", "bedrock", "converse", "eu." + nova, []string{`{"usage":{"inputTokens":1000,"outputTokens":100}}`}, `{"inputTokens":1000,"outputTokens":100}`, Priced, "0.000084", "regional_price_unverified"},
		{"a model of Claude's in a region costs a tenth more", "bedrock", "converse", "us.anthropic.claude-haiku-4-5-20251001-v1:0", []string{`{"usage":{"inputTokens":1000,"outputTokens":100}}`}, `{"inputTokens":1000,"outputTokens":100}`, Priced, "0.00165", ""},
		{"InvokeModel passes Claude's own reply", "bedrock", "invoke", "anthropic.claude-haiku-4-5-20251001-v1:0", []string{`{"type":"message","model":"claude-haiku-4-5-20251001","usage":{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":0}}`},
			`{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":0}`, Priced, "0.00165", ""},
		{"Nova's is Converse's", "bedrock", "invoke", nova, []string{`{"output":{},"usage":{"inputTokens":1000,"outputTokens":100,"cacheReadInputTokenCount":500}}`}, `{"inputTokens":1000,"outputTokens":100,"cacheReadInputTokenCount":500}`, Priced, "0.0000915", ""},
	})
	book := shipped(t)
	for _, tt := range []struct{ name, model, usage, total string }{
		{"Llama's counters have names of their own", "meta.llama3-3-70b-instruct-v1:0", `{"prompt_token_count":1000,"generation_token_count":100,"stop_reason":"stop"}`, "0.000792"},
		{"so have Titan's", "amazon.titan-text-express-v1", `{"inputTextTokenCount":1000,"totalOutputTextTokenCount":100}`, "0.00026"},
		{"what the headers count stands as Converse's", "mistral.mistral-7b-instruct-v0:2", `{"inputTokenCount":1000,"outputTokenCount":100}`, "0.00017"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if bill := book.Bill(Case{Provider: "bedrock", Endpoint: "invoke", Model: tt.model, At: noon, Usage: []byte(tt.usage)}); bill.Status != Priced || text(bill.Total) != tt.total {
				t.Errorf("Bill = %s %q %q, want %s", bill.Status, text(bill.Total), bill.Flags, tt.total)
			}
		})
	}
}

func TestHostsOfOthersModels(t *testing.T) {
	claude := `{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":400}`
	gpt := `{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":400}}`
	checkShapes(t, []shape{
		{"Claude on Vertex counts as at home", "google-vertex", "rawPredict", "claude-haiku-4-5@20251001", []string{`{"type":"message","model":"claude-haiku-4-5-20251001","usage":` + claude + `}`}, claude, Priced, "0.00154", ""},
		{"so does it as a stream", "google-vertex", "streamRawPredict", "claude-haiku-4-5@20251001",
			[]string{`{"type":"message_start","message":{"model":"claude-haiku-4-5-20251001","usage":` + claude + `}}`, `{"type":"message_delta","usage":{"output_tokens":200}}`},
			`{"message_start":` + claude + `,"message_delta":{"output_tokens":200}}`, Priced, "0.00204", ""},
		{"Azure's deployment is a label: the model that answered is charged", "azure", "chat/completions", "our-deployment", []string{`{"model":"gpt-5-2025-08-07","usage":` + gpt + `}`}, gpt, Priced, "0.0018", ""},
		{"Vertex' standard traffic has the list price", "google-vertex", "generateContent", "gemini-2.5-flash", []string{`{"usageMetadata":{"promptTokenCount":1000,"trafficType":"ON_DEMAND"}}`}, `{"promptTokenCount":1000,"trafficType":"ON_DEMAND"}`, Priced, "0.0003", ""},
		{"capacity that was bought has no price here", "google-vertex", "generateContent", "gemini-2.5-flash", []string{`{"usageMetadata":{"promptTokenCount":1000,"trafficType":"PROVISIONED_THROUGHPUT"}}`},
			`{"promptTokenCount":1000,"trafficType":"PROVISIONED_THROUGHPUT"}`, Unpriced, "", "context_price_unknown"},
	})
}

func TestRealtimeReplies(t *testing.T) {
	usage := `{"total_tokens":1300,"input_tokens":1000,"output_tokens":300,"input_token_details":{"text_tokens":300,"audio_tokens":700,"cached_tokens":500,"cached_tokens_details":{"text_tokens":100,"audio_tokens":400}},"output_token_details":{"text_tokens":100,"audio_tokens":200}}`
	book := testBook(t, testCard("gpt-realtime", Rates{"input": "4", "cache_read": "0.4", "output": "16", "input_audio": "32", "cache_read_audio": "0.4", "output_audio": "64"}))
	tally := NewTally("realtime")
	tally.Observe([]byte(`{"type":"response.done","response":{"object":"realtime.response","status":"completed","usage":` + usage + `}}`))
	bill := book.Bill(Case{Provider: "openai", Endpoint: "realtime", Model: "gpt-realtime", At: noon, Usage: tally.Raw()})
	// 200 text, 300 sound, 100 and 400 cached; 100 text and 200 sound answered
	if want := "0.025"; string(tally.Raw()) != usage || text(bill.Total) != want || bill.Usage.Prompt() != 1000 || bill.Usage.Answer() != 300 {
		t.Errorf("Bill = %s %q %q %v, want %s", bill.Status, text(bill.Total), bill.Flags, bill.Usage, want)
	}
}

// TestCopilotReplies: what it charged stands beside the usage, in billionths of a credit, which is a cent.
func TestCopilotReplies(t *testing.T) {
	aiu := `"copilot_usage":{"total_nano_aiu":2500000000,"token_details":[{"token_type":"input"}]}`
	chat := `{"prompt_tokens":1000,"completion_tokens":100}`
	start, end := `{"input_tokens":10,"output_tokens":1}`, `{"output_tokens":20}`
	checkShapes(t, []shape{
		{"in chat", "github-copilot", "chat/completions", "gpt-5", []string{`{"model":"gpt-5",` + aiu + `,"choices":[],"usage":` + chat + `}`}, `{` + aiu + `,` + chat[1:], ProviderReported, "0.025", "unknown_model"},
		{"in the event that ends a Responses stream", "github-copilot", "responses", "gpt-5", []string{`{"type":"response.completed","response":{"model":"gpt-5","usage":{"input_tokens":10,"output_tokens":2}},` + aiu + `}`},
			`{` + aiu + `,"input_tokens":10,"output_tokens":2}`, ProviderReported, "0.025", "unknown_model"},
		{"at the end of a Messages stream", "github-copilot", "messages", "claude-sonnet-4-6",
			[]string{`{"type":"message_start","message":{"model":"claude-sonnet-4-6","usage":` + start + `}}`, `{"type":"message_delta","usage":` + end + `,` + aiu + `}`},
			`{` + aiu + `,"message_start":` + start + `,"message_delta":` + end + `}`, ProviderReported, "0.025", "unknown_model"},
		{"beside a report of nothing", "github-copilot", "chat/completions", "gpt-5", []string{`{"model":"gpt-5",` + aiu + `,"usage":{ }}`}, `{` + aiu + ` }`, Unpriced, "", "usage_missing"},
		{"a plan that counts requests names no money, and there is no list", "github-copilot", "chat/completions", "gpt-5", []string{`{"model":"gpt-5","usage":` + chat + `}`}, chat, Unpriced, "", "unknown_model"},
	})
}

func TestMoreGatewaysAsUpstreams(t *testing.T) {
	chat := func(usage string) []string { return []string{`{"model":"claude-sonnet-4-6","usage":` + usage + `}`} }
	old := `{"prompt_tokens":100,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400,"cached_creation_tokens":200}}`
	split := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400,"cached_creation_tokens":300},"usage_semantic":"openai","usage_source":"anthropic","claude_cache_creation_5_m_tokens":100,"claude_cache_creation_1_h_tokens":200}`
	both := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400,"cache_creation_tokens":300},"cache_read_input_tokens":400,"cache_creation_input_tokens":300}`
	bifrost := `{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_read_tokens":400,"cached_write_tokens":300}}`
	checkShapes(t, []shape{
		{"New API of 2025 counts cached tokens beside the prompt: they outgrow it", "new-api", "chat/completions", "claude-sonnet-4-6", chat(old), old, Estimated, "0.00117", "dialect_inferred_exclusive cache_ttl_assumed_5m"},
		{"New API of 2026 counts them inside, and tells lifetimes apart", "new-api", "chat/completions", "claude-sonnet-4-6", chat(split), split, Priced, "0.002595", ""},
		{"LiteLLM names them twice and counts them inside all the same", "litellm", "chat/completions", "claude-sonnet-4-6", chat(both), both, Priced, "0.002145", "cache_ttl_assumed_5m"},
		{"bifrost has names of its own", "bifrost", "chat/completions", "claude-sonnet-4-6", chat(bifrost), bifrost, Priced, "0.002145", "cache_ttl_assumed_5m"},
	})
}
