package ledger

import (
	"testing"

	"weir/backend/gateway"
)

// TestWhatStoppedMidwayComesFirst: a repricing that failed while this program runs is not overtaken by a later one, over
// whose bills its own would be laid at the next start.
func TestWhatStoppedMidwayComesFirst(t *testing.T) {
	was, now, newest := bookAt(t, map[string]int{"a": 3}), bookAt(t, map[string]int{"a": 4}), bookAt(t, map[string]int{"a": 5})
	for name, booked := range map[string]int{"while it was planned": -1, "after some calls": 7} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for range 20 {
				h.priced("key_a", "a", 1000, was)
			}
			r := h.half(Selection{Book: now}, booked)
			if _, _, err := h.Reprice(bg, Selection{Book: newest}, "", Act{}); kindOf(err) != gateway.Conflict {
				t.Errorf("Reprice = %v, want a conflict until the other one has ended", err)
			}
			h.workers.Wait()
			h.check()
			if got, err := h.Repricing(bg, r.ID); booked >= 0 && (err != nil || got.State != RepricingDone) || booked < 0 && kindOf(err) != gateway.NotFound {
				t.Errorf("the one that stopped = %+v, %v", got, err)
			}
			h.reprice(Selection{Book: newest})
			h.stop()
			h.start()
			h.workers.Wait()
			h.check()
			if cost := h.cost("call_000001"); cost != "0.005" {
				t.Errorf("after the next start a call costs %s, want the newest price", cost)
			}
		})
	}
}
