package ledger

import (
	"encoding/json"
	"testing"

	"weir/backend/gateway"
	"weir/billing"
)

// unpriced settles a call of a model that no book knows yet, as a relay would; change says what else became of it.
func (h *house) unpriced(change func(*gateway.Call)) gateway.Call {
	h.t.Helper()
	hold := h.mustHold("key_a", gateway.Amounts{Pico: 5e11, Tokens: 10, Calls: 1})
	o := pricedOutcome(hold.call, "x", 1000, bookAt(h.t, map[string]int{"a": 1}))
	c := &o.Call
	zero, most := billing.Money{}, billing.Pico(5e11)
	c.Basis, c.Min, c.Max = gateway.Estimated, &zero, &most
	change(c)
	o.Spent = gateway.Amounts{Pico: c.Charge.Pico(), Tokens: c.Bill.Usage.Tokens(), Calls: 1}
	if !hold.End(o) {
		h.t.Fatal("End was not durable")
	}
	return *c
}

// brokenDown is a call whose bill broke down by a bug: what was held for it was charged, and its usage is whole.
func brokenDown(c *gateway.Call) {
	c.Bill = billing.Bill{Status: billing.Unpriced, Flags: []string{"charged_as_held"}}
	c.Charge = *c.Max
}

// cutOff is a call that a crash cut: its price was not known, its tokens are Weir's count.
func cutOff(assumed string) func(*gateway.Call) {
	return func(c *gateway.Call) {
		var u billing.Usage
		u[billing.Input], u[billing.Output] = 500, 20
		c.Usage, c.End, c.Assumed = nil, gateway.Failed, assumed
		c.Bill = billing.Bill{Status: billing.Unpriced, Usage: u, Flags: []string{assumed, "unknown_model"}}
	}
}

// TestCallsThatLackedAPriceAloneGetOne: an estimated call without a price is priced once there is one, by what was counted
// then, and says how far that can be trusted.
func TestCallsThatLackedAPriceAloneGetOne(t *testing.T) {
	both := func(all ...func(*gateway.Call)) func(*gateway.Call) {
		return func(c *gateway.Call) {
			for _, change := range all {
				change(c)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*gateway.Call)
		cost   string
		basis  gateway.Basis
		status billing.Status
		left   string
	}{
		{"a bill that broke down, with the provider's last word", brokenDown, "0.004", gateway.Exact, billing.Priced, ""},
		{"one whose usage says too little", both(brokenDown, func(c *gateway.Call) { c.Usage = json.RawMessage(`{"prompt_tokens":1000}`) }), "", "", "", LeftEstimated},
		{"one whose usage says nothing", both(brokenDown, func(c *gateway.Call) { c.Usage = nil }), "", "", "", LeftEstimated},
		{"one whose usage cannot be right", both(brokenDown, func(c *gateway.Call) {
			c.Usage = json.RawMessage(`{"prompt_tokens":-1,"completion_tokens":1}`)
		}), "", "", "", LeftEstimated},
		{"one of which what priced it is not known", both(brokenDown, func(c *gateway.Call) { c.PricedBy = nil }), "", "", "", LeftEstimated},
		{"cut by a crash, counted by Weir", cutOff("usage_missing_counted_by_weir"), "0.00208", gateway.Estimated, billing.Estimated, ""},
		{"cut by a crash, by running totals", both(cutOff("cut_short"), func(c *gateway.Call) {
			c.Basis, c.Usage = gateway.Partial, json.RawMessage(`{"prompt_tokens":500,"completion_tokens":4}`)
		}), "0.00208", gateway.Partial, billing.Estimated, ""},
		{"after an attempt that may have been charged", both(cutOff("cut_short"), func(c *gateway.Call) {
			c.Attempts = []gateway.Attempt{{N: 1, Result: gateway.Maybe}}
		}), "", "", "", LeftEstimated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", "5usd/day", "100000tokens/total")
			c := h.unpriced(tt.change)
			before, uses := h.rows(), h.uses("key_a", false)
			now := Selection{Book: bookAt(t, map[string]int{"x": 4})}
			if tt.left != "" {
				if p, err := h.PreviewRepricing(bg, now); err != nil || p.Calls != 0 || p.Left[tt.left] != 1 {
					t.Errorf("preview = %+v, %v, want it left as %s", p, err, tt.left)
				}
				return
			}
			p, r := h.reprice(now)
			h.check()
			got, err := h.Call(bg, c.ID)
			if err != nil || h.cost(c.ID) != tt.cost || got.Charge.String() != tt.cost || got.Basis != tt.basis || got.Bill.Status != tt.status || p.Priced != 1 {
				t.Errorf("it costs %s, charged %s, %s, %s, %v, want %s, %s, %s", h.cost(c.ID), got.Charge, got.Basis, got.Bill.Status, err, tt.cost, tt.basis, tt.status)
			}
			if exact := tt.basis == gateway.Exact; exact != (got.Min == nil) || !exact && (got.Min.Cmp(got.Charge) > 0 || got.Max.Cmp(got.Charge) < 0) {
				t.Errorf("between %v and %v", got.Min, got.Max)
			}
			_, again := h.reprice(Selection{Book: bookAt(t, map[string]int{"x": 8000})})
			h.check()
			if got, err := h.Call(bg, c.ID); err != nil || got.Basis != tt.basis || got.Max != nil && got.Max.Cmp(got.Charge) < 0 {
				t.Errorf("priced once more, it is %s, at most %v, %v", got.Basis, got.Max, err)
			}
			h.undo(again.ID)
			h.undo(r.ID)
			h.check()
			if got := h.rows(); got != before {
				t.Errorf("rows after undoing =\n%s\nwant\n%s", got, before)
			}
			if got := h.uses("key_a", false); got[0] != uses[0] || got[1] != uses[1] {
				t.Errorf("limits after undoing = %+v, want %+v", got, uses)
			}
		})
	}
}

// TestACallSoldByThePieceThatHadNoPriceGetsOne: it is exact, for nothing of it has to be counted; one that was cut is not.
func TestACallSoldByThePieceThatHadNoPriceGetsOne(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  gateway.End
		cost string
	}{{"one that finished", gateway.Finished, "0.05"}, {"one that a crash cut", gateway.Failed, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			c := h.unpriced(func(c *gateway.Call) {
				c.Usage, c.Endpoint, c.UpstreamModel, c.End, c.Assumed = nil, "images/generations", "p", tt.end, "usage_missing_counted_by_weir"
				c.PricedBy = &billing.Case{Provider: "openai", Endpoint: c.Endpoint, Model: "p", Request: billing.Request{Images: 1}}
				c.Bill, c.Charge = billing.Bill{Status: billing.Unpriced, Flags: []string{"usage_missing_counted_by_weir", billing.FlagUsageMissing}}, *c.Max
			})
			now := Selection{Book: byPiece(t, `"image":"0.05"`)}
			if tt.cost == "" {
				if p, err := h.PreviewRepricing(bg, now); err != nil || p.Calls != 0 || p.Left[LeftEstimated] != 1 {
					t.Errorf("preview = %+v, %v, want it left", p, err)
				}
				return
			}
			h.reprice(now)
			h.check()
			if got, err := h.Call(bg, c.ID); err != nil || h.cost(c.ID) != tt.cost || got.Basis != gateway.Exact {
				t.Errorf("it costs %s, %s, %v, want %s, exact", h.cost(c.ID), got.Basis, err, tt.cost)
			}
		})
	}
}

// TestACallThatBillingBreaksDownOnKeepsNoOtherFromItsBill: the bug may still be there.
func TestACallThatBillingBreaksDownOnKeepsNoOtherFromItsBill(t *testing.T) {
	h := newHouse(t)
	for range 2 {
		hold := h.mustHold("key_a", gateway.Amounts{})
		o := pricedOutcome(hold.call, "x", 1000, bookAt(t, map[string]int{"a": 1}))
		o.Call.PricedBy = nil
		hold.End(o)
	}
	derive := func(c gateway.Call) (billing.Case, bool) {
		if c.ID == "call_000001" {
			panic("a bug in billing")
		}
		return billing.Case{Provider: "openai", Model: "x"}, true
	}
	p, _ := h.reprice(Selection{Book: bookAt(t, map[string]int{"x": 4}), Derive: derive})
	h.check()
	if p.Left[LeftUnknown] != 1 || h.cost("call_000001") != "" || h.cost("call_000002") != "0.004" {
		t.Errorf("left %v, the calls cost %q and %q", p.Left, h.cost("call_000001"), h.cost("call_000002"))
	}
}
