package ledger

import (
	"testing"
	"time"

	"weir/backend/gateway"
)

// TestAGroupsWindowFollowsTheCallsThatItBeganWith: a group's limit began with the calls of the keys that were in the group
// then. When calls are priced again it follows these, wherever their key is now, and no others.
func TestAGroupsWindowFollowsTheCallsThatItBeganWith(t *testing.T) {
	dear, cheap := map[string]int{"a": 2000}, map[string]int{"a": 1000}
	for _, tt := range []struct {
		name         string
		before, then string // the group that the key is in when the limit is set, and when calls are priced again
		was, now     map[string]int
		want         [2]int64 // spent in dollars: at first, and priced again
	}{
		{"a key that stayed, cheaper", "grp_a", "grp_a", dear, cheap, [2]int64{2, 1}},
		{"a key that stayed, dearer", "grp_a", "grp_a", cheap, dear, [2]int64{1, 2}},
		{"a key that came later, cheaper", "", "grp_a", dear, cheap, [2]int64{0, 0}},
		{"a key that came later, dearer", "grp_b", "grp_a", cheap, dear, [2]int64{0, 0}},
		{"a key that left, cheaper", "grp_a", "", dear, cheap, [2]int64{2, 1}},
		{"a key that went to another group, dearer", "grp_a", "grp_b", cheap, dear, [2]int64{1, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.join("key_a", tt.before)
			was := bookAt(t, tt.was)
			h.priced("key_a", "a", 1000, was)
			h.turn(noon.Add(time.Minute))
			h.limit("grp_a", "50usd/day")
			h.join("key_a", tt.then)
			spent := func() int64 {
				uses, err := h.Uses(bg, gateway.ScopeGroup, "grp_a", false)
				if err != nil {
					t.Fatal(err)
				}
				return uses[0].Spent
			}
			if got := spent(); got != tt.want[0]*1e12 {
				t.Errorf("the limit begins with %d, want %d dollars", got, tt.want[0])
			}
			_, r := h.reprice(Selection{Book: bookAt(t, tt.now)})
			h.check()
			if got := spent(); got != tt.want[1]*1e12 {
				t.Errorf("priced again, it has spent %d, want %d dollars", got, tt.want[1])
			}
			h.undo(r.ID)
			h.check()
			if got := spent(); got != tt.want[0]*1e12 {
				t.Errorf("taken back, it has spent %d, want %d dollars", got, tt.want[0])
			}
		})
	}
}
