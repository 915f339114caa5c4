package billing

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestAReportedCostIsNeverASilentZero: the smallest figure counts as the smallest amount that the ledger keeps, and says so.
func TestAReportedCostIsNeverASilentZero(t *testing.T) {
	for _, tt := range []struct {
		name, provider, usage string
		want                  string
		raised                bool
	}{
		{"less than half of the smallest amount is that amount", "openrouter", `"cost":0.0000000000001`, "0.000000000001", true},
		{"half of it, too", "openrouter", `"cost":0.0000000000005`, "0.000000000001", true},
		{"more than half of it is rounded as all amounts are", "openrouter", `"cost":0.0000000000006`, "0.000000000001", false},
		{"the smallest amount is itself", "openrouter", `"cost":0.000000000001`, "0.000000000001", false},
		{"nothing is nothing", "openrouter", `"cost":0`, "0", false},
		{"nothing with many digits is nothing", "openrouter", `"cost":0.00000000000000000`, "0", false},
		{"a larger one is rounded once, half to even", "openrouter", `"cost":0.1000000000025`, "0.100000000002", false},
		{"two parts are added before they are rounded", "openrouter", `"cost":0.0000000000004,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0000000000104}`, "0.000000000011", false},
		{"a figure in other units is shifted first", "github-copilot", `"copilot_usage":{"total_nano_aiu":0.01}`, "0.000000000001", true},
		{"beside a part that cannot be read, the other stands", "openrouter", `"cost":0.5,"is_byok":true,"cost_details":{"upstream_inference_cost":-1}`, "0.5", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			usage := json.RawMessage(`{"prompt_tokens":1,"completion_tokens":1,` + tt.usage + `}`)
			bill := testBook(t).Bill(Case{Provider: tt.provider, Endpoint: "chat/completions", Model: "m", At: noon, Usage: usage})
			if bill.Status != ProviderReported || text(bill.Total) != tt.want || text(bill.Reported) != tt.want {
				t.Errorf("Bill = %s %q, reported %q, want %q", bill.Status, text(bill.Total), text(bill.Reported), tt.want)
			}
			if slices.Contains(bill.Flags, flagCostRaised) != tt.raised {
				t.Errorf("flags %q, want %s: %t", bill.Flags, flagCostRaised, tt.raised)
			}
		})
	}
}
