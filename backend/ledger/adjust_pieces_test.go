package ledger

import (
	"slices"
	"testing"

	"weir/backend/gateway"
	"weir/billing"
)

// byPiece makes a book in which a model is sold by these rates.
func byPiece(t *testing.T, rates string) *billing.Book {
	t.Helper()
	card := `{"id":"test/p","provider":"openai","model":"p","rates":{` + rates + `},"source":"test","url":"https://example.com","checked_on":"2026-11-01"}` + "\n"
	book, err := billing.NewBook(billing.Layers{Catalogue: []byte(card)})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// sold settles a call that told no usage, priced by a book from what its reply consisted of.
func (h *house) sold(book *billing.Book, request billing.Request) gateway.Call {
	h.t.Helper()
	hold := h.mustHold("key_a", gateway.Amounts{Calls: 1})
	o := pricedOutcome(hold.call, "p", 3, book)
	c := &o.Call
	c.Endpoint, c.Usage = "images/generations", nil
	by := billing.Case{Provider: "openai", Endpoint: c.Endpoint, Model: "p", At: c.StartedAt, Request: request}
	c.PricedBy, c.Bill = &by, book.Bill(by)
	c.Charge = *c.Bill.Total
	o.Spent = gateway.Amounts{Pico: c.Charge.Pico(), Calls: 1}
	if !hold.End(o) {
		h.t.Fatal("End was not durable")
	}
	return *c
}

// archiveMonths takes the details of calls of more than so many months; want says of how many.
func (h *house) archiveMonths(months int, want int64) {
	h.t.Helper()
	if err := h.SetRetention(bg, Retention{Months: months}); err != nil {
		h.t.Fatal(err)
	}
	if n := h.retain1(); n != want {
		h.t.Fatalf("%d were archived, want %d", n, want)
	}
}

// TestCallsSoldByThePieceArePricedAgain: they never had a usage, which is no sign that it was removed.
func TestCallsSoldByThePieceArePricedAgain(t *testing.T) {
	for _, tt := range []struct {
		name     string
		was, now string // rates
		request  billing.Request
		old, new string
		left     string
	}{
		{"by its images", `"image":"0.04"`, `"image":"0.05"`, billing.Request{Images: 2}, "0.08", "0.1", ""},
		{"by the call", `"request":"5"`, `"request":"6"`, billing.Request{}, "0.005", "0.006", ""},
		{"by the call instead of its images", `"image":"0.04"`, `"request":"6"`, billing.Request{Images: 2}, "0.08", "0.006", ""},
		{"not by a list of tokens, which nobody counted", `"image":"0.04"`, `"input":"5","output":"5"`, billing.Request{Images: 2}, "0.08", "0.08", LeftUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", "5usd/day")
			c := h.sold(byPiece(t, tt.was), tt.request)
			before := h.rows()
			if got := h.cost(c.ID); got != tt.old {
				t.Fatalf("it costs %s at first, want %s", got, tt.old)
			}
			now := Selection{Book: byPiece(t, tt.now)}
			if tt.left != "" {
				if p, err := h.PreviewRepricing(bg, now); err != nil || p.Calls != 0 || p.Left[tt.left] != 1 {
					t.Errorf("preview = %+v, %v, want it left as %s", p, err, tt.left)
				}
				return
			}
			_, r := h.reprice(now)
			h.check()
			if got := h.cost(c.ID); got != tt.new {
				t.Errorf("priced again it costs %s, want %s", got, tt.new)
			}
			h.undo(r.ID)
			h.check()
			if got := h.rows(); got != before {
				t.Errorf("rows after undoing =\n%s\nwant\n%s", got, before)
			}
		})
	}
}

// TestOnlyArchivedCallsAreCalledSo: of the two without a usage, one never had any.
func TestOnlyArchivedCallsAreCalledSo(t *testing.T) {
	h := newHouse(t)
	h.sold(byPiece(t, `"image":"0.04"`), billing.Request{Images: 1})
	h.turn(noon.AddDate(0, 2, 0))
	h.sold(byPiece(t, `"image":"0.04"`), billing.Request{Images: 1})
	h.archiveMonths(1, 1)
	p, err := h.PreviewRepricing(bg, Selection{Book: byPiece(t, `"image":"0.05"`)})
	if err != nil || p.Left[LeftArchived] != 1 || p.Calls != 1 {
		t.Errorf("preview = %+v, %v, want one archived and one that changes", p, err)
	}
}

// TestACallSoldByThePieceThatWasArchivedMeanwhileKeepsItsBill: between a plan and its booking.
func TestACallSoldByThePieceThatWasArchivedMeanwhileKeepsItsBill(t *testing.T) {
	h := newHouse(t)
	c := h.sold(byPiece(t, `"image":"0.04"`), billing.Request{Images: 1})
	h.turn(noon.AddDate(0, 2, 0))
	r := h.half(Selection{Book: byPiece(t, `"image":"0.05"`)}, 0)
	h.archiveMonths(1, 1)
	h.stop()
	h.start()
	h.workers.Wait()
	h.check()
	if got, err := h.Repricing(bg, r.ID); err != nil || got.State != RepricingDone || got.Calls != 0 || h.cost(c.ID) != "0.04" {
		t.Errorf("the repricing ended as %+v, %v; the call costs %s, want 0.04", got, err, h.cost(c.ID))
	}
}

// TestWhatCannotBePricedWhenItIsWrittenKeepsItsBill: a provider's settings may be gone, or others, between the preview and
// the plan; a bill that was not shown is never given.
func TestWhatCannotBePricedWhenItIsWrittenKeepsItsBill(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"x": 4, "y": 40})
	for _, tt := range []struct {
		name string
		last string // what the settings say the model is when the plan is written; empty: they are gone
	}{{"gone", ""}, {"others", "y"}} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			for range 3 {
				hold := h.mustHold("key_a", gateway.Amounts{})
				o := pricedOutcome(hold.call, "x", 1000, was)
				o.Call.PricedBy = nil
				hold.End(o)
			}
			before := h.rows()
			asked := 0
			derive := func(gateway.Call) (billing.Case, bool) {
				asked++
				model := "x"
				if asked > 2*3 && asked != 8 { // the preview, and the look before applying; then all but one
					model = tt.last
				}
				return billing.Case{Provider: "openai", Model: model}, model != ""
			}
			_, r := h.reprice(Selection{Book: now, Derive: derive})
			h.check()
			var costs []string
			for _, id := range []string{"call_000001", "call_000002", "call_000003"} {
				costs = append(costs, h.cost(id))
			}
			if want := []string{"", "0.004", ""}; !slices.Equal(costs, want) || r.Calls != 1 {
				t.Errorf("they cost %q, of which %d were changed, want %q", costs, r.Calls, want)
			}
			h.undo(r.ID)
			h.check()
			if got := h.rows(); got != before {
				t.Errorf("rows after undoing =\n%s\nwant\n%s", got, before)
			}
		})
	}
}
