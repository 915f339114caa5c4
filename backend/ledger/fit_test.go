package ledger

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"weir/backend/gateway"
)

// TestFit: a call that chooses what it holds is told what the tightest hard limit of each unit leaves.
func TestFit(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits map[string][]string
		want   gateway.Amounts
	}{
		{"no limit leaves all", nil, gateway.Amounts{Pico: math.MaxInt64, Tokens: math.MaxInt64, Calls: math.MaxInt64}},
		{"the tightest counts", map[string][]string{"key_a": {"5usd/day", "100tokens/total"}, "grp_x": {"3usd/month"}, "": {"4usd/total", "9calls/day"}},
			gateway.Amounts{Pico: 3e12, Tokens: 100, Calls: 9}},
		{"one that only warns leaves all", map[string][]string{"key_a": {"5usd/day:warn"}}, gateway.Amounts{Pico: math.MaxInt64, Tokens: math.MaxInt64, Calls: math.MaxInt64}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			for id, texts := range tt.limits {
				h.limit(id, texts...)
			}
			var told gateway.Amounts
			hold, err := h.Hold(bg, Start{Call: h.call("key_a"), Payer: Payer{GroupID: "grp_x"}, Hold: dollars("900"), Fit: func(left gateway.Amounts) gateway.Amounts {
				told = left
				return gateway.Amounts{Pico: 7, Tokens: 7, Calls: 1}
			}})
			if err != nil || told != tt.want {
				t.Fatalf("it was told %+v, %v, want %+v", told, err, tt.want)
			}
			h.check()
			for id := range tt.limits {
				for _, use := range h.uses(id, false) {
					if want := (gateway.Amounts{Pico: 7, Tokens: 7, Calls: 1}).In(use.Unit); use.Held != want {
						t.Errorf("%s holds %d, want %d", limitText(use.Limit), use.Held, want)
					}
				}
			}
			hold.End(settled(hold.call, gateway.Amounts{Calls: 1}))
			h.check()
		})
	}
}

// TestACrowdAtEveryLimit: of many at once as many pass as a limit of any unit, of a key, a group or the account, bears;
// also where the calls choose what they hold.
func TestACrowdAtEveryLimit(t *testing.T) {
	const crowd, passes = 120, 30
	one := gateway.Amounts{Pico: 1e10, Tokens: 100, Calls: 1}
	for _, unit := range []gateway.Unit{gateway.USD, gateway.Tokens, gateway.Calls} {
		for _, id := range []string{"key_0", "grp_x", ""} {
			for _, fits := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s of %q, fitted %v", unit, id, fits), func(t *testing.T) {
					h := newHouse(t)
					h.limit(id, unit.Text(passes*one.In(unit))+string(unit)+"/total")
					var passed atomic.Int64
					var all sync.WaitGroup
					holds := make(chan *Hold, crowd)
					for i := range crowd {
						key := "key_0"
						if id != key {
							key = fmt.Sprint("key_", i%4)
						}
						s := Start{Call: h.call(key), Payer: Payer{GroupID: "grp_x"}, Hold: one}
						if fits {
							s.Hold, s.Fit = dollars("100"), func(gateway.Amounts) gateway.Amounts { return one }
						}
						all.Go(func() {
							if hold, err := h.Hold(bg, s); err == nil {
								passed.Add(1)
								holds <- hold
							}
						})
					}
					all.Wait()
					close(holds)
					if use := h.uses(id, false)[0]; passed.Load() != passes || use.Left() != 0 {
						t.Errorf("%d passed, and %d is left, want %d and 0", passed.Load(), use.Left(), passes)
					}
					h.check()
					for hold := range holds {
						hold.End(settled(hold.call, one))
					}
					if use := h.uses(id, false)[0]; use.Held != 0 || use.Spent != use.Amount {
						t.Errorf("after the end %+v", use)
					}
					h.check()
				})
			}
		}
	}
}
