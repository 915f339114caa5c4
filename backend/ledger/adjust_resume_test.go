package ledger

import (
	"encoding/json"
	"fmt"
	"testing"

	"weir/backend/gateway"
	"weir/backend/store"
)

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

// TestALongPlanIsDroppedBeforeItsRepricing, which its rows name.
func TestALongPlanIsDroppedBeforeItsRepricing(t *testing.T) {
	h := newHouse(t)
	r, err := h.noteRepricing(bg, Selection{Book: bookAt(t, map[string]int{"a": 1})}, Act{Reason: "x", Source: "page", Selection: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	h.mustExec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
		INSERT INTO repricing_call (repricing, call_seq, old_charge, new_charge, bill) SELECT (SELECT seq FROM repricing), i, 0, 0, '{}' FROM n`)
	h.mustExec(`CREATE TRIGGER early BEFORE DELETE ON repricing WHEN EXISTS (SELECT 1 FROM repricing_call WHERE repricing = OLD.seq)
		BEGIN SELECT RAISE(ABORT, 'its plan is still there'); END`)
	if err := h.drop(bg, r.seq); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT (SELECT count(*) FROM repricing) + (SELECT count(*) FROM repricing_call)"); n != 0 {
		t.Errorf("%d rows are left of it", n)
	}
}
