package billing

import (
	"encoding/json"
	"strings"
	"testing"
)

// partsBook has a main model with a dearer rate for long prompts, and an advisor whose price is marked.
func partsBook(t *testing.T) *Book {
	t.Helper()
	return edgeBook(t, edgeCard("anthropic", "plain", nil),
		edgeCard("anthropic", "main", func(c *Card) {
			c.Rates = Rates{"input": "1", "output": "2", "cache_read": "0.1"}
			c.Tiers = []Tier{{Prompt: 1000, Op: ">", Rates: Rates{"input": "3"}}}
		}),
		edgeCard("anthropic", "advisor", func(c *Card) {
			c.Rates, c.Flags = Rates{"input": "10", "output": "20", "cache_read": "5"}, []string{"price_incomplete"}
		}),
		edgeCard("anthropic", "dear", func(c *Card) { c.Rates = Rates{"input": "90000", "output": "1"} }))
}

// TestPartsOfABill: what the steps and the advisors of one call make of its bill.
func TestPartsOfABill(t *testing.T) {
	book := partsBook(t)
	for _, tt := range []struct {
		name, model, usage     string
		status                 Status
		total, without, flags  string
		input, read, output, n int64
	}{
		{"steps whose sum is as long as the tier allows", "main", `{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":400,"output_tokens":0},{"type":"message","input_tokens":600,"output_tokens":10}]}`,
			Priced, "0.00102", "0.00102", "", 1000, 0, 10, 2},
		{"steps whose sum is longer than each", "main", `{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":401,"output_tokens":0},{"type":"message","input_tokens":600,"output_tokens":10}]}`,
			Estimated, "0.003023", "0.003023", "prompt_tier_by_sum_of_iterations", 1001, 0, 10, 2},
		{"a long prompt in one step", "main", `{"input_tokens":1001,"output_tokens":10}`, Priced, "0.003023", "0.003023", "", 1001, 0, 10, 2},
		{"steps of a model with one price for all lengths", "plain", `{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":401,"output_tokens":0},{"type":"message","input_tokens":600,"output_tokens":10}]}`,
			Priced, "0.001021", "0.001021", "", 1001, 0, 10, 2},
		{"one token of each kind", "main", `{"input_tokens":1,"output_tokens":1,"cache_read_input_tokens":1}`, Priced, "0.0000031", "0.000004", "", 1, 1, 1, 3},
		{"steps that counted nothing", "main", `{"input_tokens":0,"output_tokens":0,"iterations":[{"type":"message","input_tokens":0,"output_tokens":0}]}`, Priced, "0", "0", "usage_zero", 0, 0, 0, 0},
		{"an advisor's price is its own, with its marks and its cache", "main", `{"input_tokens":100,"output_tokens":10,"cache_read_input_tokens":200,"iterations":[{"type":"advisor_message","model":"advisor","input_tokens":30,"output_tokens":3,"cache_read_input_tokens":50}]}`,
			Estimated, "0.00075", "0.00118", "price_incomplete", 130, 250, 13, 6},
		{"an advisor beside a compaction", "main", `{"input_tokens":1,"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":100,"output_tokens":10},{"type":"advisor_message","model":"advisor","input_tokens":30,"output_tokens":3}]}`,
			Estimated, "0.00048", "0.00048", "price_incomplete", 130, 0, 13, 4},
		{"an advisor that nobody knows leaves the sum open", "main", `{"input_tokens":100,"output_tokens":10,"iterations":[{"type":"advisor_message","model":"unknown","input_tokens":30,"output_tokens":3}]}`,
			Unpriced, "", "", "unknown_model", 130, 0, 13, 2},
		{"and does not keep the next one from being counted", "main", `{"input_tokens":100,"output_tokens":10,"iterations":[{"type":"advisor_message","model":"unknown","input_tokens":30,"output_tokens":3},{"type":"advisor_message","model":"plain","input_tokens":5,"output_tokens":4}]}`,
			Unpriced, "", "", "unknown_model", 135, 0, 17, 4},
		{"the most that one call may cost", "dear", `{"input_tokens":100000000,"output_tokens":0}`, Priced, "9000000", "9000000", "", 100_000_000, 0, 0, 1},
		{"more than that is absurd", "dear", `{"input_tokens":100000000,"output_tokens":1}`, Rejected, "", "", "malformed_out_of_range", 0, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: tt.model, At: noon, Usage: json.RawMessage(tt.usage)})
			if bill.Status != tt.status || text(bill.Total) != tt.total || text(bill.WithoutCache) != tt.without || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill = %s %q, without cache %q, %q, want %s %q, %q, %q", bill.Status, text(bill.Total), text(bill.WithoutCache), bill.Flags, tt.status, tt.total, tt.without, tt.flags)
			}
			if u := bill.Usage; u[Input] != tt.input || u[CacheRead] != tt.read || u[Output] != tt.output || int64(len(bill.Lines)) != tt.n {
				t.Errorf("Bill counts %d, %d and %d tokens on %d lines, want %d, %d, %d on %d", u[Input], u[CacheRead], u[Output], len(bill.Lines), tt.input, tt.read, tt.output, tt.n)
			}
			if (bill.Saved == nil) != (tt.without == "") || bill.Note == "" || (bill.Card == "") != (tt.status == Rejected) {
				t.Errorf("Bill has saved %q, the note %q and the card %q", text(bill.Saved), bill.Note, bill.Card)
			}
		})
	}
}

// TestATwelveHourCacheWithoutAPrice leaves a bill open, be it for one token.
func TestATwelveHourCacheWithoutAPrice(t *testing.T) {
	b := edgeBook(t, edgeCard("openai", "m", func(c *Card) { c.Rates = Rates{"input": "1", "output": "2", "cache_write": "1"} }),
		edgeCard("openai", "half-a-day", func(c *Card) { c.Rates = Rates{"input": "1", "output": "2", "cache_write_12h": "9"} }))
	for _, tt := range []struct {
		model, written string
		want, flags    string
	}{{"m", "0", "0.00001", ""}, {"m", "1", "", flag12hUnknown}, {"half-a-day", "1", "0.000018", ""}} {
		bill := b.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: tt.model, At: noon,
			Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":0,"prompt_tokens_details":{"cache_write_12h_tokens":` + tt.written + `}}`)})
		if text(bill.Total) != tt.want || strings.Join(bill.Flags, " ") != tt.flags {
			t.Errorf("of %s, %s written: %q %q, want %q %q", tt.model, tt.written, text(bill.Total), bill.Flags, tt.want, tt.flags)
		}
	}
}

// TestABatchsFees are in doubt whichever of its tools was used.
func TestABatchsFees(t *testing.T) {
	book, n := shipped(t), int64(1)
	for _, tt := range []struct {
		name    string
		request Request
		want    string
	}{
		{"none", Request{}, ""},
		{"a search", Request{Searches: &n}, flagBatchFee},
		{"a search of files", Request{Items: []string{"file_search_call"}}, flagBatchFee},
		{"a container", Request{Containers: 1}, flagBatchFee},
		{"as many searches as containers", Request{Searches: &n, Containers: 1}, flagBatchFee},
		{"as many searches as searches of files", Request{Searches: &n, Items: []string{"file_search_call"}}, flagBatchFee},
	} {
		bill := book.Bill(Case{Provider: "openai", Endpoint: "batch", Model: "gpt-5", At: noon, Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":2}`), Request: tt.request})
		if got := strings.Join(bill.Flags, " "); got != tt.want || bill.Total == nil {
			t.Errorf("%s: %s %q, want %q", tt.name, text(bill.Total), got, tt.want)
		}
	}
}

// TestAnUnknownEndpointsEstimate keeps all that was counted: nobody says that its answers are no tokens.
func TestAnUnknownEndpointsEstimate(t *testing.T) {
	var u Usage
	u[Input], u[Output] = 1000, 500
	bill := partsBook(t).Estimate(Case{Provider: "anthropic", Endpoint: "sparks", Model: "plain", At: noon}, u, "counted_by_bytes")
	if bill.Usage != u || text(bill.Total) != "0.002" || bill.Status != Estimated {
		t.Errorf("Estimate = %s %q of %v, want 0.002", bill.Status, text(bill.Total), bill.Usage)
	}
}

// TestFreeUpstreamsHaveNoRates: what a free upstream counted is on the bill, and costs nothing with or without a cache.
func TestFreeUpstreamsHaveNoRates(t *testing.T) {
	bill := partsBook(t).Bill(Case{Provider: "ollama", Endpoint: "chat/completions", Model: "main", At: noon, Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":2}`)})
	if bill.Status != Priced || text(bill.Total) != "0" || bill.WithoutCache != nil || bill.Saved != nil || len(bill.Lines) > 0 || bill.Card != "" || bill.Usage[Input] != 10 {
		t.Errorf("Bill = %+v, want 0 and no lines", bill)
	}
}
