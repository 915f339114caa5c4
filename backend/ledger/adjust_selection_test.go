package ledger

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

func TestSomeCallsKeepTheirBills(t *testing.T) {
	h := newHouse(t)
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4, "x": 4})
	reported := billing.Pico(77)
	for name, change := range map[string]func(*gateway.Call){
		LeftCovered:   func(c *gateway.Call) { c.Charge = billing.Money{} },
		LeftReported:  func(c *gateway.Call) { c.Bill.Reported = &reported },
		LeftEstimated: func(c *gateway.Call) { c.Basis = gateway.Partial },
		LeftFree:      func(c *gateway.Call) { c.Basis = gateway.Zero },
		LeftUnknown:   func(c *gateway.Call) { c.PricedBy = nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			c := h.call("key_a")
			c.Covered = name == LeftCovered
			hold, err := h.Hold(bg, Start{Call: c})
			if err != nil {
				t.Fatal(err)
			}
			o := pricedOutcome(hold.call, "a", 1000, was)
			change(&o.Call)
			o.Spent.Pico = o.Call.Charge.Pico()
			hold.End(o)
			p, err := h.PreviewRepricing(bg, Selection{Book: now})
			if err != nil || p.Calls != 0 || p.Left[name] != 1 {
				t.Errorf("preview = %+v, %v, want one left as %s", p, err, name)
			}
		})
	}
	t.Run("one without a price is priced by its provider's settings, where nothing better was kept", func(t *testing.T) {
		hold := h.mustHold("key_a", gateway.Amounts{})
		o := pricedOutcome(hold.call, "x", 1000, was)
		o.Call.PricedBy = nil
		hold.End(o)
		derive := func(c gateway.Call) (billing.Case, bool) {
			return billing.Case{Provider: "openai", Model: c.UpstreamModel}, true
		}
		h.reprice(Selection{Book: now, Derive: derive})
		h.check()
		if got := h.cost(o.Call.ID); got != "0.004" {
			t.Errorf("it costs %q, want 0.004", got)
		}
	})
	t.Run("simulated ones are not looked at", func(t *testing.T) {
		h := newHouse(t)
		c := h.call("key_a")
		c.Simulated = true
		hold, err := h.Hold(bg, Start{Call: c})
		if err != nil {
			t.Fatal(err)
		}
		hold.End(pricedOutcome(hold.call, "a", 1000, was))
		if p, err := h.PreviewRepricing(bg, Selection{Book: now}); err != nil || p.Looked != 0 {
			t.Errorf("preview = %+v, %v", p, err)
		}
	})
}

func TestASelectionChooses(t *testing.T) {
	h := newHouse(t)
	was := bookAt(t, map[string]int{"a": 3, "b": 5})
	h.priced("key_a", "a", 1000, was)
	h.priced("key_b", "b", 1000, was)
	h.turn(noon.Add(time.Hour))
	h.priced("key_a", "new", 1000, was)
	now := bookAt(t, map[string]int{"a": 4, "b": 6, "new": 1})
	for _, tt := range []struct {
		name string
		sel  Selection
		want int64
	}{
		{"without a condition all are looked at", Selection{}, 3},
		{"a key's", Selection{Filter: Filter{KeyID: "key_a"}}, 2},
		{"a model's", Selection{Filter: Filter{Model: "b"}}, 1},
		{"a channel's", Selection{Filter: Filter{ChannelID: "ch_2"}}, 0},
		{"a kind of provider's", Selection{Provider: "openai"}, 3},
		{"another kind's", Selection{Provider: "anthropic"}, 0},
		{"those without a price", Selection{Filter: Filter{Unpriced: true}}, 1},
		{"those of a span", Selection{Filter: Filter{Since: noon, Until: noon.Add(time.Minute)}}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.sel.Book = now
			p, err := h.PreviewRepricing(bg, tt.sel)
			if err != nil || p.Looked != tt.want || p.Calls != tt.want {
				t.Errorf("preview = %+v, %v, want %d calls", p, err, tt.want)
			}
		})
	}
}

// TestACaseIsKeptWhole: whatever a price depends on comes back from the call's row.
func TestACaseIsKeptWhole(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", gateway.Amounts{})
	three := int64(3)
	want := billing.Case{Provider: "azure", Endpoint: "responses", Model: "gpt-5-priced", At: hold.call.StartedAt, Tier: "flex", Count: billing.CountInclusive,
		Request: billing.Request{Tier: "priority", Model: "gpt-5-2025-08-07", Items: []string{"web_search_call"}, Containers: 2, Searches: &three}}
	c := hold.call
	c.Endpoint, c.UpstreamModel, c.Usage, c.PricedBy = want.Endpoint, "deployment", json.RawMessage(`{"input_tokens":1}`), &want
	c.State, c.Basis = gateway.Settled, gateway.Exact
	hold.End(Outcome{Call: c})
	var by pricedBy
	if err := h.st.Read().QueryRow("SELECT priced_by FROM call").Scan(text{&by}); err != nil {
		t.Fatal(err)
	}
	stored, err := h.Call(context.Background(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	got := caseOf(&stored, by)
	want.Usage = c.Usage
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("the case came back as %s, want %s", a, b)
	}
}

// TestAModelIsKeptOnce where its price has the upstream's name for it.
func TestAModelIsKeptOnce(t *testing.T) {
	h := newHouse(t)
	h.priced("key_a", "a", 100, bookAt(t, map[string]int{"a": 3}))
	var by pricedBy
	if err := h.st.Read().QueryRow("SELECT priced_by FROM call").Scan(text{&by}); err != nil {
		t.Fatal(err)
	}
	if by.Prices != "openai" || by.Model != "" {
		t.Errorf("priced by %+v, want the provider's prices and no name a second time", by)
	}
}
