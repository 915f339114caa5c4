package ledger

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// TestEverySignOfAText is written as JSON writes it.
func TestEverySignOfAText(t *testing.T) {
	for c := range 0x180 {
		for _, text := range []string{string(rune(c)), "a" + string(rune(c)) + "b", string([]byte{byte(c)})} {
			want, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(appendText(nil, text)); got != string(want) {
				t.Errorf("appendText(%q) = %s, want %s", text, got, want)
			}
		}
	}
	if got := string(appendText([]byte("x"), "")); got != `x""` {
		t.Errorf("an empty text behind another = %s", got)
	}
}

func TestTheFirstMeterNeedsNoComma(t *testing.T) {
	var u billing.Usage
	u[billing.Output], u[billing.CacheRead] = 7, 300
	if got := encodeMeters(u); got != `{"cache_read":300,"output":7}` {
		t.Errorf("meters = %v", got)
	}
}

func TestEdgesOfSlots(t *testing.T) {
	const quarter, hour = int64(900_000), int64(3_600_000)
	for _, tt := range []struct{ at, slot, slotAfter, hour, hourAfter int64 }{
		{0, 0, 0, 0, 0}, {1, 0, quarter, 0, hour}, {quarter - 1, 0, quarter, 0, hour}, {quarter, quarter, quarter, 0, hour}, {quarter + 1, quarter, 2 * quarter, 0, hour},
		{hour - 1, hour - quarter, hour, 0, hour}, {hour, hour, hour, hour, hour}, {hour + 1, hour, hour + quarter, hour, 2 * hour},
		{-1, -quarter, 0, -hour, 0}, {-hour, -hour, -hour, -hour, -hour}, {-hour - 1, -hour - quarter, -hour, -2 * hour, -hour},
	} {
		if got := slotAt(tt.at); got != tt.slot {
			t.Errorf("slotAt(%d) = %d, want %d", tt.at, got, tt.slot)
		}
		if got := slotAfter(tt.at); got != tt.slotAfter {
			t.Errorf("slotAfter(%d) = %d, want %d", tt.at, got, tt.slotAfter)
		}
		if got := hourAt(tt.at); got != tt.hour {
			t.Errorf("hourAt(%d) = %d, want %d", tt.at, got, tt.hour)
		}
		if got := hourAfter(tt.at); got != tt.hourAfter {
			t.Errorf("hourAfter(%d) = %d, want %d", tt.at, got, tt.hourAfter)
		}
	}
}

// TestPiecesCoverASpanOnce: each quarter of a span lies in one piece, and full hours in one of hours.
func TestPiecesCoverASpanOnce(t *testing.T) {
	const quarter, hour = int64(900_000), int64(3_600_000)
	for from := int64(0); from <= 9; from++ {
		for to := from; to <= 13; to++ {
			covered := map[int64]int{}
			all := pieces(from*quarter, to*quarter)
			for _, p := range all {
				if p.table == "rollup_hour" && (p.from%hour != 0 || p.to%hour != 0) {
					t.Errorf("pieces(%d, %d) has hours from %d to %d", from, to, p.from, p.to)
				}
				if p.from >= p.to && from != to {
					t.Errorf("pieces(%d, %d) has an empty piece of %s", from, to, p.table)
				}
				for at := p.from; at < p.to; at += quarter {
					covered[at]++
				}
			}
			for at := from; at < to; at++ {
				if covered[at*quarter] != 1 {
					t.Errorf("pieces(%d, %d) has the quarter %d %d times", from, to, at, covered[at*quarter])
				}
			}
			if len(covered) != int(to-from) {
				t.Errorf("pieces(%d, %d) covers %d quarters", from, to, len(covered))
			}
			whole := hourAt(to*quarter) - hourAfter(from*quarter)
			if hours := len(all) > 0 && all[0].table == "rollup_hour"; hours != (whole > 0) {
				t.Errorf("pieces(%d, %d) reads hours: %t", from, to, hours)
			}
		}
	}
}

func TestASlowReaderIsToldOnceWhatItMissed(t *testing.T) {
	h := newHouse(t)
	events, cancel := h.Subscribe()
	defer cancel()
	for range backlog + 3 {
		h.feed.publish(Event{Kind: LimitsChanged})
	}
	missed := 0
	for range backlog {
		if e := <-events; e.Missed {
			missed++
		}
	}
	if missed == 0 {
		t.Error("a reader who lost events was not told")
	}
	h.feed.publish(Event{Kind: LimitsChanged})
	if e := <-events; e.Missed {
		t.Error("a reader who has caught up is told again")
	}
}

func TestAReadersChannelEndsWithTheLedger(t *testing.T) {
	h := &house{t: t, home: t.TempDir(), zone: "UTC", now: noon}
	h.start()
	events, cancel := h.Subscribe()
	h.stop()
	for range events { // what was still to be read
	}
	cancel() // again is no harm
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

// TestProgressIsSavedWithItsAttempts, and once only.
func TestProgressIsSavedWithItsAttempts(t *testing.T) {
	h := newHouse(t)
	hold := h.mustHold("key_a", dollars("1"))
	hold.Update(Progress{ChannelID: "ch_1", Provider: "openai", UpstreamModel: "gpt-5-x", Endpoint: "responses", Usage: json.RawMessage(`{"a":`),
		Attempts: []gateway.Attempt{{N: 1, ChannelID: "ch_1", Result: gateway.Maybe}}})
	events, cancel := h.Subscribe()
	defer cancel()
	if err := h.saveProgress(bg); err != nil {
		t.Fatal(err)
	}
	c, err := h.Call(bg, hold.call.ID)
	if err != nil || c.ChannelID != "ch_1" || c.UpstreamModel != "gpt-5-x" || len(c.Attempts) != 1 || c.Attempts[0].Result != gateway.Maybe {
		t.Errorf("the running call is %+v, %v", c, err)
	}
	if e := <-events; e.Kind != CallChanged || e.Call.ChannelID != "ch_1" || len(e.Call.Attempts) != 1 {
		t.Errorf("readers were told %+v", e)
	}
	if err := h.saveProgress(bg); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-events:
		t.Errorf("nothing changed, and readers were told %+v", e)
	default:
	}
	if h.Running() != 1 {
		t.Errorf("%d calls run, want 1", h.Running())
	}
	hold.End(settled(hold.call, dollars("0.5")))
	if h.Running() != 0 {
		t.Errorf("%d calls run, want none", h.Running())
	}
}
