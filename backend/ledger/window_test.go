package ledger

import (
	"testing"
	"time"

	"weir/backend/gateway"
)

type spanCase struct {
	name           string
	window         gateway.Window
	zone           string
	at, start, end string
}

func TestDays(t *testing.T) {
	wantSpans(t, []spanCase{
		{"a day begins at local midnight", gateway.Day, "Europe/Berlin",
			"2026-11-21T12:00:00Z", "2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z"},
		{"midnight belongs to the new day", gateway.Day, "Europe/Berlin",
			"2026-11-21T23:00:00Z", "2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z"},
		{"the millisecond before belongs to the old one", gateway.Day, "Europe/Berlin",
			"2026-11-21T22:59:59.999Z", "2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z"},
		{"the day of the change to summer time has 23 hours", gateway.Day, "Europe/Berlin",
			"2026-03-29T10:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"the day of the change back has 25", gateway.Day, "Europe/Berlin",
			"2026-10-25T10:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"a midnight that is skipped: the day begins an hour later", gateway.Day, "America/Sao_Paulo",
			"2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"and the day before it ends at the gap", gateway.Day, "America/Sao_Paulo",
			"2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z"},
		{"the same in Beirut", gateway.Day, "Asia/Beirut",
			"2022-03-27T12:00:00Z", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z"},
		{"clocks set back at midnight repeat the old day's last hour", gateway.Day, "America/Sao_Paulo",
			"2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
		{"of two midnights the first begins the day", gateway.Day, "America/Havana",
			"2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"a date that returns for a minute does not reopen its window", gateway.Day, "America/St_Johns",
			"2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"},
		{"a zone with half hours", gateway.Day, "Asia/Kolkata",
			"2026-11-21T12:00:00Z", "2026-11-20T18:30:00Z", "2026-11-21T18:30:00Z"},
	})
}

func TestWeeksAndMonths(t *testing.T) {
	wantSpans(t, []spanCase{
		{"a week begins on Monday", gateway.Week, "Europe/Berlin",
			"2026-11-21T12:00:00Z", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z"},
		{"Monday itself begins it", gateway.Week, "UTC",
			"2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"Sunday still belongs to it", gateway.Week, "UTC",
			"2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"a week over a year's end", gateway.Week, "UTC",
			"2027-01-01T08:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"},
		{"a month begins on its first", gateway.Month, "Europe/Berlin",
			"2026-11-21T12:00:00Z", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"},
		{"February of a leap year", gateway.Month, "UTC",
			"2028-02-29T23:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"December ends with the year", gateway.Month, "America/New_York",
			"2026-12-31T12:00:00Z", "2026-12-01T05:00:00Z", "2027-01-01T05:00:00Z"},
	})
	if got := spanAt(gateway.Total, noon, time.UTC); got != (span{}) || got.milli() != 0 {
		t.Errorf("spanAt(total) = %v, want none", got)
	}
}

func wantSpans(t *testing.T, cases []spanCase) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			loc, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			got := spanAt(tt.window, instant(t, tt.at), loc)
			if !got.start.Equal(instant(t, tt.start)) || !got.end.Equal(instant(t, tt.end)) {
				t.Errorf("spanAt(%s, %s) = %s – %s, want %s – %s", tt.window, tt.at,
					got.start.UTC().Format(time.RFC3339), got.end.UTC().Format(time.RFC3339), tt.start, tt.end)
			}
		})
	}
}

// Windows tile time: each begins where the one before ends, and no instant lies outside of its own.
func TestWindowsTileTime(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "America/St_Johns", "America/Havana", "Pacific/Apia", "Asia/Gaza", "UTC"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, window := range []gateway.Window{gateway.Day, gateway.Week, gateway.Month} {
			at := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC)
			last := spanAt(window, at, loc)
			for ; at.Year() < 2013; at = at.Add(53 * time.Minute) {
				s := spanAt(window, at, loc)
				if at.Before(s.start) || !at.Before(s.end) {
					t.Fatalf("%s %s: %s lies outside of %s – %s", zone, window, at, s.start, s.end)
				}
				if !s.start.Equal(last.start) && !s.start.Equal(last.end) {
					t.Fatalf("%s %s: a window begins at %s, the one before ended at %s", zone, window, s.start, last.end)
				}
				last = s
			}
		}
	}
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheClockNeverGoesBack(t *testing.T) {
	h := newHouse(t)
	h.turn(noon.Add(time.Hour))
	h.clock()
	h.turn(noon)
	if got := h.clock(); !got.Equal(noon.Add(time.Hour)) {
		t.Errorf("clock after it was set back = %s, want %s", got, noon.Add(time.Hour))
	}
	h.stop()
	h.start()
	if got := h.clock(); got.Before(noon) {
		t.Errorf("clock after a restart = %s", got)
	}
}

func TestAClockThatWasFarAheadIsForgotten(t *testing.T) {
	h := newHouse(t)
	h.turn(noon.AddDate(10, 0, 0))
	h.stop()
	h.start() // notes a boot in ten years
	h.turn(noon)
	h.stop()
	h.start()
	if got := h.clock(); !got.Equal(noon) {
		t.Errorf("clock = %s, want %s", got, noon)
	}
}
