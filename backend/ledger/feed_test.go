package ledger

import (
	"errors"
	"strings"
	"testing"

	"weir/backend/gateway"
)

// TestARefusalIsTold to those who read the feed, with the limit's own words.
func TestARefusalIsTold(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "1usd/day")
	events, cancel := h.Subscribe()
	defer cancel()
	if _, err := h.hold("key_a", dollars("2")); err == nil || !strings.Contains(err.Error(), "$2") {
		t.Fatalf("a call that could cost more than is left: %v, want it to say how much it asked", err)
	}
	if e := <-events; e.Kind != CallChanged || e.Call.State != gateway.Refused || e.Call.HTTPStatus != 402 || e.Call.Err == nil || e.Call.Err.Kind != gateway.QuotaExceeded {
		t.Errorf("readers were told %+v", e)
	}
	hold := h.mustHold("key_a", dollars("1"))
	<-events
	if _, err := h.hold("key_a", dollars("0.5")); err == nil || strings.Contains(err.Error(), "$0.5") {
		t.Errorf("a call where nothing is left: %v", err)
	}
	hold.End(settled(hold.call, dollars("0.25")))
	var e *gateway.Error
	if _, err := h.hold("key_a", dollars("0.8")); !errors.As(err, &e) || e.Kind != gateway.QuotaExceeded || e.RetryAfter <= 0 {
		t.Errorf("later: %v", err)
	}
	h.check()
}

// TestHealthIsToldWhenItChanges, and only then.
func TestHealthIsToldWhenItChanges(t *testing.T) {
	h := newHouse(t)
	h.rest()
	events, cancel := h.Subscribe()
	defer cancel()
	for _, why := range []string{"", "full", "full", "", ""} {
		h.setTrouble(why)
		if ok, said := h.Healthy(); ok != (why == "") || said != why {
			t.Errorf("Healthy() = %t, %q after %q", ok, said, why)
		}
	}
	cancel()
	n := 0
	for e := range events {
		if n++; e.Kind != HealthChanged {
			t.Errorf("readers were told %+v", e)
		}
	}
	if n != 2 {
		t.Errorf("readers were told %d times, want 2", n)
	}
}

// TestATopUpIsTold to those who show limits.
func TestATopUpIsTold(t *testing.T) {
	h := newHouse(t)
	h.limit("key_a", "5usd/day")
	events, cancel := h.Subscribe()
	defer cancel()
	for _, change := range []func() (gateway.LimitUse, error){
		func() (gateway.LimitUse, error) { return h.TopUp(bg, h.firstLimit(), 1e12, "more work", false) },
		func() (gateway.LimitUse, error) { return h.Reset(bg, h.firstLimit(), "a new week", false) },
	} {
		if _, err := change(); err != nil {
			t.Fatal(err)
		}
		select {
		case e := <-events:
			if e.Kind != LimitsChanged {
				t.Errorf("readers were told %+v", e)
			}
		default:
			t.Error("readers were told nothing")
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
