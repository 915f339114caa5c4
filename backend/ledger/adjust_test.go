package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

// bookAt makes a book in which a token of each of the models costs so many micro-dollars, whatever it is for.
func bookAt(t testing.TB, micros map[string]int) *billing.Book {
	t.Helper()
	var cards strings.Builder
	for model, n := range micros {
		fmt.Fprintf(&cards, `{"id":"test/%s","provider":"openai","model":%q,"rates":{"input":"%d","output":"%d","cache_read":"%d"},"source":"test","url":"https://example.com","checked_on":"2026-11-01"}`+"\n", model, model, n, n, n)
	}
	book, err := billing.NewBook(billing.Layers{Catalogue: []byte(cards.String())})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// priced settles a call of a model by a book, of so many tokens.
func (h *house) priced(keyID, model string, tokens int64, book *billing.Book) gateway.Call {
	h.t.Helper()
	c := h.call(keyID)
	c.Model = model
	hold, err := h.Hold(bg, Start{Call: c, Payer: Payer{KeyID: keyID}, Hold: gateway.Amounts{Tokens: tokens, Calls: 1}})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.endPriced(hold, model, tokens, book)
}

func (h *house) endPriced(hold *Hold, model string, tokens int64, book *billing.Book) gateway.Call {
	h.t.Helper()
	o := pricedOutcome(hold.call, model, tokens, book)
	if !hold.End(o) {
		h.t.Fatal("End was not durable")
	}
	return o.Call
}

func pricedOutcome(c gateway.Call, model string, tokens int64, book *billing.Book) Outcome {
	c.ChannelID, c.Provider, c.Endpoint, c.UpstreamModel = "ch_1", "openai", "chat/completions", model
	c.Usage = json.RawMessage(fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":%d}}`, tokens-1, tokens/3))
	by := billing.Case{Provider: "openai", Endpoint: c.Endpoint, Model: model, At: c.StartedAt}
	cs := by
	cs.Usage = c.Usage
	c.PricedBy = &by
	c.Bill = book.Bill(cs)
	if c.Bill.Total != nil {
		c.Charge = *c.Bill.Total
	}
	c.State, c.Basis, c.End, c.HTTPStatus = gateway.Settled, gateway.Exact, gateway.Finished, 200
	return Outcome{c, gateway.Amounts{Pico: c.Charge.Pico(), Tokens: c.Bill.Usage.Tokens(), Calls: 1}}
}

// reprice previews a selection, applies what it showed and waits for the end.
func (h *house) reprice(sel Selection) (Preview, Repricing) {
	h.t.Helper()
	p, err := h.PreviewRepricing(bg, sel)
	if err != nil {
		h.t.Fatal(err)
	}
	r, done, err := h.Reprice(bg, sel, p.Token, Act{Reason: "a new price", Source: "page", Selection: json.RawMessage(`{}`)})
	if err != nil {
		h.t.Fatal(err)
	}
	<-done
	if r, err = h.Repricing(bg, r.ID); err != nil || r.State != RepricingDone {
		h.t.Fatalf("the repricing ended as %+v, %v", r, err)
	}
	return p, r
}

func (h *house) undo(id string) {
	h.t.Helper()
	_, done, err := h.UndoRepricing(bg, id, "it was wrong")
	if err != nil {
		h.t.Fatal(err)
	}
	<-done
	if r, err := h.Repricing(bg, id); err != nil || r.State != RepricingUndone {
		h.t.Fatalf("the undoing ended as %+v, %v", r, err)
	}
}

// cost is what a call costs now, as text; empty where it has no price.
func (h *house) cost(id string) string {
	h.t.Helper()
	c, err := h.Call(bg, id)
	if err != nil {
		h.t.Fatal(err)
	}
	if c.Bill.Total == nil {
		return ""
	}
	return c.Bill.Total.String()
}

// rows are all calls as they stand in their table, to be compared to the letter.
func (h *house) rows() string {
	h.t.Helper()
	rows, err := h.st.Read().Query("SELECT seq, " + billColumns + ", usage, basis, charge_calls FROM call ORDER BY seq")
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := textOf(rows)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

func TestWhatAPreviewShowsIsWhatIsApplied(t *testing.T) {
	h := newHouse(t)
	was, now := bookAt(t, map[string]int{"a": 3, "b": 5, "c": 7}), bookAt(t, map[string]int{"a": 4, "b": 5, "new": 2})
	a, b := h.priced("key_a", "a", 1000, was), h.priced("key_a", "b", 1000, was)
	c, fresh := h.priced("key_b", "c", 500, was), h.priced("key_b", "new", 100, was)
	p, r := h.reprice(Selection{Book: now})
	h.check()
	for _, tt := range []struct{ name, got, want string }{
		{"a dearer one costs more", h.cost(a.ID), "0.004"},
		{"one of the same price stays", h.cost(b.ID), "0.005"},
		{"one without a price any more is unpriced", h.cost(c.ID), ""},
		{"one that had none has one", h.cost(fresh.ID), "0.0002"},
		{"the old sum is what the three were charged", p.Old.String(), "0.0065"},
		{"the new sum is what they are charged", p.New.String(), "0.0042"},
		{"the log says what the preview said", r.Old.String() + " " + r.New.String(), p.Old.String() + " " + p.New.String()},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
	if p.Looked != 4 || p.Calls != 3 || r.Calls != 3 || p.Priced != 1 || p.Unpriced != 1 || len(p.Models) != 3 || p.Models[0].Model != "c" {
		t.Errorf("preview %+v, log %+v", p, r)
	}
	if q, err := h.Quota(bg, Payer{}); err != nil || q.Spent.String() != "0.0092" || q.UnpricedCalls != 1 {
		t.Errorf("Quota = %+v, %v, want 0.0092 spent", q, err)
	}
	got, err := h.Repriced(bg, a.ID, b.ID)
	if one := got[a.ID]; err != nil || len(got) != 1 || one.ID != r.ID || one.Old.String() != "0.003" || one.New.String() != "0.004" || one.Reason != "a new price" {
		t.Errorf("Repriced = %+v, %v", got, err)
	}
}

func TestTheSameBookChangesNothing(t *testing.T) {
	h := newHouse(t)
	book := bookAt(t, map[string]int{"a": 3})
	for i := range 20 {
		h.priced("key_a", []string{"a", "unknown"}[i%2], int64(100+i), book)
	}
	p, err := h.PreviewRepricing(bg, Selection{Book: book})
	if err != nil || p.Looked != 20 || p.Calls != 0 || p.Old != p.New {
		t.Fatalf("preview = %+v, %v", p, err)
	}
	_, _, err = h.Reprice(bg, Selection{Book: book}, p.Token, Act{Reason: "none"})
	if kindOf(err) != gateway.Conflict {
		t.Errorf("Reprice of nothing = %v", err)
	}
}

func kindOf(err error) gateway.Kind {
	var e *gateway.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func TestUndoBringsBackEachBillToTheLetter(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day", "100000tokens/total")
	was := bookAt(t, map[string]int{"a": 3, "b": 5})
	for i := range 50 {
		h.priced([]string{"key_a", "key_b"}[i%2], []string{"a", "b", "x"}[i%3], int64(100+i), was)
	}
	before, uses := h.rows(), h.uses("key_a", false)
	_, r := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4, "x": 9})})
	h.check()
	if h.rows() == before {
		t.Fatal("nothing was changed")
	}
	h.undo(r.ID)
	h.check()
	if got := h.rows(); got != before {
		t.Errorf("rows after undoing =\n%s\nwant\n%s", got, before)
	}
	if got := h.uses("key_a", false); !slices.Equal(got, uses) {
		t.Errorf("limits after undoing = %+v, want %+v", got, uses)
	}
	if n := h.count("SELECT count(*) FROM entry WHERE kind = 'adjust'"); n == 0 {
		t.Error("undoing took entries away")
	}
	if _, _, err := h.UndoRepricing(bg, r.ID, ""); kindOf(err) != gateway.Conflict {
		t.Errorf("undoing twice = %v", err)
	}
}

func TestALaterRepricingIsUndoneFirst(t *testing.T) {
	h := newHouse(t)
	h.priced("key_a", "a", 1000, bookAt(t, map[string]int{"a": 3}))
	_, first := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4})})
	_, second := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 6})})
	if _, _, err := h.UndoRepricing(bg, first.ID, ""); kindOf(err) != gateway.Conflict || !strings.Contains(err.Error(), second.ID) {
		t.Fatalf("undoing the first = %v, want a conflict that names %s", err, second.ID)
	}
	h.undo(second.ID)
	h.undo(first.ID)
	h.check()
	if got := h.cost("call_000001"); got != "0.003" {
		t.Errorf("the call costs %s", got)
	}
}

func TestAStalePreviewIsRefused(t *testing.T) {
	h := newHouse(t)
	book := bookAt(t, map[string]int{"a": 3})
	h.priced("key_a", "a", 1000, book)
	p, err := h.PreviewRepricing(bg, Selection{Book: bookAt(t, map[string]int{"a": 4})})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.Reprice(bg, Selection{Book: bookAt(t, map[string]int{"a": 5})}, p.Token, Act{Reason: "x"})
	if kindOf(err) != gateway.Conflict || h.cost("call_000001") != "0.003" {
		t.Errorf("Reprice = %v, the call costs %s", err, h.cost("call_000001"))
	}
	h.check()
}

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

func TestWindowsAreCorrected(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4})
	spent := func(h *house, keyID string) (all []int64) {
		for _, u := range h.uses(keyID, false) {
			all = append(all, u.Spent)
		}
		return all
	}
	t.Run("of a window that runs", func(t *testing.T) {
		h := newHouse(t)
		h.limit("key_a", "5usd/day", "9usd/total", "100calls/day")
		h.limit("", "50usd/month")
		h.priced("key_a", "a", 1000, was)
		h.reprice(Selection{Book: now})
		h.check()
		if got, of := spent(h, "key_a"), spent(h, ""); !slices.Equal(got, []int64{4e9, 4e9, 1}) || !slices.Equal(of, []int64{4e9}) {
			t.Errorf("the key's limits have spent %v, the account's %v", got, of)
		}
	})
	t.Run("of the window that a call was charged in, not of the one that runs", func(t *testing.T) {
		h := newHouse(t)
		h.limit("key_a", "5usd/day")
		h.priced("key_a", "a", 1000, was)
		h.turn(noon.Add(24 * time.Hour))
		h.priced("key_a", "a", 10, was)
		h.reprice(Selection{Book: now})
		h.check()
		if got := spent(h, "key_a"); !slices.Equal(got, []int64{4e7}) {
			t.Errorf("the running window has spent %v", got)
		}
		if n := h.count("SELECT spent FROM limit_window ORDER BY start LIMIT 1"); n != 4e9 {
			t.Errorf("the old window has spent %d", n)
		}
	})
	t.Run("of a limit that was set later and began with what the call had cost", func(t *testing.T) {
		h := newHouse(t)
		h.priced("key_a", "a", 1000, was)
		h.priced("key_a", "free", 1000, was)
		h.turn(noon.Add(time.Minute))
		h.limit("key_a", "5usd/day")
		_, r := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4, "free": 1})})
		h.check()
		if got := spent(h, "key_a"); !slices.Equal(got, []int64{5e9}) {
			t.Errorf("the window has spent %v, want what the calls cost now", got)
		}
		h.undo(r.ID)
		h.check()
		if got := spent(h, "key_a"); !slices.Equal(got, []int64{3e9}) {
			t.Errorf("after undoing the window has spent %v", got)
		}
	})
	t.Run("not of one that began after the call", func(t *testing.T) {
		h := newHouse(t)
		h.priced("key_a", "a", 1000, was)
		h.turn(noon.Add(24 * time.Hour))
		h.limit("key_a", "5usd/day")
		h.reprice(Selection{Book: now})
		h.check()
		if got := spent(h, "key_a"); !slices.Equal(got, []int64{0}) {
			t.Errorf("the window has spent %v", got)
		}
	})
	t.Run("of a limit that was removed since", func(t *testing.T) {
		h := newHouse(t)
		h.limit("key_a", "5usd/day")
		h.priced("key_a", "a", 1000, was)
		h.limit("key_a")
		h.reprice(Selection{Book: now})
		h.check()
		if n := h.count("SELECT spent FROM limit_window"); n != 4e9 {
			t.Errorf("its window has spent %d", n)
		}
	})
}

// half begins a repricing of all calls and leaves it where it would be after a kill: with so many calls booked.
func (h *house) half(sel Selection, booked int) Repricing {
	h.t.Helper()
	p, err := h.drawUp(bg, sel)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := h.noteRepricing(bg, sel, Act{Reason: "x", Source: "page", Selection: json.RawMessage(`{}`)})
	if err != nil {
		h.t.Fatal(err)
	}
	if booked < 0 {
		p.seqs = p.seqs[:len(p.seqs)/2]
		err = h.st.Do(bg, func(tx *store.Tx) error {
			for _, seq := range p.seqs {
				if _, err := tx.Exec(insertPlanned, r.seq, seq, nil, nil, 0, 0, "{}"); err != nil {
					return err
				}
			}
			return nil
		})
	} else if err = h.writePlan(bg, r.seq, p, sel); err == nil {
		x := exchange{l: h.Ledger, repricing: r.seq}
		err = x.steps(bg, p.seqs[:booked])
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func TestAKilledRepricing(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4})
	fill := func(t *testing.T) *house {
		h := newHouse(t)
		h.limit("key_a", "5usd/day")
		for i := range 40 {
			h.priced("key_a", "a", int64(1000+i), was)
		}
		return h
	}
	again := func(h *house) {
		h.stop()
		h.start()
		h.workers.Wait()
		h.check()
	}
	t.Run("is forgotten while it was planned", func(t *testing.T) {
		h := fill(t)
		before := h.rows()
		h.half(Selection{Book: now}, -1)
		again(h)
		if all, err := h.Repricings(bg); err != nil || len(all) != 0 || h.rows() != before {
			t.Errorf("repricings = %+v, %v", all, err)
		}
	})
	for _, booked := range []int{0, 1, 17, 40} {
		t.Run(fmt.Sprintf("goes on after %d of 40 calls", booked), func(t *testing.T) {
			h := fill(t)
			before := h.rows()
			r := h.half(Selection{Book: now}, booked)
			h.check()
			again(h)
			if got, err := h.Repricing(bg, r.ID); err != nil || got.State != RepricingDone || got.Calls != 40 || h.cost("call_000040") != "0.004156" {
				t.Fatalf("repricing = %+v, %v; the last call costs %s", got, err, h.cost("call_000040"))
			}
			if err := h.st.Do(bg, func(tx *store.Tx) error { _, err := tx.Exec(startUndo, "x", r.seq); return err }); err != nil {
				t.Fatal(err)
			}
			x := exchange{l: h.Ledger, repricing: r.seq, booked: true}
			left, err := x.next(bg)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.steps(bg, left[:booked]); err != nil {
				t.Fatal(err)
			}
			again(h)
			if got, err := h.Repricing(bg, r.ID); err != nil || got.State != RepricingUndone || h.rows() != before {
				t.Errorf("undone = %+v, %v", got, err)
			}
		})
	}
}

func TestOneRepricingRunsAtATime(t *testing.T) {
	h := newHouse(t)
	free, ok := h.takeTurn()
	if !ok {
		t.Fatal("nothing runs yet")
	}
	if _, _, err := h.Reprice(bg, Selection{Book: bookAt(t, map[string]int{"a": 1})}, "", Act{}); kindOf(err) != gateway.Conflict {
		t.Errorf("Reprice = %v", err)
	}
	if _, _, err := h.UndoRepricing(bg, "rep_1", ""); kindOf(err) != gateway.Conflict {
		t.Errorf("UndoRepricing = %v", err)
	}
	free()
	if _, _, err := h.UndoRepricing(bg, "rep_1", ""); kindOf(err) != gateway.NotFound {
		t.Errorf("UndoRepricing of none = %v", err)
	}
}

// TestRepricingsAtRandom settles calls, prices them again, undoes that, sets limits and starts anew, in any order, and
// keeps on paper what each call costs.
func TestRepricingsAtRandom(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := &repriceWalk{house: newHouse(t), rnd: rand.New(rand.NewPCG(seed, 1)), costs: map[string][]string{}}
	w.book = bookAt(t, map[string]int{"a": 3, "b": 5})
	steps := 200
	if testing.Short() {
		steps = 60
	}
	for range steps {
		w.step()
		w.check()
	}
	for id, costs := range w.costs {
		if got := w.cost(id); got != costs[len(costs)-1] {
			t.Errorf("%s costs %q, on paper %q", id, got, costs[len(costs)-1])
		}
	}
}

type repriceWalk struct {
	*house
	rnd     *rand.Rand
	book    *billing.Book
	costs   map[string][]string // by call: each that it had, the last is the one that stands
	changed [][]string          // by repricing that stands: the calls that it changed
	ids     []string            // of these repricings
}

func (w *repriceWalk) step() {
	switch n := w.rnd.IntN(100); {
	case n < 40:
		w.settleOne()
	case n < 65:
		w.repriceStep()
	case n < 80:
		w.undoStep()
	case n < 88:
		w.limit([]string{"key_0", "key_1", ""}[w.rnd.IntN(3)], []string{"900usd/day", "90000000tokens/month", "9000usd/total"}[:w.rnd.IntN(4)]...)
	case n < 96:
		w.turn(w.time().Add(time.Duration(w.rnd.Int64N(int64(9 * time.Hour)))))
	default:
		w.stop()
		w.start()
	}
}

func (w *repriceWalk) settleOne() {
	c := w.priced(walkKeys[w.rnd.IntN(3)], []string{"a", "b", "x"}[w.rnd.IntN(3)], 10+w.rnd.Int64N(10_000), w.book)
	w.costs[c.ID] = []string{w.cost(c.ID)}
}

// repriceStep makes a new book, which holds from now on, and prices all calls by it while others settle.
func (w *repriceWalk) repriceStep() {
	micros := map[string]int{}
	for _, model := range []string{"a", "b", "x"} {
		if w.rnd.IntN(4) > 0 {
			micros[model] = w.rnd.IntN(9)
		}
	}
	sel := Selection{Book: bookAt(w.t, micros), Filter: Filter{KeyID: []string{"", "key_0"}[w.rnd.IntN(2)]}}
	p, err := w.PreviewRepricing(bg, sel)
	if err != nil {
		w.t.Fatal(err)
	}
	if p.Calls == 0 {
		return
	}
	r, done, err := w.Reprice(bg, sel, p.Token, Act{Reason: "x", Selection: json.RawMessage(`{}`)})
	if err != nil {
		w.t.Fatal(err)
	}
	for range 3 {
		w.settleOne()
	}
	<-done
	var changed []string
	for id, costs := range w.costs {
		if got := w.cost(id); got != costs[len(costs)-1] {
			w.costs[id], changed = append(costs, got), append(changed, id)
		}
	}
	if got, err := w.Repricing(bg, r.ID); err != nil || got.Calls != p.Calls || got.New != p.New || int64(len(changed)) > p.Calls {
		w.t.Fatalf("repricing = %+v, %v, preview %+v, %d changed", got, err, p, len(changed))
	}
	w.ids, w.changed = append(w.ids, r.ID), append(w.changed, changed)
}

// undoStep undoes the last repricing that stands.
func (w *repriceWalk) undoStep() {
	n := len(w.ids) - 1
	if n < 0 {
		return
	}
	w.undo(w.ids[n])
	for _, id := range w.changed[n] {
		w.costs[id] = w.costs[id][:len(w.costs[id])-1]
	}
	w.ids, w.changed = w.ids[:n], w.changed[:n]
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

// TestArchivedCallsAndRepricing: what was archived before a repricing keeps its bill; what was archived after it gets its
// cost back when it is undone, and stays archived.
func TestArchivedCallsAndRepricing(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4})
	old := h.priced("key_a", "a", 1000, was)
	h.turn(noon.Add(time.Hour))
	fresh := h.priced("key_a", "a", 1000, was)
	archive := func(before time.Time) {
		t.Helper()
		for end := false; !end; {
			var err error
			if _, end, err = h.archive(bg, before, 100); err != nil {
				t.Fatal(err)
			}
		}
		h.check()
	}
	archive(noon.Add(time.Minute))
	p, r := h.reprice(Selection{Book: now})
	h.check()
	if p.Calls != 1 || p.Left[LeftArchived] != 1 || h.cost(old.ID) != "0.003" || h.cost(fresh.ID) != "0.004" {
		t.Errorf("preview = %+v; they cost %s and %s", p, h.cost(old.ID), h.cost(fresh.ID))
	}
	h.turn(noon.Add(2 * time.Hour))
	archive(noon.Add(90 * time.Minute))
	h.undo(r.ID)
	h.check()
	c, err := h.Call(bg, fresh.ID)
	if err != nil || h.cost(fresh.ID) != "0.003" || c.Bill.Lines != nil || c.Usage != nil || c.ArchivedAt.IsZero() {
		t.Errorf("after undoing = %+v, %v", c, err)
	}
}
