package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
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
