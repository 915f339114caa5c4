package ledger

import (
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// TestWhoIsWorthLookingAt: who spent enough, and was not looked at within the hour.
func TestWhoIsWorthLookingAt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		spent  int64
		looked time.Duration // ago
		want   string
	}{
		{"enough", 1e12, 2 * time.Hour, "key_a"}, {"not enough", 1e12 - 1, 2 * time.Hour, ""}, {"looked at just now", 2e12, time.Minute, ""},
		{"looked at an hour ago", 2e12, usualFor, "key_a"}, {"nothing", 0, 2 * time.Hour, ""},
	} {
		b := burns{alarm: UsualAlarm(), speeds: map[string]*speed{}, ringing: map[string]Burn{}}
		s := &speed{usualAt: noon.Add(-tt.looked)}
		s.add(minuteOf(noon), tt.spent)
		b.speeds["key_a"] = s
		if got := strings.Join(b.worth(minuteOf(noon), noon), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if _, kept := b.speeds["key_a"]; kept != (tt.spent > 0) {
			t.Errorf("%s: remembered %t", tt.name, kept)
		}
	}
	h := newHouse(t)
	h.rest()
	c := gateway.Call{KeyID: "key_a", State: gateway.Settled, Charge: billing.Pico(1)}
	h.burn(&c)
	if s := h.burns.speeds["key_a"]; s == nil || s.sum(minuteOf(noon)) != 1 {
		t.Error("the least charge was not counted")
	}
	for _, other := range []gateway.Call{{KeyID: "key_b", State: gateway.Settled}, {KeyID: "key_b", State: gateway.Released, Charge: billing.Pico(1)},
		{KeyID: "key_b", State: gateway.Settled, Charge: billing.Pico(1), Simulated: true}} {
		h.burn(&other)
	}
	if h.burns.speeds["key_b"] != nil {
		t.Error("what nobody was charged counts")
	}
}

func TestASpeedAddsUpTenMinutes(t *testing.T) {
	var s speed
	for minute := range int64(25) {
		s.add(1000+minute, 1)
		s.add(1000+minute, 2)
		if got, want := s.sum(1000+minute), 3*min(minute+1, burnMinutes); got != want {
			t.Errorf("after %d minutes: %d, want %d", minute+1, got, want)
		}
	}
	for after, want := range map[int64]int64{0: 30, 1: 27, 9: 3, 10: 0, 100: 0} {
		if got := s.sum(1024 + after); got != want {
			t.Errorf("%d minutes later: %d, want %d", after, got, want)
		}
	}
	if got := minuteOf(time.Unix(119, 0)); got != 1 {
		t.Errorf("the 119th second lies in minute %d, want 1", got)
	}
}

// TestWhatIsUsual is the median of the active quarter hours, once there are three.
func TestWhatIsUsual(t *testing.T) {
	h := newHouse(t)
	spend := func(at time.Time, usd string) {
		h.turn(at)
		hold := h.mustHold("key_a", dollars(usd))
		hold.End(settled(hold.call, dollars(usd)))
	}
	now := noon.Add(10 * time.Hour)
	usual := func(id string) int64 {
		n, err := h.usualBurn(bg, id, now)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	spend(noon, "3")
	spend(noon.Add(15*time.Minute), "30")
	if got := usual("key_a"); got >= 0 {
		t.Errorf("of two quarter hours %d is usual", got)
	}
	spend(noon.Add(30*time.Minute), "6")
	for _, id := range []string{"key_a", ""} {
		if got := usual(id); got != 4e12 { // ten of the fifteen minutes that cost $6
			t.Errorf("usual for %q is %d, want 4e12", id, got)
		}
	}
	if got := usual("key_b"); got >= 0 {
		t.Errorf("of a key without calls %d is usual", got)
	}
	spend(now.Add(-5*time.Minute), "1000") // what may ring is left out
	if got := usual(""); got != 4e12 {
		t.Errorf("beside what happens now, usual is %d, want 4e12", got)
	}
}

func TestHowManyTimesTheUsual(t *testing.T) {
	for _, tt := range []struct{ spent, usual, want int64 }{{10, 1, 100}, {25, 10, 25}, {1, 3, 3}, {10, 0, 0}, {10, -1, 0}} {
		if got := (Burn{Spent: billing.Pico(tt.spent), Usual: billing.Pico(tt.usual)}).Times(); got != tt.want {
			t.Errorf("%d of %d is %d tenths, want %d", tt.spent, tt.usual, got, tt.want)
		}
	}
}

// TestWhatRings shows what is spent now, and rings for those of whom nothing is usual but nothing.
func TestWhatRings(t *testing.T) {
	h := newHouse(t)
	b := &h.burns
	minute := minuteOf(h.clock())
	for id, usual := range map[string]int64{"key_zero": 0, "key_unknown": -1, "key_much": 1e12} {
		s := &speed{usual: usual, usualAt: noon}
		s.add(minute, 2e12)
		b.speeds[id] = s
	}
	rang, changed, _ := b.judge(noon)
	if len(rang) != 1 || rang[0].KeyID != "key_zero" || !changed {
		t.Fatalf("%+v rang, changed %t", rang, changed)
	}
	if again, changed, _ := b.judge(noon); len(again) != 0 || changed {
		t.Errorf("%+v rang again, changed %t", again, changed)
	}
	b.speeds["key_zero"].add(minute, 1e12)
	if all := h.Burning(); len(all) != 1 || all[0].Spent.Pico() != 3e12 {
		t.Errorf("what rings is %+v, want $3 of it", all)
	}
	if _, changed, _ := b.judge(noon.Add(BurnSpan)); !changed || len(h.burns.ringing) != 0 {
		t.Error("it rings after nothing was spent for a while")
	}
}
