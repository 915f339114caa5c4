package ledger

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
)

func TestASpillIsReadByItsOwnerAlone(t *testing.T) {
	s := spill{dir: filepath.Join(t.TempDir(), "spill")}
	o := settled(gateway.Call{ID: "call_1", Usage: json.RawMessage(`{"a":1}`)}, dollars("0.5"))
	if err := s.write(o); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{s.dir: 0o700, filepath.Join(s.dir, "call_1.json"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
	back, err := s.read("call_1.json")
	if err != nil || string(back.Call.Usage) != `{"a":1}` || back.Spent != o.Spent || back.Call.ID != "call_1" {
		t.Errorf("it came back as %+v, %v", back, err)
	}
	o.Call.ID, o.Call.Usage = "call_2", nil
	if err := s.write(o); err != nil {
		t.Fatal(err)
	}
	if back, err := s.read("call_2.json"); err != nil || back.Call.Usage != nil {
		t.Errorf("a call without usage came back with %s, %v", back.Call.Usage, err)
	}
	if names, err := s.names(); err != nil || len(names) != 2 {
		t.Errorf("%q are spilled, %v", names, err)
	}
	for _, id := range []string{"../x", "", "a/b", "a.b", strings.Repeat("x", 101)} {
		o.Call.ID = id
		if err := s.write(o); err == nil {
			t.Errorf("a call named %q was spilled", id)
		}
	}
}

func TestACheckNamesWhatIsBroken(t *testing.T) {
	for _, tt := range []struct{ name, breaks, rule string }{
		{"a charge that is not in the entries", `UPDATE call SET charge_pico = charge_pico + 1`, "a settled call"},
		{"an hour that lacks a call", `UPDATE rollup_hour SET calls = 0`, "an hour is the sum of its quarters"},
		{"a quarter that lacks a token", `UPDATE rollup SET output = output + 1`, "the rollup is the sum of the settled calls"},
		{"a key's total", `UPDATE key_total SET charge_pico = charge_pico + 1`, "a key's total is the sum of its rollup"},
		{"a window that spent more", `UPDATE limit_window SET spent = spent + 1`, "a window has spent the sum of its entries"},
		{"a window that holds something", `UPDATE limit_window SET held = held + 1`, "a window holds what its open calls hold"},
		{"a refused call that was not counted", `DELETE FROM unsettled_hour`, "an hour counts the calls that were released and refused"},
		{"a call that never ended", `UPDATE call SET ended_at = NULL`, "a call has ended when"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.limit("key_a", "5usd/day")
			hold := h.mustHold("key_a", dollars("1"))
			hold.End(settled(hold.call, dollars("0.5")))
			if err := h.Refuse(bg, h.call("key_a")); err != nil {
				t.Fatal(err)
			}
			h.check()
			h.mustExec(tt.breaks)
			if err := h.Check(bg); err == nil || !strings.Contains(err.Error(), tt.rule) {
				t.Errorf("Check = %v, want it to name %q", err, tt.rule)
			}
		})
	}
	h := newHouse(t)
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if err := h.Check(ctx); err == nil {
		t.Error("a check that could not be made found nothing wrong")
	}
}

// TestAWrongClockOfThePast: a ledger that holds times of the far future does not live in it.
func TestAWrongClockOfThePast(t *testing.T) {
	for _, tt := range []struct {
		ahead time.Duration
		want  time.Duration // how far the ledger's time is ahead of the clock
	}{
		{0, 0}, {time.Hour, time.Hour}, {farAhead - time.Millisecond, farAhead - time.Millisecond}, {farAhead, 0}, {1000 * time.Hour, 0},
	} {
		h := &house{t: t, home: t.TempDir(), zone: "UTC", now: noon}
		h.start()
		c := h.call("key_a")
		c.StartedAt = noon.Add(tt.ahead)
		if err := h.Refuse(bg, c); err != nil {
			t.Fatal(err)
		}
		h.stop()
		h.start()
		if got := h.Now().Sub(noon); got != tt.want {
			t.Errorf("with a call %s ahead the ledger is %s ahead, want %s", tt.ahead, got, tt.want)
		}
		h.stop()
	}
}

func TestALedgerNeedsALogAndAZoneOfItsOwnOnlyWhereItIsGivenNone(t *testing.T) {
	home := t.TempDir()
	st, err := store.Open(bg, home)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if l, err := Open(bg, st, Options{Home: home, Zone: "Nowhere/Else"}); err == nil {
		l.Close()
		t.Error("a ledger opened in a zone that there is none of")
	}
	before := time.Now().Add(-time.Second)
	l, err := Open(bg, st, Options{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if now := l.Now(); now.Before(before) || now.After(time.Now().Add(time.Second)) || l.Zone() == "" {
		t.Errorf("its time is %s in %q", now, l.Zone())
	}
}

func TestCountsAreRememberedAsFarAsTheyAreFinal(t *testing.T) {
	h := newHouse(t)
	over := billing.Pico(1)
	f := Filter{Over: &over}
	tally := func() Tally {
		p, err := h.Page(bg, f, Place{})
		if err != nil {
			t.Fatal(err)
		}
		return *p.Tally
	}
	end := func() {
		hold := h.mustHold("key_a", dollars("1"))
		hold.End(settled(hold.call, dollars("0.5")))
	}
	end()
	open := h.mustHold("key_a", dollars("1"))
	end()
	if got := tally(); got.Calls != 2 || got.Charged.String() != "1" {
		t.Errorf("beside an open call: %+v", got)
	}
	known := h.counts.of(countKey{filter: Filter{}, over: 1})
	if known.calls != 1 || known.upTo != open.seq {
		t.Errorf("remembered is %+v, want the one call before the open one", known)
	}
	open.End(settled(open.call, dollars("0.5")))
	end()
	if got := tally(); got.Calls != 4 || got.Charged.String() != "2" {
		t.Errorf("later: %+v", got)
	}
	if known := h.counts.of(countKey{filter: Filter{}, over: 1}); known.calls != 4 {
		t.Errorf("remembered is %+v, want all four", known)
	}
	h.counts.keep(countKey{over: 1}, counted{upTo: 1})
	if known := h.counts.of(countKey{over: 1}); known.calls != 4 {
		t.Errorf("a count that came less far took the place of another: %+v", known)
	}
	for n := range int64(mostCounts) {
		h.counts.keep(countKey{over: 100 + n}, counted{upTo: 1})
	}
	if n := len(h.counts.known); n > mostCounts {
		t.Errorf("%d counts are remembered", n)
	}
}
