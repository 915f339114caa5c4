package ledger

import (
	"encoding/json"

	"weir/billing"
)

// A native is what a row keeps of a bill whose price list is not in dollars.
type native struct {
	Currency string        `json:"currency"`
	Total    string        `json:"total,omitempty"`
	FX       *billing.Rate `json:"fx,omitempty"`
}

// encodeNative returns the JSON text of a row, nil for a bill in dollars.
func encodeNative(b billing.Bill) any {
	if b.Currency == "" {
		return nil
	}
	text, err := json.Marshal(native{b.Currency, b.Native, b.FX})
	if err != nil {
		return nil // cannot be: it is text alone
	}
	return string(text)
}

// onto puts what a row kept back on its bill.
func (n native) onto(b *billing.Bill) { b.Currency, b.Native, b.FX = n.Currency, n.Total, n.FX }
