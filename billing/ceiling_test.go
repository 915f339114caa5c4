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
