package ledger

import (
	"slices"
	"testing"
	"time"
)

// spentOf is what the running windows of a key's or the account's limits have spent.
func (h *house) spentOf(keyID string) (all []int64) {
	for _, u := range h.uses(keyID, false) {
		all = append(all, u.Spent)
	}
	return all
}

func TestWindowsAreCorrected(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4})
	t.Run("of a window that runs", func(t *testing.T) {
		h := newHouse(t)
		h.limit("key_a", "5usd/day", "9usd/total", "100calls/day")
		h.limit("", "50usd/month")
		h.priced("key_a", "a", 1000, was)
		h.reprice(Selection{Book: now})
		h.check()
		if got, of := h.spentOf("key_a"), h.spentOf(""); !slices.Equal(got, []int64{4e9, 4e9, 1}) || !slices.Equal(of, []int64{4e9}) {
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
		if got := h.spentOf("key_a"); !slices.Equal(got, []int64{4e7}) {
			t.Errorf("the running window has spent %v", got)
		}
		if n := h.count("SELECT spent FROM limit_window ORDER BY start LIMIT 1"); n != 4e9 {
			t.Errorf("the old window has spent %d", n)
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

func TestWindowsOfLaterLimitsAreCorrected(t *testing.T) {
	was, now := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4})
	t.Run("of a limit that was set later and began with what the call had cost", func(t *testing.T) {
		h := newHouse(t)
		h.priced("key_a", "a", 1000, was)
		h.priced("key_a", "free", 1000, was)
		h.turn(noon.Add(time.Minute))
		h.limit("key_a", "5usd/day")
		_, r := h.reprice(Selection{Book: bookAt(t, map[string]int{"a": 4, "free": 1})})
		h.check()
		if got := h.spentOf("key_a"); !slices.Equal(got, []int64{5e9}) {
			t.Errorf("the window has spent %v, want what the calls cost now", got)
		}
		h.undo(r.ID)
		h.check()
		if got := h.spentOf("key_a"); !slices.Equal(got, []int64{3e9}) {
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
		if got := h.spentOf("key_a"); !slices.Equal(got, []int64{0}) {
			t.Errorf("the window has spent %v", got)
		}
	})
}
