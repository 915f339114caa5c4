package console

import (
	"encoding/json"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// A receipt names the length from which its rates hold, where the prompt was that long.
func TestAReceiptNamesItsTier(t *testing.T) {
	book, err := billing.ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for usage, want := range map[string]*Tier{
		`{"input_tokens":100000,"output_tokens":1}`:                               nil,
		`{"input_tokens":1,"cache_read_input_tokens":100000,"output_tokens":1}`:   {100_000, ">"},
		`{"input_tokens":1,"cache_read_input_tokens":100000,"output_tokens":1.5}`: nil, // rejected: charged by nothing
	} {
		bill := book.Bill(billing.Case{Provider: "anthropic", Endpoint: "messages", Model: "claude-haiku-5-5", At: at, Usage: json.RawMessage(usage)})
		v := ViewCall(gateway.Call{StartedAt: at, Bill: bill}, book)
		var got *Tier
		if v.Card != nil {
			got = v.Card.Tier
		}
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("tier of %s = %v, want %v", usage, got, want)
		}
	}
}
