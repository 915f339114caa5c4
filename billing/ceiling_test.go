package billing

import "testing"

// TestCeilingOfFees: what is charged by the length of a sound or by the search is held too.
func TestCeilingOfFees(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, provider, model string
		seconds, searches     int64
		want                  string
	}{
		{"an hour of sound", "openai", "whisper-1", 3600, 5, "0.36"},
		{"a thousand searches", "cohere", "rerank-v3.5", 3600, 1000, "2"},
		{"a model charged by the token has neither", "openai", "gpt-5", 3600, 1000, "0"},
		{"the least that is charged, whatever is less", "groq", "whisper-large-v3", 1, 0, "0.000308333333"},
		{"the dearest fee of a call, however it is searched for", "perplexity", "sonar-pro", 0, 0, "0.022"},
		{"less than nothing is nothing", "openai", "whisper-1", -1, -1, "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, ok := book.Ceiling(tt.provider, tt.model, noon)
			if got := c.Fees(tt.seconds, tt.searches); !ok || got.String() != tt.want {
				t.Errorf("Fees(%d, %d) = %s, %t, want %s", tt.seconds, tt.searches, got, ok, tt.want)
			}
		})
	}
}

// TestPlainCeilings: what a request does not name cannot make it dearer, but for a cache that it
// may mark in its messages.
func TestPlainCeilings(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, provider, model string
		plain, every          string // a million tokens in, none out, and the fee
	}{
		{"a fee is that of the most search in one step", "perplexity", "sonar-pro", "3.014", "3.022"},
		{"writing a marked cache costs a quarter more than the longest prompt", "qwen", "qwen3-coder-plus", "7.5", "7.5"},
		{"a discount makes nothing cheaper at most", "google", "gemini-2.5-flash", "1", "1"},
		{"a service tier is named", "openai", "gpt-5", "1.25", "2.5"},
		{"and speed and region at once", "anthropic", "claude-opus-4-8", "10", "22"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plain, ok := book.PlainCeiling(tt.provider, tt.model, noon)
			every, too := book.Ceiling(tt.provider, tt.model, noon)
			sum := func(c Ceiling) string { return c.Cost(1_000_000, 0).Add(c.Fees(0, 0)).String() }
			if !ok || !too || sum(plain) != tt.plain || sum(every) != tt.every {
				t.Errorf("PlainCeiling, Ceiling = %s, %s, want %s, %s", sum(plain), sum(every), tt.plain, tt.every)
			}
		})
	}
}
