package ledger

import (
	"time"

	"weir/backend/gateway"
)

// Now returns the ledger's time, which never goes back.
func (l *Ledger) Now() time.Time { return l.clock() }

// A Calendar says when the days of a zone begin.
type Calendar struct {
	Zone string // its IANA name
	loc  *time.Location
}

// Calendar returns the calendar of a zone; of the ledger's own where there is no such zone.
func (l *Ledger) Calendar(zone string) Calendar {
	if zone != "" {
		if loc, err := time.LoadLocation(zone); err == nil {
			return Calendar{zone, loc}
		}
	}
	return Calendar{l.zone, l.loc}
}

// Window returns the day, week or month in which an instant lies.
func (c Calendar) Window(w gateway.Window, at time.Time) Slot {
	s := spanAt(w, at, c.loc)
	return Slot{s.start, s.end}
}

// Day returns the day that text such as "2026-11-22" names.
func (c Calendar) Day(text string) (Slot, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, c.loc)
	if err != nil {
		return Slot{}, err
	}
	return c.Window(gateway.Day, day.Add(12*time.Hour)), nil // at noon: some days have no midnight
}

// Shift returns the instant so many days later at which the zone's clock shows the same.
func (c Calendar) Shift(at time.Time, days int) time.Time {
	return at.In(c.loc).AddDate(0, 0, days).UTC()
}

// Whole returns the quarter hours in which a slot lies.
func (s Slot) Whole() Slot {
	return Slot{utc(slotAt(s.From.UnixMilli())), utc(slotAfter(s.To.UnixMilli()))}
}

// Hours cuts a slot at the zone's full hours.
func (c Calendar) Hours(s Slot) []Slot {
	return cut(s, func(at time.Time) time.Time { return nextHour(at, c.loc) })
}

// Days cuts a slot at the zone's midnights.
func (c Calendar) Days(s Slot) []Slot {
	return cut(s, func(at time.Time) time.Time { return spanAt(gateway.Day, at, c.loc).end })
}

// cut parts a slot where next says that the part of an instant ends.
func cut(s Slot, next func(time.Time) time.Time) []Slot {
	var parts []Slot
	for at := s.From; at.Before(s.To); {
		end := next(at)
		if end.After(s.To) {
			end = s.To
		}
		parts = append(parts, Slot{at, end})
		at = end
	}
	return parts
}

// nextHour returns when a zone's clock shows the next full hour or, before that, is set.
func nextHour(at time.Time, loc *time.Location) time.Time {
	local := at.In(loc)
	_, offset := local.Zone()
	shift := time.Duration(offset) * time.Second
	next := at.Add(shift).Truncate(time.Hour).Add(time.Hour - shift)
	if _, end := local.ZoneBounds(); !end.IsZero() && next.After(end) {
		return end
	}
	return next
}
