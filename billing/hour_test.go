package billing

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// Other hosts' lists of Claude leave out what a cache write for an hour costs.
func TestAnHourOfCacheCostsTwiceTheInput(t *testing.T) {
	book := shipped(t)
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, provider, endpoint, model, usage string
		want                                   string // empty: no price
		status                                 Status
	}{
		{"Claude at Bedrock", "bedrock", "converse", "global.anthropic.claude-sonnet-4-6",
			`{"inputTokens":10,"outputTokens":1,"cacheWriteInputTokens":1000,"cacheDetails":[{"ttl":"1h","inputTokens":1000}]}`, "0.006045", Estimated},
		{"Claude at Anthropic has a rate of its own", "anthropic", "messages", "claude-sonnet-4-6",
			`{"input_tokens":10,"output_tokens":1,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_1h_input_tokens":1000}}`, "0.006045", Priced},
		{"another vendor's model", "openai", "chat/completions", "gpt-5",
			`{"prompt_tokens":1010,"completion_tokens":1,"prompt_tokens_details":{"cache_write_tokens":1000},"claude_cache_creation_1_h_tokens":1000}`, "", Unpriced},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: at, Usage: json.RawMessage(tt.usage)})
			if bill.Status != tt.status || text(bill.Total) != tt.want {
				t.Errorf("Bill = %s %q %q, want %s %q", bill.Status, text(bill.Total), bill.Flags, tt.status, tt.want)
			}
			if slices.Contains(bill.Flags, flagHourFromInput) != (tt.provider == "bedrock") {
				t.Errorf("Flags = %q", bill.Flags)
			}
			most, ok := book.Ceiling(tt.provider, tt.model, at)
			if bill.Total != nil && (!ok || most.Cost(1010, 1).Cmp(*bill.Total) < 0) {
				t.Errorf("a hold of %s does not cover %s", most.Cost(1010, 1), bill.Total)
			}
		})
	}
}
