package billing

import (
	"strings"
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	pacific := Window{TZ: "America/Los_Angeles", Days: []time.Weekday{1, 2, 3, 4, 5}, From: "09:00", To: "17:00"}
	beijing := Window{OffsetMinutes: 480, From: "00:30", To: "08:30"}
	for _, tt := range []struct {
		name string
		w    Window
		at   string
		want bool
	}{
		{"in winter nine in the morning is 17:00 in UTC", pacific, "2026-01-12T17:00:00Z", true},
		{"and a minute before is too early", pacific, "2026-01-12T16:59:59Z", false},
		{"in summer it is 16:00", pacific, "2026-07-13T16:00:00Z", true},
		{"on the Monday after the clocks went forward it already is", pacific, "2026-03-09T16:00:00Z", true},
		{"on the Friday before it was not yet", pacific, "2026-03-06T16:00:00Z", false},
		{"the window's end is outside", pacific, "2026-07-14T00:00:00Z", false},
		{"days are those of the zone: Friday evening there is Saturday in UTC", Window{TZ: "America/Los_Angeles", Days: []time.Weekday{5}, From: "16:00", To: "24:00"}, "2026-07-18T06:59:00Z", true},
		{"and Saturday there is not", Window{TZ: "America/Los_Angeles", Days: []time.Weekday{5}, From: "00:00", To: "24:00"}, "2026-07-18T07:00:00Z", false},
		{"an offset knows no summer time", beijing, "2026-07-12T16:30:00Z", true},
		{"a week has its first day", Window{Days: []time.Weekday{0}, From: "09:00", To: "12:00"}, "2026-07-12T09:00:00Z", true},
		{"and its last", Window{Days: []time.Weekday{6}, From: "09:00", To: "12:00"}, "2026-07-11T09:00:00Z", true},
		{"and is half-open too", beijing, "2026-07-13T00:30:00Z", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := tt.w
			if err := w.check(); err != nil {
				t.Fatal(err)
			}
			if got := w.holds(day(tt.at)); got != tt.want {
				t.Errorf("holds(%s) = %t, want %t", tt.at, got, tt.want)
			}
		})
	}
}

func TestWindowsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		w          Window
	}{
		{"no such zone", "IANA zone", Window{TZ: "Mars/Olympus", From: "09:00", To: "12:00"}},
		{"whatever zone the machine has", "IANA zone", Window{TZ: "Local", From: "09:00", To: "12:00"}},
		{"a zone and an offset", "IANA zone", Window{TZ: "Asia/Shanghai", OffsetMinutes: 480, From: "09:00", To: "12:00"}},
		{"over midnight", "earlier one first", Window{From: "22:00", To: "06:00"}},
		{"a day that is none", "days", Window{Days: []time.Weekday{7}, From: "09:00", To: "12:00"}},
		{"a day before the first", "days", Window{Days: []time.Weekday{-1}, From: "09:00", To: "12:00"}},
		{"no clock time to begin", "clock times", Window{From: "0900", To: "12:00"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.w.check(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check() = %v, want a word of %q", err, tt.want)
			}
		})
	}
}

func TestWindowsMeet(t *testing.T) {
	a := Window{OffsetMinutes: 480, Days: []time.Weekday{1, 2}, From: "09:00", To: "12:00"}
	for _, tt := range []struct {
		name string
		b    Window
		want bool
	}{
		{"the same hours on the same days", a, true},
		{"on other days", Window{OffsetMinutes: 480, Days: []time.Weekday{3}, From: "09:00", To: "12:00"}, false},
		{"at other hours", Window{OffsetMinutes: 480, From: "12:00", To: "18:00"}, false},
		{"nor by another offset", Window{Days: []time.Weekday{3}, From: "12:00", To: "18:00"}, true},
		{"by another clock nobody should have to tell", Window{TZ: "Asia/Shanghai", Days: []time.Weekday{3}, From: "12:00", To: "18:00"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := a.meets(tt.b); got != tt.want {
				t.Errorf("meets = %t, want %t", got, tt.want)
			}
		})
	}
}
