package ledger

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// TestAListIsWholeOrAnError: whoever leaves in the middle gets no part of it for all.
func TestAListIsWholeOrAnError(t *testing.T) {
	h := past(t, 150)
	whole, err := h.Calls(bg, Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for pause := time.Duration(0); pause < 6*time.Millisecond; pause += 200 * time.Microsecond {
		for _, list := range []func(context.Context) (int, error){
			func(ctx context.Context) (int, error) {
				c, err := h.Calls(ctx, Filter{Limit: 1000})
				return len(c), err
			},
			func(ctx context.Context) (int, error) {
				p, err := h.Page(ctx, Filter{Limit: 1000}, Place{})
				return len(p.Calls), err
			},
		} {
			ctx, cancel := context.WithTimeout(bg, pause)
			if n, err := list(ctx); err == nil && n != len(whole) {
				t.Errorf("after %s the list has %d calls and no error, want %d", pause, n, len(whole))
			}
			cancel()
		}
	}
}

// TestSumsThatNoNumberHolds are errors.
func TestSumsThatNoNumberHolds(t *testing.T) {
	for _, tt := range []struct{ name, table string }{{"charges", "rollup"}, {"charges of hours", "rollup_hour"}} {
		h := breakable(t)
		h.mustExec("UPDATE " + tt.table + " SET charge_pico = 9000000000000000000")
		h.mustExec("INSERT INTO " + tt.table + " SELECT slot, 'key_' || key_id, channel_id, provider, model, simulated, calls, unpriced, estimated, cut, cost_pico, charge_pico, charge_tokens, charge_calls, compared_pico, without_cache_pico, input, cache_read, cache_write_5m, cache_write_1h, output FROM " + tt.table)
		span := Slot{noon, noon.Add(15 * time.Minute)}
		if tt.table == "rollup_hour" {
			span.To = noon.Add(time.Hour)
		}
		if _, err := h.Sums(bg, span, false); err == nil {
			t.Errorf("%s: no error", tt.name)
		}
		if _, _, err := h.Charged(bg, span, false); err == nil {
			t.Errorf("%s alone: no error", tt.name)
		}
		if _, err := h.usualBurn(bg, "", noon.Add(time.Hour)); err == nil && tt.table == "rollup" {
			t.Errorf("%s: what is usual is known", tt.name)
		}
	}
	h := breakable(t)
	h.mustExec(`UPDATE unsettled_hour SET calls = 9000000000000000000`)
	h.mustExec(`INSERT INTO unsettled_hour SELECT state, slot, key_id || 'x', channel_id, model, simulated, calls FROM unsettled_hour`)
	if _, err := h.Sums(bg, Slot{noon, noon.Add(time.Hour)}, false); err == nil {
		t.Error("counts of refused calls: no error")
	}
}

func TestTheMachinesZone(t *testing.T) {
	for tz, want := range map[string]string{"Europe/Berlin": "Europe/Berlin", ":Europe/Berlin": "Europe/Berlin", "": "UTC", "Nowhere/Else": "Local", "UTC": "UTC"} {
		t.Setenv("TZ", tz)
		if got := machineZone(); got != want {
			t.Errorf("with TZ=%s the zone is %q, want %q", tz, got, want)
		}
	}
	os.Unsetenv("TZ") // t.Setenv puts it back
	want := "Local"
	if path, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(filepath.ToSlash(path), "/zoneinfo/"); ok {
			want = known(name)
		}
	}
	if got := machineZone(); got != want {
		t.Errorf("without TZ the zone is %q, want %q", got, want)
	}
}

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

// TestOneOfEach: one flag, one attempt, one archived call are as good as many.
func TestOneOfEach(t *testing.T) {
	h := newHouse(t)
	open := h.call("key_a")
	open.Covered = true
	hold, err := h.Hold(bg, Start{Call: open, Hold: dollars("0.5")})
	if err != nil {
		t.Fatal(err)
	}
	o := detailed(settled(hold.call, dollars("0.25")))
	o.Call.Charge = billing.Money{} // a list price is no charge
	hold.End(o)
	c, err := h.Call(bg, hold.call.ID)
	if err != nil || len(c.Bill.Flags) != 1 || len(c.Attempts) != 1 || len(c.Bill.Lines) != 1 || c.Usage == nil || !c.Covered {
		t.Errorf("the call is %+v, %v", c, err)
	}
	if n := h.count("SELECT count(*) FROM upstream_day"); n != 0 {
		t.Errorf("what a subscription covers lies in %d days of its provider", n)
	}
	if a, err := h.Archived(bg); err != nil || !a.Last().IsZero() {
		t.Errorf("nothing is archived, and its last is of %s, %v", a.Last(), err)
	}
	taken, end, err := h.archive(bg, noon.Add(time.Second), 5)
	a, archivedErr := h.Archived(bg)
	if taken != 1 || end || err != nil || archivedErr != nil || a.Calls != 1 || !a.Last().Equal(noon) {
		t.Errorf("%d archived, at the end %t, %v; %+v of %s, %v", taken, end, err, a, a.Last(), archivedErr)
	}
	if taken, end, err := h.archive(bg, noon.Add(time.Second), 5); taken != 0 || !end || err != nil {
		t.Errorf("again: %d archived, at the end %t, %v", taken, end, err)
	}
	h.check()
}

func TestRetainingEndsWithItsContext(t *testing.T) {
	h := past(t, 150)
	if err := h.SetRetention(bg, Retention{Months: 1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	events := make(chan error, 1)
	go func() {
		_, err := h.RetainOnce(ctx)
		events <- err
	}()
	for {
		a, err := h.Archived(bg)
		if err != nil {
			t.Fatal(err)
		}
		if a.Calls > 0 {
			break
		}
	}
	cancel()
	if err := <-events; !errors.Is(err, context.Canceled) {
		if a, _ := h.Archived(bg); a.Calls < 119*4 { // unless it was at its end
			t.Errorf("whoever leaves is told %v", err)
		}
	}
	if h.Retaining() {
		t.Error("it still retains")
	}
}

func TestASpillThatIsNotThere(t *testing.T) {
	s := spill{dir: filepath.Join(t.TempDir(), "spill")}
	if names, err := s.names(); err != nil || len(names) != 0 {
		t.Errorf("without a folder %q are spilled, %v", names, err)
	}
	if _, err := s.read("call_1.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there reads as %v", err)
	}
	if err := os.WriteFile(s.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.names(); err == nil {
		t.Error("a file that is no folder has no names")
	}
	if err := s.write(settled(gateway.Call{ID: "call_1"}, dollars("1"))); err == nil {
		t.Error("a call was spilled into a file")
	}
}
