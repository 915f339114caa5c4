package billing

import (
	"encoding/json"
	"testing"
	"time"
)

// TestOtherwise: other counts of a call are priced by the call's own card, tier and speed.
func TestOtherwise(t *testing.T) {
	book, err := ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var written, read Usage
	written[CacheWrite5m], written[Output] = 1000, 10
	read[CacheRead], read[Output] = 1000, 10
	for _, tt := range []struct {
		name, provider, endpoint, model, usage string
		counts                                 Usage
		want                                   string
	}{
		{"as it was", "anthropic", "messages", "claude-sonnet-4-5", `{}`, written, "0.0039"},
		{"read instead of written", "anthropic", "messages", "claude-sonnet-4-5", `{}`, read, "0.00045"},
		{"a model without a price", "anthropic", "messages", "claude-unheard-of", `{}`, read, "unknown"},
		{"a cache without a price of its own", "anthropic", "messages", "claude-2", `{}`, read, "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := "unknown"
			if m := book.Otherwise(Case{Provider: tt.provider, Endpoint: tt.endpoint, Model: tt.model, At: at, Usage: json.RawMessage(tt.usage)}, tt.counts); m != nil {
				got = m.String()
			}
			if got != tt.want {
				t.Errorf("Otherwise(%s, %v) = %s, want %s", tt.model, tt.counts, got, tt.want)
			}
		})
	}
}
