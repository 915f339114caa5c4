package ledger

import (
	"strings"
	"testing"

	"weir/backend/gateway"
)

// TestNothingThatExplainsAnArchivedCallStaysElsewhere: the bills that repricings keep lose what the call loses, and what is
// known of its missed cache goes. What was added up stays.
func TestNothingThatExplainsAnArchivedCallStaysElsewhere(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/total")
	h.priced("key_a", "a", 1000, bookAt(t, map[string]int{"a": 3}))
	broken := h.unpriced(brokenDown)
	h.mustExec(`INSERT INTO cache_miss VALUES ('call_000001', 1, 'key_a', 'ch_1', 'a', 'changed', '{}', 5, 7), ('call_000003', 1, 'key_a', 'ch_1', 'a', 'changed', '{}', 5, 7)`)
	h.mustExec(`INSERT INTO cache_sum VALUES (0, 'key_a', 'ch_1', 'a', 'changed', 2, 10, 14, 0)`)
	_, r := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4, "x": 5})})
	h.turn(noon.AddDate(0, 2, 0))
	h.priced("key_a", "a", 1000, bookAt(t, map[string]int{"a": 4}))
	h.archiveMonths(1, 2)
	h.check()
	if n := h.count(`SELECT count(*) FROM repricing_call WHERE bill ->> '$.lines' IS NOT NULL OR bill ->> '$.flags' IS NOT NULL`); n != 0 {
		t.Errorf("%d kept bills have the details of their calls", n)
	}
	if misses, sums := h.count(`SELECT count(*) FROM cache_miss`), h.count(`SELECT sum(calls) FROM cache_sum`); misses != 1 || sums != 2 {
		t.Errorf("%d missed caches are explained, want that of the young call alone; %d are counted, want 2", misses, sums)
	}
	h.undo(r.ID)
	h.check()
	c, err := h.Call(bg, "call_000001")
	if err != nil || h.cost(c.ID) != "0.003" || len(c.Bill.Lines)+len(c.Bill.Flags)+len(c.Bill.Note) != 0 || c.Bill.Usage.Tokens() != 1000 {
		t.Errorf("undone, it costs %s, %+v, %v", h.cost(c.ID), c.Bill, err)
	}
	c, err = h.Call(bg, broken.ID)
	if err != nil || c.Bill.Total != nil || c.Charge != broken.Charge || c.Basis != gateway.Estimated || c.Bill.Usage.Tokens() != 0 || len(c.Bill.Flags) != 0 {
		t.Errorf("undone, the other one is charged %s, %s, %+v, %v", c.Charge, c.Basis, c.Bill, err)
	}
}

// TestWhatAnEstimateAssumedStaysInItsKeptBill, as it stays with an archived call.
func TestWhatAnEstimateAssumedStaysInItsKeptBill(t *testing.T) {
	h := newHouse(t)
	h.unpriced(cutOff("cut_short"))
	_, first := h.reprice(Selection{Book: bookAt(t, map[string]int{"x": 5})})
	note := h.note("call_000001")
	_, second := h.reprice(Selection{Book: bookAt(t, map[string]int{"x": 6})})
	h.turn(noon.AddDate(0, 2, 0))
	h.archiveMonths(1, 1)
	h.undo(second.ID)
	if got := h.note("call_000001"); !strings.Contains(got, "OpenAI") || got != note {
		t.Errorf("undone once, the note is %q, want %q", got, note)
	}
	h.undo(first.ID)
	h.check()
	if got := h.cost("call_000001"); got != "" {
		t.Errorf("undone twice, the call costs %q", got)
	}
}

func (h *house) note(id string) string {
	h.t.Helper()
	c, err := h.Call(bg, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return c.Bill.Note
}
