package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"weir/backend/gateway"
	"weir/billing"
)

// pricedBy is a billing.Case as it is kept with its call: without what the call's row says anyway.
type pricedBy struct {
	Prices  string           `json:"prices"`
	Model   string           `json:"model,omitempty"` // empty: the upstream's name for it
	Tier    string           `json:"tier,omitempty"`
	Request billing.Request  `json:"request,omitzero"`
	Count   billing.Counting `json:"count,omitempty"`
	Assumed string           `json:"assumed,omitempty"` // of an estimate: where the call's meters are from
}

// encodeCase keeps what a call was priced by, nil where it cannot be priced again.
func encodeCase(c *gateway.Call) (any, error) {
	by := c.PricedBy
	if by == nil || c.Covered || c.Basis != gateway.Exact && !lacksPrice(c) {
		return nil, nil
	}
	kept := pricedBy{Prices: by.Provider, Model: by.Model, Tier: by.Tier, Request: by.Request, Count: by.Count}
	if c.Basis != gateway.Exact {
		kept.Assumed = c.Assumed
	}
	if kept.Model == c.UpstreamModel {
		kept.Model = ""
	}
	return encodeOther(kept, true)
}

// lacksPrice says whether a price is all that an estimated call lacks: its counts are kept, and no other attempt may have
// been charged beside it.
func lacksPrice(c *gateway.Call) bool {
	return (c.Basis == gateway.Estimated || c.Basis == gateway.Partial) && c.Bill.Total == nil && c.Bill.Status == billing.Unpriced &&
		!slices.ContainsFunc(c.Attempts, func(a gateway.Attempt) bool { return a.Result == gateway.Maybe })
}

// caseOf is the case that a call's bill was drawn from.
func caseOf(c *gateway.Call, by pricedBy) billing.Case {
	model := by.Model
	if model == "" {
		model = c.UpstreamModel
	}
	return billing.Case{Provider: by.Prices, Endpoint: c.Endpoint, Model: model, At: c.StartedAt, Usage: c.Usage,
		Tier: by.Tier, Request: by.Request, Count: by.Count}
}

// A billRow is a bill as a call's row has it, so that one that comes back is the same to the letter.
type billRow struct {
	Charge       int64   `json:"charge"`
	Tokens       int64   `json:"tokens"`
	Cost         *int64  `json:"cost"`
	Recomputed   *int64  `json:"recomputed,omitempty"`
	Reported     *int64  `json:"reported,omitempty"`
	WithoutCache *int64  `json:"without_cache,omitempty"`
	Status       string  `json:"status"`
	Card         string  `json:"card,omitempty"`
	Note         string  `json:"note,omitempty"`
	Meters       *string `json:"meters,omitempty"`
	Lines        *string `json:"lines,omitempty"`
	Flags        *string `json:"flags,omitempty"`
	Native       *string `json:"native,omitempty"`
	Basis        string  `json:"basis,omitempty"` // empty: the call's
	Min          *int64  `json:"min,omitempty"`
	Max          *int64  `json:"max,omitempty"`
}

const (
	billColumns = `charge_pico, charge_tokens, cost_pico, recomputed_pico, reported_pico, without_cache_pico,
	price_status, card, note, meters, lines, flags, native, basis, min_pico, max_pico`
	changeBill = `UPDATE call SET charge_pico = ?, charge_tokens = ?, cost_pico = ?, recomputed_pico = ?, reported_pico = ?,
		without_cache_pico = ?, price_status = ?, card = ?, note = ?, meters = ?, lines = ?, flags = ?, native = ?,
		basis = ifnull(nullif(?, ''), basis), min_pico = ?, max_pico = ? WHERE seq = ?`
)

// dests are where a row of billColumns is read to.
func (b *billRow) dests() []any {
	return []any{&b.Charge, &b.Tokens, &b.Cost, &b.Recomputed, &b.Reported, &b.WithoutCache,
		&b.Status, &b.Card, &b.Note, &b.Meters, &b.Lines, &b.Flags, &b.Native, &b.Basis, &b.Min, &b.Max}
}

// args are changeBill's, for the call of a row.
func (b *billRow) args(seq int64) []any {
	return []any{b.Charge, b.Tokens, b.Cost, b.Recomputed, b.Reported, b.WithoutCache,
		b.Status, b.Card, b.Note, b.Meters, b.Lines, b.Flags, b.Native, b.Basis, b.Min, b.Max, seq}
}

// rowOf writes a bill as a row has it.
func rowOf(b billing.Bill, charge billing.Money) (billRow, error) {
	flags, err := encodeOther(b.Flags, len(b.Flags) > 0)
	if err != nil {
		return billRow{}, fmt.Errorf("flags of a bill: %w", err)
	}
	return billRow{Charge: charge.Pico(), Tokens: b.Usage.Tokens(), Cost: picoOrNil(b.Total), Recomputed: picoOrNil(b.Recomputed),
		Reported: picoOrNil(b.Reported), WithoutCache: picoOrNil(b.WithoutCache), Status: string(b.Status), Card: b.Card, Note: b.Note,
		Meters: textOrNil(encodeMeters(b.Usage)), Lines: textOrNil(encodeLines(b.Lines)), Flags: textOrNil(flags),
		Native: textOrNil(encodeNative(b))}, nil
}

// slim takes out what an archived call has lost.
func (b *billRow) slim() {
	b.Lines, b.Flags = nil, nil
	if b.Basis == "" || b.Basis == string(gateway.Exact) {
		b.Note = ""
	}
}

func picoOrNil(m *billing.Money) *int64 {
	if m == nil {
		return nil
	}
	n := m.Pico()
	return &n
}

func textOrNil(v any) *string {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	return &s
}

// same says whether two bills come to the same.
func (b *billRow) same(o *billRow) bool {
	return b.Charge == o.Charge && b.Tokens == o.Tokens && sameAmount(b.Cost, o.Cost) && sameAmount(b.WithoutCache, o.WithoutCache)
}

func sameAmount(a, b *int64) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// onto returns a call with this bill, and what counts against limits.
func (b *billRow) onto(c gateway.Call) (gateway.Call, gateway.Amounts, error) {
	bill := billing.Bill{Status: billing.Status(b.Status), Card: b.Card, Note: b.Note, Total: moneyOrNil(b.Cost),
		Recomputed: moneyOrNil(b.Recomputed), Reported: moneyOrNil(b.Reported), WithoutCache: moneyOrNil(b.WithoutCache)}
	if b.Meters != nil {
		var named map[string]int64
		if err := json.Unmarshal([]byte(*b.Meters), &named); err != nil {
			return c, gateway.Amounts{}, fmt.Errorf("read a bill's meters: %w", err)
		}
		for m, name := range meterNames {
			bill.Usage[m] = named[name]
		}
	}
	c.Bill, c.Charge, c.Basis = bill, billing.Pico(b.Charge), cmp.Or(gateway.Basis(b.Basis), c.Basis)
	return c, gateway.Amounts{Pico: b.Charge, Tokens: b.Tokens}, nil
}

func moneyOrNil(n *int64) *billing.Money {
	if n == nil {
		return nil
	}
	m := billing.Pico(*n)
	return &m
}
