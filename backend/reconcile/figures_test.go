package reconcile

import (
	"strings"
	"testing"
)

// TestSumsThatNobodyCanHoldAreRefused: each figure alone may pass, and their sum may not wrap around or stop at the largest one.
func TestSumsThatNobodyCanHoldAreRefused(t *testing.T) {
	const usage = "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n"
	const costs = "usage_date_utc,model,cost_usd\n"
	for _, tt := range []struct{ name, text, want string }{
		{"tokens of one model's day", usage + strings.Repeat("2025-11-20,a,0,1000000000000000\n", 10_000), "2025-11-20 a: output"},
		{"tokens of all days and models", usage + strings.Repeat("2025-11-20,a,1000000000000000,0\n2025-11-21,b,1000000000000000,0\n", 5_000), "2025-11-21 b: input"},
		{"costs", costs + "2025-11-20,a,5000000\n2025-11-21,b,5000000\n", "2025-11-21 b: cost"},
		{"costs and what was taken back", costs + "2025-11-20,,-5000000\n2025-11-21,,-5000000\n", "2025-11-21: cost"},
		{"two costs of one row", `{"data": [{"date": "2025-11-20", "model": "a", "usage": 5000000, "byok_usage_inference": 5000000}]}`, "2025-11-20 a: cost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, want an error with %q", err, tt.want)
			}
		})
	}
	t.Run("large ones that fit are read", func(t *testing.T) {
		a, err := Parse([]byte(usage + strings.Repeat("2025-11-20,a,0,1000000000000000\n", 9_000)))
		if err != nil || *a.Rows[0].Output != 9_000*mostCount {
			t.Errorf("Parse = %+v, %v", a.Rows, err)
		}
	})
}
