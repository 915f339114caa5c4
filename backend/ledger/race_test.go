package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"weir/backend/gateway"
)

func TestALimitHoldsHoweverManyAskAtOnce(t *testing.T) {
	const asking, bears = 500, 50
	for _, tt := range []struct {
		name   string
		limits []string
		shared []string
	}{
		{"50 calls", []string{"50calls/day"}, nil},
		{"the dollars of exactly 50 holds", []string{"0.5usd/day"}, nil},
		{"the tokens of 50 holds, for the account", nil, []string{"5000tokens/total"}},
		{"several, of which one is the tightest", []string{"400calls/day", "1usd/week"}, []string{"50calls/month", "9usd/day"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", tt.limits...)
			h.limit("", tt.shared...)
			cost := dollars("0.01")
			holds := make(chan *Hold, asking)
			var refused atomic.Int64
			var wg sync.WaitGroup
			for range asking {
				wg.Go(func() {
					hold, err := h.hold("key_a", cost)
					var e *gateway.Error
					switch {
					case err == nil:
						holds <- hold
					case errors.As(err, &e) && e.Kind == gateway.QuotaExceeded:
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			close(holds)
			if len(holds) != bears || refused.Load() != asking-bears {
				t.Errorf("%d granted and %d refused, want %d and %d", len(holds), refused.Load(), bears, asking-bears)
			}
			h.check()
			for hold := range holds {
				wg.Go(func() { hold.End(settled(hold.call, cost)) })
			}
			wg.Wait()
			h.check()
			for _, use := range append(h.uses("key_a", false), h.uses("", false)...) {
				if use.Held != 0 || use.Spent != bears*cost.In(use.Unit) {
					t.Errorf("limit at the end = %+v, want %d holds spent", use, bears)
				}
			}
		})
	}
}

// Many callers hold, extend and end at random, never spending more than they held:
// then no hard limit is ever passed, and the sums are those of what was granted.
func TestConcurrentCallsAddUp(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	h := newHouse(t)
	h.limit("key_0", "0.9usd/day", "200calls/total")
	h.limit("key_1", "7000tokens/week")
	h.limit("", "3usd/month", "300calls/day")
	var mu sync.Mutex
	spent := map[string]gateway.Amounts{} // by key, and in all under "", simulated ones apart
	book := func(key string, simulated bool, a gateway.Amounts) {
		mu.Lock()
		defer mu.Unlock()
		for _, k := range []string{key, ""} {
			k = fmt.Sprint(k, simulated)
			spent[k] = spent[k].Add(a)
		}
	}
	var wg sync.WaitGroup
	for w := range 32 {
		rnd := rand.New(rand.NewPCG(seed, uint64(w)))
		wg.Go(func() {
			for range 40 {
				randomCall(t, h, rnd, book)
			}
		})
	}
	for range 20 {
		h.check()
		wantWithin(t, h)
	}
	wg.Wait()
	h.check()
	wantWithin(t, h)
	for _, simulated := range []bool{false, true} {
		for _, key := range []string{"key_0", "key_1", ""} {
			for _, use := range h.uses(key, simulated) {
				if want := spent[fmt.Sprint(key, simulated)].In(use.Unit); use.Spent != want || use.Held != 0 {
					t.Errorf("%q simulated %v: %+v, want %d spent and nothing held", key, simulated, use, want)
				}
			}
		}
	}
}

func randomCall(t *testing.T, h *house, rnd *rand.Rand, book func(string, bool, gateway.Amounts)) {
	random := func() gateway.Amounts {
		return gateway.Amounts{Pico: rnd.Int64N(2e10), Tokens: rnd.Int64N(200), Calls: 1}
	}
	c := h.call(fmt.Sprint("key_", rnd.IntN(3)))
	c.Simulated = rnd.IntN(3) == 0
	held := random()
	hold, err := h.Hold(bg, Start{Call: c, Hold: held})
	var e *gateway.Error
	if err != nil {
		if !errors.As(err, &e) || e.Kind != gateway.QuotaExceeded {
			t.Error(err)
		}
		return
	}
	for rnd.IntN(3) == 0 {
		hold.Update(Progress{OutputTokens: rnd.Int64N(1000)})
		more := random()
		more.Calls = 0
		if err := hold.Extend(bg, more); err == nil {
			held = held.Add(more)
		} else if !errors.As(err, &e) || e.Kind != gateway.QuotaExceeded {
			t.Error(err)
		}
	}
	real := gateway.Amounts{Pico: rnd.Int64N(held.Pico + 1), Tokens: rnd.Int64N(held.Tokens + 1), Calls: 1}
	o := settled(hold.call, real)
	if rnd.IntN(5) == 0 {
		o.Call.State = gateway.Released
	} else {
		book(c.KeyID, c.Simulated, real)
	}
	if !hold.End(o) {
		t.Error("End was not durable")
	}
}

func wantWithin(t *testing.T, h *house) {
	t.Helper()
	for _, key := range []string{"key_0", "key_1", ""} {
		for _, simulated := range []bool{false, true} {
			for _, use := range h.uses(key, simulated) {
				if use.Spent+use.Held > use.Amount {
					t.Errorf("%q: %+v is passed", key, use)
				}
			}
		}
	}
}
