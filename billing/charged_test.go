package billing

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// A charged is one reply of OpenRouter's, by its numbers, and what it charged for it.
type charged struct {
	Name, Endpoint                          string
	Prompt, Read, Written, Answer, Thinking int64
	Cost, Upstream, Beside, Because         string
	Byok                                    bool
	Rates                                   Rates
}

// usage is the reply's usage object as OpenRouter writes it.
func (c charged) usage() json.RawMessage {
	byok := ""
	if c.Byok {
		byok = fmt.Sprintf(`,"is_byok":true,"cost_details":{"upstream_inference_cost":%s}`, c.Upstream)
	}
	if c.Endpoint == "responses" {
		return json.RawMessage(fmt.Sprintf(`{"input_tokens":%d,"output_tokens":%d,"input_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},"output_tokens_details":{"reasoning_tokens":%d},"cost":%s%s}`,
			c.Prompt, c.Answer, c.Read, c.Written, c.Thinking, c.Cost, byok))
	}
	return json.RawMessage(fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d},"cost":%s%s}`,
		c.Prompt, c.Answer, c.Read, c.Written, c.Thinking, c.Cost, byok))
}

// TestOpenRouterCharges: our own sum is what OpenRouter charged, to less than a billionth of a
// dollar, but for what is no token and known by name.
func TestOpenRouterCharges(t *testing.T) {
	data, err := os.ReadFile("testdata/charged.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []charged
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	equal, explained := 0, 0
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			card := testCard("m", row.Rates)
			card.Provider = "openrouter"
			bill := testBook(t, card).Bill(Case{Provider: "openrouter", Endpoint: row.Endpoint, Model: "m", At: noon, Usage: row.usage()})
			if bill.Status != ProviderReported || bill.Total == nil || bill.Recomputed == nil {
				t.Fatalf("Bill = %s %q %q, want the provider's figure and our own", bill.Status, text(bill.Total), bill.Flags)
			}
			beside := Money{}
			if row.Beside != "" {
				beside = amount(t, row.Beside)
			}
			gap := bill.Total.Sub(*bill.Recomputed).Sub(beside)
			if limit := Pico(1000); gap.Cmp(limit) >= 0 || Pico(0).Sub(gap).Cmp(limit) >= 0 {
				t.Errorf("charged %s, computed %s, beside tokens %s (%s): a gap of %s", bill.Total, bill.Recomputed, beside, row.Because, gap)
			}
			if row.Beside == "" && !row.Byok {
				equal++
			} else {
				explained++
			}
		})
	}
	if equal != 28 || explained != 5 {
		t.Errorf("%d rows are equal and %d explained, want 28 and 5", equal, explained)
	}
}

func amount(t *testing.T, text string) Money {
	t.Helper()
	m, err := ParseMoney(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
