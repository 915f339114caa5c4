package billing

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// testCard is a card for one model, valid always.
func testCard(model string, rates Rates) Card {
	return Card{ID: "test/" + model, Provider: "openai", Model: model, Rates: rates, Source: "test", URL: "test", CheckedOn: "2026-01-01"}
}

func testBook(t *testing.T, cards ...Card) *Book {
	t.Helper()
	b, err := newBook(cards, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var noon = time.Date(2026, 9, 10, 12, 0, 0, 0, time.UTC)

func TestBill(t *testing.T) {
	book := testBook(t,
		testCard("plain", Rates{"input": "3", "output": "15"}),
		testCard("cached", Rates{"input": "3", "cache_read": "0.3", "output": "15"}),
		testCard("writes", Rates{"input": "5", "cache_read": "0.5", "cache_write": "6.25", "output": "30"}),
		testCard("timed", Rates{"input": "3", "cache_read": "0.3", "cache_write_5m": "3.75", "cache_write_1h": "6", "output": "15"}),
		testCard("odd", Rates{"input": "0.000001", "output": "0.0000005"}),
	)
	for _, tt := range []struct {
		name, model, usage string
		count              Counting
		status             Status
		total, flags       string
	}{
		{"a meter without a rate makes the call unpriced, never free", "plain",
			`{"prompt_tokens":10,"completion_tokens":20,"completion_tokens_details":{"audio_tokens":5}}`, "", Unpriced, "", "rate_missing"},
		{"a cached token without its own rate costs what a fresh one costs, and says so", "plain",
			`{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":400}}`, "", Priced, "0.003", "cache_price_fallback_input"},
		{"a cached token is not also an input token", "cached",
			`{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":700}}`, "", Priced, "0.00111", ""},
		{"a write without its own rate is only an estimate", "cached",
			`{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cache_write_tokens":1000}}`, "", Estimated, "0.003", "cache_write_price_fallback_input"},
		{"writes lie inside OpenAI's prompt", "writes",
			`{"prompt_tokens":4020,"completion_tokens":0,"prompt_tokens_details":{"cache_write_tokens":4012}}`, "", Priced, "0.025115", ""},
		{"a write of unstated life is taken for five minutes where lifetimes differ in price", "timed",
			`{"prompt_tokens":1000,"completion_tokens":0,"prompt_tokens_details":{"cache_write_tokens":1000}}`, "", Priced, "0.00375", "cache_ttl_assumed_5m"},
		{"a report of nothing costs nothing, and says so", "plain", `{"prompt_tokens":0,"completion_tokens":0}`, "", Priced, "0", "usage_zero"},
		{"no usage has no price", "plain", ``, "", Unpriced, "", "usage_missing"},
		{"null usage has no price", "plain", `null`, "", Unpriced, "", "usage_missing"},
		{"a usage object that says nothing has no price", "plain", `{"weather":"fine"}`, "", Unpriced, "", "usage_missing"},
		{"an unknown model has no price", "plainer", `{"prompt_tokens":1,"completion_tokens":1}`, "", Unpriced, "", "unknown_model"},
		{"a negative count is absurd", "plain", `{"prompt_tokens":-1,"completion_tokens":1}`, "", Rejected, "", "malformed_negative"},
		{"half a token is absurd", "plain", `{"prompt_tokens":10.5,"completion_tokens":1}`, "", Rejected, "", "malformed_not_integral"},
		{"a count in quotes is absurd", "plain", `{"prompt_tokens":"10","completion_tokens":1}`, "", Rejected, "", "malformed_not_a_number"},
		{"an endless count is absurd", "plain", `{"prompt_tokens":1e400,"completion_tokens":1}`, "", Rejected, "", "malformed_out_of_range"},
		{"a list is no usage", "plain", `[1,2]`, "", Rejected, "", "malformed_usage"},
		{"a hundred million tokens are the most", "plain", `{"prompt_tokens":100000000,"completion_tokens":0}`, "", Priced, "300", ""},
		{"one more is absurd", "plain", `{"prompt_tokens":100000001,"completion_tokens":0}`, "", Rejected, "", "malformed_out_of_range"},
		{"1000.0 is a thousand", "plain", `{"prompt_tokens":1000.0,"completion_tokens":0}`, "", Priced, "0.003", ""},
		{"a part larger than its whole is cut to it", "cached",
			`{"prompt_tokens":100,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":300}}`, "", Estimated, "0.00003", "malformed_cached_gt_prompt"},
		{"a count set to exclusive subtracts nothing", "cached",
			`{"prompt_tokens":300,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":700}}`, CountExclusive, Priced, "0.00111", ""},
		{"half a report is an estimate", "plain", `{"prompt_tokens":1000}`, "", Estimated, "0.003", "usage_partial"},
		{"half a pico rounds to the even one below", "odd", `{"prompt_tokens":0,"completion_tokens":1}`, "", Priced, "0", ""},
		{"and to the even one above", "odd", `{"prompt_tokens":0,"completion_tokens":3}`, "", Priced, "0.000000000002", ""},
		{"each line is rounded by itself", "odd", `{"prompt_tokens":1,"completion_tokens":3}`, "", Priced, "0.000000000003", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: tt.model, At: noon, Usage: json.RawMessage(tt.usage), Count: tt.count})
			if bill.Status != tt.status || text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill(%s) = %s %q %q, want %s %q %q", tt.usage, bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total, tt.flags)
			}
		})
	}
}

func TestAMeterWithoutARateLeavesItsLineUnknown(t *testing.T) {
	book := testBook(t, testCard("plain", Rates{"input": "3", "output": "15"}))
	bill := book.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: "plain", At: noon,
		Usage: json.RawMessage(`{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"audio_tokens":5}}`)})
	want := []string{"input 10 0.00003", "output_audio 5 "}
	if got := lineTexts(bill.Lines); !slices.Equal(got, want) || bill.Total != nil || bill.Saved != nil {
		t.Errorf("Lines = %q, Total = %v, Saved = %v, want %q, none, none", got, bill.Total, bill.Saved, want)
	}
	out, err := json.Marshal(bill.Lines[1])
	if want := `{"what":"output_audio","quantity":"5","unit":"tokens","rate_usd":null,"per":"1000000","cost_usd":null}`; err != nil || string(out) != want {
		t.Errorf("Marshal = %s, %v, want %s", out, err, want)
	}
}

func TestMessages(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, usage  string
		count        Counting
		status       Status
		total, flags string
	}{
		{"five-minute and one-hour writes have their own prices", `{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":1000}}`, "", Priced, "0.00975", ""},
		{"a split larger than its total wins", `{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":100,"cache_creation":{"ephemeral_5m_input_tokens":1000,"ephemeral_1h_input_tokens":0}}`, "", Estimated, "0.00375", "cache_split_mismatch"},
		{"a write without a split is taken for five minutes", `{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":1000}`, "", Priced, "0.00375", "cache_ttl_assumed_5m"},
		{"a stream's end replaces its beginning", `{"message_start":{"input_tokens":43,"output_tokens":1},"message_delta":{"input_tokens":61,"output_tokens":100}}`, "", Priced, "0.001683", ""},
		{"a count that falls in mid-stream keeps its height and is an estimate", `{"message_start":{"input_tokens":61,"output_tokens":1},"message_delta":{"input_tokens":0,"output_tokens":100}}`, "", Estimated, "0.001683", "usage_shrank"},
		{"a stream without its beginning has half a report", `{"message_delta":{"output_tokens":100}}`, "", Estimated, "0.0015", "usage_partial"},
		{"an advisor is charged at its own model's price", `{"input_tokens":1000,"output_tokens":0,"iterations":[{"type":"message","input_tokens":1000,"output_tokens":0},{"type":"advisor_message","model":"claude-opus-4-7","input_tokens":1000,"output_tokens":0}]}`, "", Priced, "0.008", ""},
		{"searches are charged beside the tokens", `{"input_tokens":0,"output_tokens":0,"server_tool_use":{"web_search_requests":2,"web_fetch_requests":9}}`, "", Priced, "0.02", ""},
		{"a tool whose fee is unknown makes an estimate", `{"input_tokens":1000,"output_tokens":0,"server_tool_use":{"code_execution_requests":1}}`, "", Estimated, "0.003", "tool_fee_uncounted"},
		{"fast mode without a rate has no price", `{"input_tokens":1000,"output_tokens":0,"speed":"fast"}`, "", Unpriced, "", "context_price_unknown"},
		{"a region without a rate has no price", `{"input_tokens":1000,"output_tokens":0,"inference_geo":"eu"}`, "", Unpriced, "", "context_price_unknown"},
		{"an unknown service tier has no price", `{"input_tokens":1000,"output_tokens":0,"service_tier":"express"}`, "", Unpriced, "", "context_price_unknown"},
		{"a gateway set to inclusive has its cache taken out", `{"input_tokens":1000,"output_tokens":0,"cache_read_input_tokens":400}`, CountInclusive, Priced, "0.00192", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: "claude-sonnet-4-6", At: noon, Usage: json.RawMessage(tt.usage), Count: tt.count})
			if bill.Status != tt.status || text(bill.Total) != tt.total || strings.Join(bill.Flags, " ") != tt.flags {
				t.Errorf("Bill(%s) = %s %q %q, want %s %q %q", tt.usage, bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total, tt.flags)
			}
		})
	}
}

func TestTiersOfService(t *testing.T) {
	book := shipped(t)
	usage := json.RawMessage(`{"prompt_tokens":1000,"completion_tokens":0}`)
	long := json.RawMessage(`{"prompt_tokens":300000,"completion_tokens":0}`)
	for _, tt := range []struct {
		name, model, tier, request string
		usage                      json.RawMessage
		status                     Status
		total                      string
	}{
		{"the default tier is the list price", "gpt-5", "default", "", usage, Priced, "0.00125"},
		{"flex is half of it", "gpt-5", "flex", "", usage, Priced, "0.000625"},
		{"priority has a price of its own per model", "gpt-5-mini", "priority", "", usage, Priced, "0.00045"},
		{"priority for a long prompt has none", "gpt-5.5", "priority", "", long, Unpriced, ""},
		{"a tier without a price is not the standard one", "gpt-4", "priority", "", usage, Unpriced, ""},
		{"a tier that was only asked for makes an estimate", "gpt-5", "", `{"service_tier":"flex"}`, usage, Estimated, "0.000625"},
		{"what the reply says outranks what was asked", "gpt-5", "default", `{"service_tier":"priority"}`, usage, Priced, "0.00125"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: "openai", Endpoint: "chat/completions", Model: tt.model, At: noon, Usage: tt.usage, Tier: tt.tier, Request: requestOf(t, json.RawMessage(tt.request))})
			if bill.Status != tt.status || text(bill.Total) != tt.total {
				t.Errorf("Bill = %s %q %q, want %s %q", bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total)
			}
		})
	}
}

func TestSavedMayBeNegative(t *testing.T) {
	bill := shipped(t).Bill(Case{Provider: "anthropic", Endpoint: "messages", Model: "claude-sonnet-4-6", At: noon,
		Usage: json.RawMessage(`{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":1000}}`)})
	if text(bill.WithoutCache) != "0.003" || text(bill.Saved) != "-0.00075" {
		t.Errorf("WithoutCache = %s, Saved = %s, want 0.003, -0.00075", text(bill.WithoutCache), text(bill.Saved))
	}
}

func TestEstimateSaysWhatItRestsOn(t *testing.T) {
	var u Usage
	u[Input], u[Output] = 1000, 100
	bill := shipped(t).Estimate(Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-5", At: noon}, u, "counted_by_bytes")
	if bill.Status != Estimated || text(bill.Total) != "0.00225" || !slices.Equal(bill.Flags, []string{"counted_by_bytes"}) {
		t.Errorf("Estimate = %s %s %q, want estimated 0.00225 [counted_by_bytes]", bill.Status, text(bill.Total), bill.Flags)
	}
	bill = shipped(t).Estimate(Case{Provider: "openai", Endpoint: "chat/completions", Model: "gpt-99", At: noon}, u, "counted_by_bytes")
	if bill.Status != Unpriced || bill.Total != nil {
		t.Errorf("Estimate of an unknown model = %s %v, want unpriced without a total", bill.Status, bill.Total)
	}
}

func TestCountingTokensIsFree(t *testing.T) {
	bill := shipped(t).Bill(Case{Provider: "anthropic", Endpoint: "messages/count_tokens", Model: "claude-x", At: noon, Usage: json.RawMessage(`{"input_tokens":14}`)})
	if bill.Status != Priced || text(bill.Total) != "0" || bill.Note == "" {
		t.Errorf("Bill = %s %s %q, want priced 0 with its reason", bill.Status, text(bill.Total), bill.Note)
	}
}

// TestReportedBugs recomputes usages that other gateways got wrong, each at the
// rates of its report.
func TestReportedBugs(t *testing.T) {
	data, err := os.ReadFile("testdata/bugs.json")
	if err != nil {
		t.Fatal(err)
	}
	var bugs []struct {
		ID, Provider, Endpoint, Cost string
		Usage                        json.RawMessage
		Rates                        Rates
		Meters                       map[string]int64
	}
	if err := json.Unmarshal(data, &bugs); err != nil {
		t.Fatal(err)
	}
	if len(bugs) != 22 {
		t.Errorf("len(bugs) = %d, want 22", len(bugs))
	}
	for _, b := range bugs {
		t.Run(b.ID, func(t *testing.T) {
			v, _, _ := vendorOf(b.Provider)
			card := testCard("m", b.Rates)
			card.Provider = v.lists[0]
			bill := testBook(t, card).Bill(Case{Provider: b.Provider, Endpoint: b.Endpoint, Model: "m", At: noon, Usage: b.Usage})
			if text(bill.Total) != b.Cost {
				t.Errorf("Total = %s (%s %q), want %s", text(bill.Total), bill.Status, bill.Flags, b.Cost)
			}
			for m, n := range bill.Usage {
				if want := b.Meters[meters[m].what]; n != want && Meter(m) != Reasoning {
					t.Errorf("%s = %d, want %d", meters[m].what, n, want)
				}
			}
		})
	}
}

// TestTheUpstreamsOwnChargeWins: its figure is the total, ours is kept beside it.
func TestTheUpstreamsOwnChargeWins(t *testing.T) {
	book := shipped(t)
	for _, tt := range []struct {
		name, provider, usage string
		status                Status
		total                 string
	}{
		{"OpenRouter's cost", "openrouter", `{"prompt_tokens":14,"completion_tokens":4,"cost":0.000102}`, ProviderReported, "0.000102"},
		{"with an own key both charges are owed", "openrouter", `{"prompt_tokens":14,"completion_tokens":4,"cost":0.95,"is_byok":true,"cost_details":{"upstream_inference_cost":19}}`, ProviderReported, "19.95"},
		{"a figure below a pico-dollar is rounded", "openrouter", `{"prompt_tokens":14,"completion_tokens":4,"cost":1.5e-12}`, ProviderReported, "0.000000000002"},
		{"a negative charge is none", "openrouter", `{"prompt_tokens":14,"completion_tokens":4,"cost":-1}`, Estimated, "0.000102"},
		{"an absurd one is none", "openrouter", `{"prompt_tokens":14,"completion_tokens":4,"cost":1e-999999999}`, Estimated, "0.000102"},
		{"a cost in another vendor's usage is no charge", "openai", `{"prompt_tokens":14,"completion_tokens":4,"cost":5}`, Unpriced, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bill := book.Bill(Case{Provider: tt.provider, Endpoint: "chat/completions", Model: "anthropic/claude-sonnet-4.5", At: noon, Usage: json.RawMessage(tt.usage)})
			if bill.Status != tt.status || text(bill.Total) != tt.total {
				t.Errorf("Bill(%s) = %s %q %q, want %s %q", tt.usage, bill.Status, text(bill.Total), bill.Flags, tt.status, tt.total)
			}
		})
	}
}
