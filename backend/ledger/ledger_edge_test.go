package ledger

import (
	"bytes"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

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

// TestMoreWindowsThanAreKept: what is forgotten is read again.
func TestMoreWindowsThanAreKept(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "100usd/day")
	h.limit("", "100usd/day")
	start := h.uses("key_a", false)[0].Start
	for n := range 3 {
		hold := h.mustHold("key_a", dollars("1"))
		hold.End(settled(hold.call, dollars("0.5")))
		for i := range mostKept + 1 {
			h.kept[windowKey{limit: "gone", start: int64(i)}] = window{}
		}
		use := h.uses("key_a", false)[0]
		if want := int64(n+1) * 500_000_000_000; use.Spent != want || use.Held != 0 || !use.Start.Equal(start) {
			t.Errorf("after %d calls the window is %+v, want %d spent", n+1, use, want)
		}
		if len(h.kept) > 2*mostKept {
			t.Errorf("%d windows are remembered", len(h.kept))
		}
	}
	other := h.mustHold("key_b", dollars("1"))
	other.End(settled(other.call, dollars("0.5")))
	if len(h.kept) > mostKept {
		t.Errorf("%d windows are still remembered", len(h.kept))
	}
	h.check()
}

func TestAmountsAtTheirBounds(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct {
		a  gateway.Amounts
		ok bool
	}{
		{gateway.Amounts{}, true}, {gateway.Amounts{Pico: maxAmount, Tokens: maxAmount, Calls: maxAmount}, true},
		{gateway.Amounts{Pico: maxAmount + 1}, false}, {gateway.Amounts{Tokens: maxAmount + 1}, false}, {gateway.Amounts{Calls: maxAmount + 1}, false},
		{gateway.Amounts{Pico: -1}, false}, {gateway.Amounts{Tokens: -1}, false}, {gateway.Amounts{Calls: -1}, false}, {gateway.Amounts{Calls: math.MinInt64}, false},
	} {
		hold, err := h.hold("key_a", tt.a)
		if (err == nil) != tt.ok {
			t.Errorf("a hold of %+v: %v, want ok %t", tt.a, err, tt.ok)
		}
		if hold != nil {
			hold.End(settled(hold.call, gateway.Amounts{}))
		}
	}
	hold := h.mustHold("key_a", gateway.Amounts{})
	if err := hold.Extend(bg, gateway.Amounts{Pico: -1}); err == nil {
		t.Error("a hold was extended by less than nothing")
	}
	hold.End(settled(hold.call, gateway.Amounts{Pico: math.MaxInt64, Tokens: math.MaxInt64, Calls: -5}))
	q, err := h.Quota(bg, Payer{})
	if err != nil || q.Spent.Pico() != math.MaxInt64 {
		t.Errorf("spent = %s, %v", q.Spent, err)
	}
	h.check()
}

// TestAnEndedCallCannotBeExtended, and what it held is free.
func TestAnEndedCallCannotBeExtended(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	hold := h.mustHold("key_a", dollars("1"))
	hold.End(settled(hold.call, dollars("0.5")))
	err := hold.Extend(bg, dollars("1"))
	if e := asError(unwrapAll(err)); e == nil || e.Kind != gateway.Conflict {
		t.Errorf("Extend after the end = %v, want a conflict", err)
	}
	if use := h.uses("key_a", false)[0]; use.Held != 0 || use.Spent != 500_000_000_000 {
		t.Errorf("the window is %+v", use)
	}
	h.check()
}

// unwrapAll returns the innermost error.
func unwrapAll(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || inner.Unwrap() == nil {
			return err
		}
		err = inner.Unwrap()
	}
}

// TestTheEndTakesItsNamesFromTheStart: who ends a call cannot make it another one's.
func TestTheEndTakesItsNamesFromTheStart(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	o := settled(hold.call, dollars("0.5"))
	o.Call.ID, o.Call.KeyID, o.Call.KeyName, o.Call.StartedAt, o.Call.Simulated = "call_other", "key_b", "Somebody", noon.AddDate(1, 0, 0), true
	hold.End(o)
	c, err := h.Call(bg, hold.call.ID)
	if err != nil || c.KeyID != "key_a" || c.KeyName != "Codex" || !c.StartedAt.Equal(noon) || c.Simulated || c.State != gateway.Settled {
		t.Errorf("the call is %+v, %v", c, err)
	}
	if sum, err := h.ChargedTo(bg, gateway.ScopeKey, "key_a", Slot{noon.Add(-time.Hour), noon.Add(time.Hour)}, false); err != nil || sum.String() != "0.5" {
		t.Errorf("the key was charged %s, %v", sum, err)
	}
	h.check()
}

func TestACallThatEndsInNoStateIsSettled(t *testing.T) {
	var log bytes.Buffer
	h := newHouse(t)
	h.log = slog.New(slog.NewTextHandler(&log, nil))
	hold := h.mustHold("key_a", dollars("1"))
	o := settled(hold.call, dollars("0.5"))
	o.Call.State, o.Call.EndedAt = gateway.Open, time.Time{}
	hold.End(o)
	c, err := h.Call(bg, hold.call.ID)
	if err != nil || c.State != gateway.Settled || !c.EndedAt.Equal(noon) || !strings.Contains(log.String(), "no final state") {
		t.Errorf("the call is %s, ended %s, %v; log %s", c.State, c.EndedAt, err, log.String())
	}
	log.Reset()
	hold = h.mustHold("key_a", dollars("1"))
	o = settled(hold.call, dollars("0.5"))
	o.Call.State, o.Call.EndedAt = gateway.Released, noon.Add(time.Second)
	hold.End(o)
	c, err = h.Call(bg, hold.call.ID)
	if err != nil || c.State != gateway.Released || c.Charge.Pico() != 0 || !c.EndedAt.Equal(noon.Add(time.Second)) || log.Len() > 0 {
		t.Errorf("the released call is %s of %s, ended %s, %v; log %s", c.State, c.Charge, c.EndedAt, err, log.String())
	}
	h.check()
}

func TestAWrongClockIsLogged(t *testing.T) {
	log := &record{}
	h := &house{t: t, home: t.TempDir(), zone: "UTC", now: noon, out: log}
	h.start()
	c := h.call("key_a")
	c.StartedAt = noon.Add(1000 * time.Hour)
	if err := h.Refuse(bg, c); err != nil {
		t.Fatal(err)
	}
	h.stop()
	h.start()
	defer h.stop()
	if text := log.take(); !strings.Contains(text, "hours=1000") {
		t.Errorf("the log says %q", text)
	}
	l, err := Open(bg, h.st, Options{Home: t.TempDir(), Now: func() time.Time { return c.StartedAt }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if l.log == nil {
		t.Error("a ledger without a log of its own has none")
	}
}

// TestAChangeOfATotalHasNoStart, unlike one of a day.
func TestAChangeOfATotalHasNoStart(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "9calls/total", "9calls/day")
	limits, err := h.Limits(bg, gateway.ScopeKey, "key_a")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []time.Time{{}, h.uses("key_a", false)[1].Start} {
		if _, err := h.TopUp(bg, limits[i].ID, 5, "more work", false); err != nil {
			t.Fatal(err)
		}
		all, err := h.WindowChanges(bg, limits[i].ID)
		if err != nil || len(all) != 1 || !all[0].Start.Equal(want) || all[0].Amount != 5 {
			t.Errorf("changes of the limit are %+v, %v, want its start at %s", all, err, want)
		}
	}
}

// TestWindowsAreForgottenOnlyWhereTheyWouldBeTooMany, those of the commit counted.
func TestWindowsAreForgottenOnlyWhereTheyWouldBeTooMany(t *testing.T) {
	for _, tt := range []struct {
		name                string
		kept, written, want int
	}{
		{"one less", mostKept - 2, 1, mostKept - 1},
		{"just as many", mostKept - 1, 1, mostKept},
		{"one more", mostKept, 1, 1},
		{"many more", mostKept, 7, 7},
	} {
		g := gathering{kept: map[windowKey]window{}, windows: map[windowKey]*window{}}
		for i := range tt.kept {
			g.kept[windowKey{limit: "kept", start: int64(i)}] = window{}
		}
		for i := range tt.written {
			g.windows[windowKey{limit: "written", start: int64(i)}] = &window{}
		}
		if g.Committed(); len(g.kept) != tt.want {
			t.Errorf("%s: %d windows are remembered, want %d", tt.name, len(g.kept), tt.want)
		}
	}
}
