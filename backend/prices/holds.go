package prices

import (
	"slices"
	"strings"
	"time"
)

// A Span is a stretch of time, half-open. To is zero where it has no end.
type Span struct{ From, To time.Time }

// Holds returns when a price of the user's is the one that counts: from its first instant on, but for
// the times of those that begin later. It is empty for one that never does.
func (p *Prices) Holds(o Own) (spans []Span) {
	at := o.ValidFrom
	for _, w := range p.after(o) {
		if !o.ValidTo.IsZero() && !w.ValidFrom.Before(o.ValidTo) {
			break
		}
		if w.ValidFrom.After(at) {
			spans = append(spans, Span{at, w.ValidFrom})
		}
		if w.ValidTo.IsZero() {
			return spans
		}
		if w.ValidTo.After(at) {
			at = w.ValidTo
		}
	}
	if o.ValidTo.IsZero() || at.Before(o.ValidTo) {
		spans = append(spans, Span{at, o.ValidTo})
	}
	return spans
}

// after are the user's prices of a price's model that begin after it, the first one first.
func (p *Prices) after(o Own) []Own {
	var later []Own
	for _, w := range p.snapshot.Load().own {
		if !w.Ended && w.Provider == o.Provider && strings.EqualFold(w.Model, o.Model) && w.ValidFrom.After(o.ValidFrom) {
			later = append(later, w)
		}
	}
	slices.SortStableFunc(later, func(a, b Own) int { return a.ValidFrom.Compare(b.ValidFrom) })
	return later
}
