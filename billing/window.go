package billing

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	_ "time/tzdata" // windows name zones, and a small system may have no zone files
)

// A Window is a part of the week: from and to are clock times, half-open. They are those of
// a zone, which may have a summer time, or where none is named of a fixed offset.
type Window struct {
	TZ            string         `json:"tz,omitempty"`             // IANA zone, such as "America/Los_Angeles"
	OffsetMinutes int            `json:"offset_minutes,omitempty"` // east of UTC, without a zone
	Days          []time.Weekday `json:"days,omitempty"`           // empty: every day; 0 is Sunday
	From          string         `json:"from"`                     // "09:00"
	To            string         `json:"to"`                       // "12:00"

	zone *time.Location // TZ's rules; nil: the offset holds
}

var clockText = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

// check refuses a window that could never hold or names no zone, and reads the zone's rules.
func (w *Window) check() error {
	if w == nil {
		return nil
	}
	if !clockText.MatchString(w.From) || !clockText.MatchString(w.To) || w.From >= w.To {
		return fmt.Errorf("a window needs clock times, the earlier one first")
	}
	if slices.ContainsFunc(w.Days, func(d time.Weekday) bool { return d < time.Sunday || d > time.Saturday }) {
		return fmt.Errorf("a window's days are 0 to 6")
	}
	if w.TZ == "" {
		return nil
	}
	zone, err := time.LoadLocation(w.TZ)
	if err != nil || w.TZ == "Local" || w.OffsetMinutes != 0 {
		return fmt.Errorf("a window needs an IANA zone or an offset, not %q and %d", w.TZ, w.OffsetMinutes)
	}
	w.zone = zone
	return nil
}

// local is an instant by the window's clock.
func (w *Window) local(at time.Time) time.Time {
	if w.zone != nil {
		return at.In(w.zone)
	}
	return at.UTC().Add(time.Duration(w.OffsetMinutes) * time.Minute)
}

// holds says whether an instant lies in the window; every instant lies in none.
func (w *Window) holds(at time.Time) bool {
	if w == nil {
		return true
	}
	local := w.local(at)
	clock := local.Format("15:04")
	return (len(w.Days) == 0 || slices.Contains(w.Days, local.Weekday())) && clock >= w.From && clock < w.To
}

// meets says whether two windows share a minute. Windows by different clocks count as
// meeting: nobody should have to work that out at a glance.
func (w Window) meets(o Window) bool {
	if w.OffsetMinutes != o.OffsetMinutes || w.TZ != o.TZ {
		return true
	}
	days := len(w.Days) == 0 || len(o.Days) == 0 || slices.ContainsFunc(w.Days, func(d time.Weekday) bool { return slices.Contains(o.Days, d) })
	return days && w.From < o.To && o.From < w.To
}
