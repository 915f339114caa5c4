package ledger

import (
	"time"

	"weir/backend/gateway"
)

// A span is one window of a limit: from start until end. Both are zero for a total.
type span struct{ start, end time.Time }

// milli is the window's start as the ledger stores it.
func (s span) milli() int64 {
	if s.start.IsZero() {
		return 0
	}
	return s.start.UnixMilli()
}

// spanAt returns the window in which an instant lies: from local midnight of the
// day, of its week's Monday or of its month's first, until the next such midnight.
func spanAt(w gateway.Window, at time.Time, loc *time.Location) span {
	if w == gateway.Total {
		return span{}
	}
	local := at.In(loc)
	first := firstDay(w, local.Year(), local.Month(), local.Day())
	s := span{midnight(first, loc), midnight(following(w, first), loc)}
	// Where a clock is set back over midnight, a date returns for a while. The
	// window that has begun goes on.
	for !at.Before(s.end) {
		first = following(w, first)
		s = span{s.end, midnight(following(w, first), loc)}
	}
	return s
}

// firstDay returns the date on which a day's window begins, as midnight UTC.
func firstDay(w gateway.Window, y int, m time.Month, d int) time.Time {
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch w {
	case gateway.Week:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case gateway.Month:
		return day.AddDate(0, 0, 1-d)
	}
	return day
}

// following returns the date on which the next window begins.
func following(w gateway.Window, first time.Time) time.Time {
	switch w {
	case gateway.Week:
		return first.AddDate(0, 0, 7)
	case gateway.Month:
		return first.AddDate(0, 1, 0)
	}
	return first.AddDate(0, 0, 1)
}

// midnight returns the first instant in a zone at which a date has begun: the
// earlier of two midnights where the clock is set back, the first instant after
// the gap where it is set forward over midnight. time.Date promises neither.
func midnight(date time.Time, loc *time.Location) time.Time {
	// No zone is farther than 14 hours from UTC, so this lies before the midnight.
	t := date.Add(-26 * time.Hour).In(loc)
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		begin := date.Add(-time.Duration(offset) * time.Second)
		if begin.Before(t) {
			begin = t
		}
		if end.IsZero() || begin.Before(end) {
			return begin
		}
		t = end
	}
}
