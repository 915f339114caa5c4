package ledger

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"weir/backend/gateway"
)

// zones are those whose clocks make sums hard, each with a day on which it sets them.
var zones = []struct {
	name string
	day  time.Time
}{
	{"Europe/Berlin", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},       // an hour back
	{"Australia/Lord_Howe", time.Date(2026, 10, 3, 15, 0, 0, 0, time.UTC)}, // half an hour forward
	{"Asia/Kolkata", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},        // never
	{"America/Havana", time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC)},        // an hour forward, at midnight
}

const crowdSize = 250

func TestSumsAreThoseOfTheCalls(t *testing.T) {
	for _, zone := range zones {
		t.Run(zone.name, func(t *testing.T) {
			from, to := zone.day.AddDate(0, 0, -2), zone.day.AddDate(0, 0, 2)
			c := newCrowd(t, zone.name, rand.Uint64(), crowdSize, from, to)
			c.check()
			for range 30 {
				s := Slot{from.Add(time.Duration(c.rnd.Int64N(int64(48 * time.Hour)))), to.Add(-time.Duration(c.rnd.Int64N(int64(48 * time.Hour))))}
				for _, simulated := range []bool{false, true} {
					c.compareSums(s, simulated)
				}
			}
		})
	}
}

func (c *crowd) compareSums(s Slot, simulated bool) {
	c.t.Helper()
	within := func(call gateway.Call) bool {
		w := s.Whole()
		return call.Simulated == simulated && !call.StartedAt.Before(w.From) && call.StartedAt.Before(w.To)
	}
	got, err := c.Sums(bg, s, simulated)
	if want := sumsOf(c.those(within)); err != nil || got.written() != want.written() {
		c.t.Fatalf("Sums(%v, %v) = %+v, %v, want %+v", s, simulated, got, err, want)
	}
	charged, unpriced, err := c.Charged(bg, s, simulated)
	if err != nil || charged.Pico() != got.Charged.Pico() || unpriced != got.Unpriced {
		c.t.Fatalf("Charged(%v, %v) = %v, %d, %v; Sums has %v, %d", s, simulated, charged, unpriced, err, got.Charged, got.Unpriced)
	}
	for name, slots := range map[string][]Slot{"hours": c.Calendar("").Hours(s.Whole()), "days": c.Calendar("").Days(s.Whole())} {
		parts, err := c.Parts(bg, slots, simulated)
		if err != nil {
			c.t.Fatal(err)
		}
		sums := map[string]Sums{}
		for _, p := range parts {
			for _, id := range []string{"", "slot " + fmt.Sprint(p.Slot), p.KeyID, p.ChannelID + " channel", p.Model} {
				sums[id] = sums[id].Add(p.Sums)
			}
		}
		want := map[string][]gateway.Call{"": c.those(within)}
		for _, call := range want[""] {
			for _, id := range []string{"slot " + fmt.Sprint(slotOf(c.t, slots, call.StartedAt)), call.KeyID, call.ChannelID + " channel", call.Model} {
				want[id] = append(want[id], call)
			}
		}
		for id, calls := range want {
			if sums[id].written() != sumsOf(calls).written() {
				c.t.Fatalf("Parts(%s of %v) of %q = %+v, want %+v", name, s, id, sums[id], sumsOf(calls))
			}
		}
	}
}

func slotOf(t testing.TB, slots []Slot, at time.Time) int {
	t.Helper()
	for i, s := range slots {
		if !at.Before(s.From) && at.Before(s.To) {
			return i
		}
	}
	t.Fatalf("%v lies in no slot", at)
	return 0
}

func TestSlots(t *testing.T) {
	for _, tt := range []struct {
		name, zone string
		from, to   string
		hours      []int // minutes of each slot, where there are few
		days       []int // hours of each
	}{
		{"a usual day", "Europe/Berlin", "2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z", sixties(24), []int{24}},
		{"a day with 25 hours", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", sixties(25), []int{25}},
		{"a day with 23 hours", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", sixties(23), []int{23}},
		{"a day that begins at one o'clock", "America/Havana", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z", sixties(23), []int{23}},
		{"half-hour offset", "Asia/Kolkata", "2026-11-20T18:30:00Z", "2026-11-20T22:00:00Z", []int{60, 60, 60, 30}, []int{3}},
		{"half an hour forward", "Australia/Lord_Howe", "2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z", []int{60, 30, 60}, []int{2}},
		{"half an hour back", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T17:30:00Z", []int{60, 30, 60, 60}, []int{3}},
		{"the first and last slot may be short", "Europe/Berlin", "2026-11-20T10:45:00Z", "2026-11-20T12:15:00Z", []int{15, 60, 15}, []int{1}},
		{"nothing", "Europe/Berlin", "2026-11-20T10:45:00Z", "2026-11-20T10:45:00Z", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouseIn(t, tt.zone)
			cal, s := h.Calendar(""), Slot{parseTime(t, tt.from), parseTime(t, tt.to)}
			if got := lengths(cal.Hours(s), time.Minute); fmt.Sprint(got) != fmt.Sprint(tt.hours) {
				t.Errorf("Hours = %v, want %v", got, tt.hours)
			}
			if got := lengths(cal.Days(s), time.Hour); fmt.Sprint(got) != fmt.Sprint(tt.days) {
				t.Errorf("Days = %v, want %v", got, tt.days)
			}
		})
	}
}

func sixties(n int) (all []int) {
	for range n {
		all = append(all, 60)
	}
	return all
}

func lengths(slots []Slot, unit time.Duration) (all []int) {
	for i, s := range slots {
		if i > 0 && !s.From.Equal(slots[i-1].To) {
			return nil
		}
		all = append(all, int(s.To.Sub(s.From)/unit))
	}
	return all
}

func parseTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestWindowAndShift(t *testing.T) {
	h := newHouse(t)
	cal, kolkata := h.Calendar(""), h.Calendar("Asia/Kolkata")
	for _, tt := range []struct {
		name      string
		got, want time.Time
	}{
		{"a day begins at midnight", cal.Window(gateway.Day, noon).From, parseTime(t, "2026-11-20T23:00:00Z")},
		{"a month has its own offset at each end", cal.Window(gateway.Month, parseTime(t, "2026-10-10T00:00:00Z")).From, parseTime(t, "2026-09-30T22:00:00Z")},
		{"a month ends where the next begins", cal.Window(gateway.Month, parseTime(t, "2026-10-10T00:00:00Z")).To, parseTime(t, "2026-10-31T23:00:00Z")},
		{"yesterday at the same time, before the clocks were set back", cal.Shift(parseTime(t, "2026-10-25T12:00:00Z"), -1), parseTime(t, "2026-10-24T11:00:00Z")},
		{"a day of another zone", kolkata.Window(gateway.Day, noon).From, parseTime(t, "2026-11-20T18:30:00Z")},
		{"a zone that there is not is the ledger's own", h.Calendar("Etc/Unknown").Window(gateway.Day, noon).From, parseTime(t, "2026-11-20T23:00:00Z")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !tt.got.Equal(tt.want) {
				t.Errorf("got %v, want %v", tt.got.UTC(), tt.want)
			}
		})
	}
}

func TestKeyName(t *testing.T) {
	h := newHouse(t)
	h.spend("key_a", dollars("1"))
	for id, want := range map[string]string{"key_a": "Codex", "key_b": ""} {
		if got, err := h.KeyName(bg, id); err != nil || got != want {
			t.Errorf("KeyName(%s) = %q, %v, want %q", id, got, err, want)
		}
	}
}
