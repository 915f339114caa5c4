package ledger

import (
	"testing"
	"time"
)

// TestAResetStandsWhenCallsBeforeItArePricedAgain: a window that began anew has nothing of the calls before, neither their
// old price nor their new one; it would leave more than its limit, or less than what was promised.
func TestAResetStandsWhenCallsBeforeItArePricedAgain(t *testing.T) {
	dear := map[string]int{"a": 2000, "free": 1000}
	for _, tt := range []struct {
		name      string
		limit     string
		model     string
		was, now  map[string]int
		resets    string // before the repricing, or after it
		late      bool   // the limit is set after the calls
		want      int64  // spent in thousandths of a dollar, with one call of 1 $ at the new price after the reset
		wantUndos int64
	}{
		{"cheaper", "5usd/day", "a", dear, map[string]int{"a": 1000}, "before", false, 1000, 2000},
		{"dearer", "50usd/day", "a", map[string]int{"a": 1000}, dear, "before", false, 2000, 1000},
		{"in a window without an end", "50usd/total", "a", map[string]int{"a": 1000}, dear, "before", false, 2000, 1000},
		{"a limit that was set later", "50usd/day", "a", map[string]int{"a": 1000}, dear, "before", true, 2000, 1000},
		{"a price where there was none", "5usd/day", "free", map[string]int{}, dear, "before", false, 1000, 0},
		{"reset between the repricing and its undoing", "5usd/day", "a", dear, map[string]int{"a": 1000}, "after", false, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			if !tt.late {
				h.limit("key_a", tt.limit)
			}
			was, now := bookAt(t, tt.was), bookAt(t, tt.now)
			h.priced("key_a", tt.model, 1000, was)
			if tt.late {
				h.turn(noon.Add(time.Minute))
				h.limit("key_a", tt.limit)
			}
			reset := func() {
				h.turn(noon.Add(2 * time.Minute))
				if _, err := h.Reset(bg, h.uses("key_a", false)[0].ID, "anew", false); err != nil {
					t.Fatal(err)
				}
			}
			if tt.resets == "before" {
				reset()
				h.turn(noon.Add(3 * time.Minute))
				h.priced("key_a", tt.model, 1000, was)
			}
			_, r := h.reprice(Selection{Book: now})
			if tt.resets == "after" {
				reset()
			}
			h.check()
			if use := h.uses("key_a", false)[0]; use.Spent != tt.want*1e9 {
				t.Errorf("priced again, the window has spent %d, want %d", use.Spent, tt.want*int64(1e9))
			}
			h.undo(r.ID)
			h.check()
			if use := h.uses("key_a", false)[0]; use.Spent != tt.wantUndos*1e9 {
				t.Errorf("taken back, it has spent %d, want %d", use.Spent, tt.wantUndos*int64(1e9))
			}
		})
	}
}
