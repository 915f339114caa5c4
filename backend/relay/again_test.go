package relay

import (
	"context"
	"encoding/json"
	"testing"

	"weir/backend/dialect"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/route"
	"weir/billing"
)

// TestInterruptedCallsKeepWhatPricesThem: a call that a crash cut can be priced again, by what it asked for and by what the
// reply had said.
func TestInterruptedCallsKeepWhatPricesThem(t *testing.T) {
	book, err := billing.ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	p := ledger.Progress{Provider: "perplexity", Endpoint: "chat/completions", Prices: "perplexity", PriceModel: "sonar-next", UpstreamModel: "sonar-next",
		InputTokens: 1000, OutputTokens: 10, Tier: "priority", AskedTier: "flex", AskedSize: "high", AskedSearch: "pro", ReplyModel: "sonar-next-2", Count: billing.CountInclusive}
	asked := billing.Request{Tier: "flex", Model: "sonar-next-2", Size: "high", SearchType: "pro"}
	for _, tt := range []struct {
		name, usage, assumed string
		basis                gateway.Basis
		tokens               int64
	}{
		{"counted by Weir", "", countedHere, gateway.Estimated, 1010},
		{"by running totals, of a model without a price, too", `{"prompt_tokens":400,"completion_tokens":4}`, cutShort, gateway.Partial, 410},
		{"counted by Weir where the totals cannot be right", `{"prompt_tokens":-400,"completion_tokens":4}`, countedHere, gateway.Estimated, 1010},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := p
			if tt.usage != "" {
				p.Usage = json.RawMessage(tt.usage)
			}
			c := Interrupted(book, ledger.Interrupted{Call: gateway.Call{Endpoint: "chat/completions"}, Held: gateway.Amounts{Calls: 1}, Progress: p}).Call
			by := c.PricedBy
			if by == nil || by.Provider != "perplexity" || by.Model != "sonar-next" || by.Tier != "priority" || by.Count != billing.CountInclusive || by.Usage != nil {
				t.Fatalf("priced by %+v", by)
			}
			if r := by.Request; r.Tier != asked.Tier || r.Model != asked.Model || r.Size != asked.Size || r.SearchType != asked.SearchType {
				t.Errorf("asked for %+v, want %+v", r, asked)
			}
			if c.Assumed != tt.assumed || c.Basis != tt.basis || c.Bill.Usage.Tokens() != tt.tokens || c.Bill.Total != nil {
				t.Errorf("assumed %q, %s, %d tokens, total %v", c.Assumed, c.Basis, c.Bill.Usage.Tokens(), c.Bill.Total)
			}
		})
	}
}

// TestAnInterruptedCallHasTheFeeThatItAskedFor: the fee of a search is by how much was to be searched.
func TestAnInterruptedCallHasTheFeeThatItAskedFor(t *testing.T) {
	c := &call{input: 1000}
	p := c.progress(target{Target: route.Target{Channel: gateway.Channel{ID: "ch_1", Provider: "perplexity"}, Model: "sonar"}, model: "sonar", prices: "perplexity",
		ask: dialect.Ask{SearchSize: "high", SearchType: "pro", Tier: "flex"}})
	if p.AskedSize != "high" || p.AskedSearch != "pro" || p.AskedTier != "flex" {
		t.Fatalf("progress = %+v", p)
	}
	p.AskedSearch, p.AskedTier = "", ""
	book, err := billing.ShippedBook()
	if err != nil {
		t.Fatal(err)
	}
	o := Interrupted(book, ledger.Interrupted{Call: gateway.Call{Endpoint: "chat/completions"}, Progress: p})
	p.AskedSize = ""
	low := Interrupted(book, ledger.Interrupted{Call: gateway.Call{Endpoint: "chat/completions"}, Progress: p})
	if o.Call.Bill.Usage[billing.FeeHigh] != 1 || low.Call.Bill.Usage[billing.FeeLow] != 1 || o.Call.Charge.Cmp(low.Call.Charge) <= 0 {
		t.Errorf("charged %s for much, %s for little", o.Call.Charge, low.Call.Charge)
	}
}

// TestACallWhoseBillBrokeDownIsPricedOnceBillingWorks: its usage came, and what it is priced by is kept with it.
func TestACallWhoseBillBrokeDownIsPricedOnceBillingWorks(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		basis        gateway.Basis
		left         string
	}{
		{"with its usage", "ok", gateway.Exact, ""},
		{"without one", "no-usage", gateway.Estimated, ledger.LeftEstimated},
		{"of which only a part came", "cut?at=4", gateway.Estimated, ledger.LeftEstimated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := build(t)
			h.channel("anthropic", nil)
			h.script(tt.script)
			book := h.relay.Book
			h.relay.Book = func() *billing.Book {
				if h.up.Journal.Len() > 0 {
					panic("a bug in billing")
				}
				return book()
			}
			c := h.post("anthropic", bodyFor("anthropic", true), nil).call
			h.relay.Book = book
			if c.Bill.Total != nil || c.Basis != gateway.Estimated {
				t.Fatalf("the call is %s, its bill %+v", c.Basis, c.Bill)
			}
			sel := ledger.Selection{Book: book()}
			p, err := h.ledger.PreviewRepricing(context.Background(), sel)
			if err != nil || tt.left != "" {
				if err != nil || p.Calls != 0 || p.Left[tt.left] != 1 {
					t.Errorf("preview = %+v, %v, want it left as %s", p, err, tt.left)
				}
				return
			}
			_, done, err := h.ledger.Reprice(context.Background(), sel, p.Token, ledger.Act{Reason: "mended", Selection: json.RawMessage("{}")})
			if err != nil {
				t.Fatal(err)
			}
			<-done
			h.check()
			got := h.ended(c.ID)
			if want := h.post("anthropic", bodyFor("anthropic", true), nil).call; cost(got) != cost(want) || got.Basis != tt.basis || got.Charge.Cmp(want.Charge) != 0 {
				t.Errorf("it costs %s, %s; another one costs %s", cost(got), got.Basis, cost(want))
			}
		})
	}
}
