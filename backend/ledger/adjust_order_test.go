package ledger

import (
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

// TestWhatIsBeforeAResetIsKnownByTheOrderInWhichItWasWritten: a millisecond holds many calls, and one that ended earlier may
// be written later.
func TestWhatIsBeforeAResetIsKnownByTheOrderInWhichItWasWritten(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 1000}), bookAt(t, map[string]int{"a": 3000})
	reset := func(h *house) {
		h.t.Helper()
		if _, err := h.Reset(bg, h.uses("key_a", false)[0].ID, "anew", false); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		do   func(h *house)
		want int64 // dollars that the window has spent once the call has its new price: 1 $ before, 3 $ then
		undo int64
	}{
		{"charged before it, in its millisecond", func(h *house) {
			h.priced("key_a", "a", 1000, was)
			reset(h)
		}, 0, 0},
		{"charged after it, in its millisecond", func(h *house) {
			reset(h)
			h.priced("key_a", "a", 1000, was)
		}, 3, 1},
		{"charged after it, held before it", func(h *house) {
			hold := h.mustHold("key_a", dollars("1"))
			reset(h)
			h.endPriced(hold, "a", 1000, was)
		}, 3, 1},
		{"charged before one of two, after the other", func(h *house) {
			reset(h)
			h.priced("key_a", "a", 1000, was)
			reset(h)
		}, 0, 0},
		{"ended before it, written after it", func(h *house) {
			hold := h.mustHold("key_a", dollars("1"))
			s, err := h.settle(pricedOutcome(hold.call, "a", 1000, was), hold)
			if err != nil {
				h.t.Fatal(err)
			}
			h.turn(noon.Add(time.Second))
			reset(h)
			if err := h.st.Do(bg, s.apply); err != nil {
				h.t.Fatal(err)
			}
		}, 3, 1},
		{"charged after it, by a clock that was set back while Weir was off", func(h *house) {
			h.turn(noon.Add(time.Hour))
			reset(h)
			h.stop()
			h.turn(noon.Add(time.Minute))
			h.start()
			h.priced("key_a", "a", 1000, was)
		}, 3, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", "50usd/day")
			tt.do(h)
			h.check()
			_, r := h.reprice(Selection{Book: now})
			h.check()
			if use := h.uses("key_a", false)[0]; use.Spent != tt.want*1e12 {
				t.Errorf("priced again, the window has spent %d, want %d", use.Spent, tt.want*int64(1e12))
			}
			h.undo(r.ID)
			h.check()
			if use := h.uses("key_a", false)[0]; use.Spent != tt.undo*1e12 {
				t.Errorf("taken back, it has spent %d, want %d", use.Spent, tt.undo*int64(1e12))
			}
		})
	}
}

// TestWhatALimitBeganWithIsKnownByTheOrderInWhichItWasWritten: it has the calls that were charged before it was set, and
// of one that ended later, in the same millisecond or not, it never heard.
func TestWhatALimitBeganWithIsKnownByTheOrderInWhichItWasWritten(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 1000}), bookAt(t, map[string]int{"a": 3000})
	h := newHouse(t)
	h.priced("key_a", "a", 1000, was)
	hold := h.mustHold("key_a", gateway.Amounts{})
	early := h.mustHold("key_a", gateway.Amounts{})
	s, err := h.settle(pricedOutcome(early.call, "a", 1000, was), early)
	if err != nil {
		t.Fatal(err)
	}
	h.limit("key_a", "50usd/day")
	h.endPriced(hold, "a", 1000, was)
	if err := h.st.Do(bg, func(tx *store.Tx) error { return s.apply(tx) }); err != nil {
		t.Fatal(err)
	}
	h.check()
	_, r := h.reprice(Selection{Book: now})
	h.check()
	if use := h.uses("key_a", false)[0]; use.Spent != 3e12 {
		t.Errorf("priced again, the window has spent %d, want what one call costs now", use.Spent)
	}
	h.undo(r.ID)
	h.check()
	if use := h.uses("key_a", false)[0]; use.Spent != 1e12 {
		t.Errorf("taken back, it has spent %d, want what one call cost", use.Spent)
	}
}

// TestWhatIsChargedAfterAResetIsOneMillisecondLater, however many resets the clock's millisecond has.
func TestWhatIsChargedAfterAResetIsOneMillisecondLater(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "50usd/day")
	h.spend("key_a", dollars("1"))
	before := h.count("SELECT at FROM entry ORDER BY id DESC LIMIT 1")
	for n := range 3 {
		if _, err := h.Reset(bg, h.firstLimit(), "anew", false); err != nil {
			t.Fatal(err)
		}
		h.spend("key_a", dollars("1"))
		if at := h.count("SELECT at FROM entry ORDER BY id DESC LIMIT 1"); at != before+n+1 {
			t.Errorf("after reset %d: %d ms later, want %d", n+1, at-before, n+1)
		}
	}
	h.check()
}
