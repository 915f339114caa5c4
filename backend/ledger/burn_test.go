package ledger

import (
	"testing"
	"time"

	"weir/billing"
)

// usually has a key spend so much in each of some quarter hours of the days before noon.
func (h *house) usually(key string, slots int, usd string) {
	h.t.Helper()
	h.rest()
	for i := range slots {
		h.turn(noon.Add(-time.Duration(i%13+1)*24*time.Hour - time.Duration(i/13)*slot))
		c := h.call(key)
		hold, err := h.Hold(bg, Start{Call: c})
		if err != nil {
			h.t.Fatal(err)
		}
		hold.End(settled(c, dollars(usd)))
	}
	h.turn(noon)
	h.burns.speeds = map[string]*speed{} // the clock never goes back, but a start forgets
}

// look has the alarm judge once.
func (h *house) look() []Burn {
	h.t.Helper()
	h.rest()
	if err := h.watchBurns(bg); err != nil {
		h.t.Fatal(err)
	}
	return h.Burning()
}

func TestBurn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		slots int    // in which something was spent
		usual string // in each of them
		alarm Alarm
		spend []string // one a minute
		rings bool
	}{
		{"five times what is usual", 20, "1.5", UsualAlarm(), []string{"2", "3"}, true},
		{"less is not worth a word", 20, "1.5", UsualAlarm(), []string{"2", "2.9"}, false},
		{"nor are pennies, however many times", 20, "0.0015", UsualAlarm(), []string{"0.99"}, false},
		{"a dollar is", 20, "0.0015", UsualAlarm(), []string{"0.99", "0.01"}, true},
		{"without habits nothing is unusual", 2, "0.0015", UsualAlarm(), []string{"100"}, false},
		{"ten minutes are added up", 20, "1.5", UsualAlarm(), []string{"1", "1", "1", "1", "1"}, true},
		{"and no more", 20, "1.5", UsualAlarm(), []string{"4", "0", "0", "0", "0", "0", "0", "0", "0", "0", "1"}, false},
		{"another number of times", 20, "1.5", Alarm{On: true, Times: 2, Least: billing.Pico(1)}, []string{"2"}, true},
		{"another least", 20, "1.5", Alarm{On: true, Times: 5, Least: billing.Pico(50e12)}, []string{"49"}, false},
		{"one that is off never rings", 20, "1.5", Alarm{Times: 5}, []string{"100"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouseBefore(t)
			h.usually("key_a", tt.slots, tt.usual)
			h.SetAlarm(tt.alarm)
			var heard []Burn
			h.HearBurns(func(b Burn) { heard = append(heard, b) })
			for i, usd := range tt.spend {
				h.turn(noon.Add(time.Duration(i) * time.Minute))
				h.spend("key_a", dollars(usd))
			}
			burning := h.look()
			if rings := len(burning) == 2 && len(heard) == 2 && burning[0].KeyID == "" && burning[1].KeyID == "key_a"; rings != tt.rings || !rings && len(burning) > 0 {
				t.Errorf("it rings for %+v and told of %+v", burning, heard)
			}
			if h.look(); len(heard) > 2 {
				t.Errorf("it told twice: %+v", heard)
			}
		})
	}
}

// newHouseBefore opens a ledger two weeks before noon.
func newHouseBefore(t *testing.T) *house {
	h := newHouse(t)
	h.last.Store(0)
	return h
}

func TestABurnSaysByHowMuchAndEnds(t *testing.T) {
	h := newHouseBefore(t)
	h.usually("key_a", 20, "1.5")
	h.usually("key_b", 20, "1.5")
	h.spend("key_a", dollars("6.1"))
	burning := h.look()
	if len(burning) == 0 {
		t.Fatal("it does not ring")
	}
	b := burning[len(burning)-1]
	if b.KeyID != "key_a" || b.Spent.String() != "6.1" || b.Usual.String() != "1" || b.Times() != 61 || !b.At.Equal(noon) {
		t.Errorf("it rings for %+v, %d tenths", b, b.Times())
	}
	events, cancel := h.Subscribe()
	defer cancel()
	h.turn(noon.Add(9 * time.Minute))
	if len(h.look()) == 0 {
		t.Error("it fell silent while what was spent is not ten minutes ago")
	}
	h.turn(noon.Add(11 * time.Minute))
	if burning := h.look(); len(burning) != 0 {
		t.Errorf("it still rings for %+v", burning)
	}
	if e := <-events; e.Kind != BurnChanged {
		t.Errorf("the feed heard of %s", e.Kind)
	}
	h.look()
	if n := len(h.burns.speeds); n != 0 {
		t.Errorf("%d speeds are kept of those who spend nothing", n)
	}
	c := h.call("key_a")
	c.Simulated = true
	hold, err := h.Hold(bg, Start{Call: c})
	if err != nil {
		t.Fatal(err)
	}
	hold.End(settled(c, dollars("900")))
	if burning := h.look(); len(burning) != 0 {
		t.Errorf("it rings for simulated money: %+v", burning)
	}
}
