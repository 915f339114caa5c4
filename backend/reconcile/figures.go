package reconcile

import (
	"math"
	"strings"

	"weir/billing"
	"weir/frontend/src/i18n"
)

// counts are the figures that are counted, with their names.
var counts = []struct {
	name string
	of   func(*Figures) **int64
}{
	{"requests", func(f *Figures) **int64 { return &f.Requests }},
	{"input", func(f *Figures) **int64 { return &f.Input }},
	{"cache_read", func(f *Figures) **int64 { return &f.CacheRead }},
	{"cache_write", func(f *Figures) **int64 { return &f.CacheWrite }},
	{"output", func(f *Figures) **int64 { return &f.Output }},
}

// near is how far two costs may be apart and still agree: providers round what they write, some to a
// hundredth of a cent.
const near = 100_000_000 // pico-dollars

// add adds up rows. A figure that none of them has stays unknown.
func add(rows []Row) (sum Figures) {
	for _, r := range rows {
		for _, c := range counts {
			if n := *c.of(&r.Figures); n != nil {
				into := c.of(&sum)
				total := *n
				if *into != nil {
					total += **into
				}
				*into = &total
			}
		}
		if r.Cost != nil {
			total := *r.Cost
			if sum.Cost != nil {
				total = total.Add(*sum.Cost)
			}
			sum.Cost = &total
		}
	}
	return sum
}

// summable refuses rows that add up to more than any sum of ours can hold: it would wrap around, or stop at the largest.
func summable(rows []Row) error {
	totals := make([]int64, len(counts))
	cost := int64(0)
	tooMuch := func(r Row, name string) error {
		return wrong(i18n.T("error.reconcile.sum", "row", strings.TrimSpace(r.Day+" "+r.Model), "name", name))
	}
	for _, r := range rows {
		for i, c := range counts {
			n := *c.of(&r.Figures)
			if n == nil {
				continue
			}
			if totals[i] > math.MaxInt64-*n {
				return tooMuch(r, c.name)
			}
			totals[i] += *n
		}
		if r.Cost == nil {
			continue
		}
		n := max(r.Cost.Pico(), billing.Money{}.Sub(*r.Cost).Pico()) // what is taken back counts too: rows are added in any order
		if cost >= math.MaxInt64-n {
			return tooMuch(r, "cost")
		}
		cost += n
	}
	return nil
}

// kinds are the figures that an account has anywhere.
func kinds(rows []Row) Figures { return add(rows) }

// only leaves out the figures that the other side never has.
func (f Figures) only(says Figures) Figures {
	for _, c := range counts {
		if *c.of(&says) == nil {
			*c.of(&f) = nil
		}
	}
	if says.Cost == nil {
		f.Cost = nil
	}
	return f
}

// differing names the figures that both sides have and that differ.
func differing(theirs, ours Figures) []string {
	by := []string{}
	for _, c := range counts {
		a, b := *c.of(&theirs), *c.of(&ours)
		if a != nil && b != nil && *a != *b {
			by = append(by, c.name)
		}
	}
	if theirs.Cost != nil && ours.Cost != nil {
		gap := theirs.Cost.Sub(*ours.Cost)
		if max(gap.Pico(), billing.Money{}.Sub(gap).Pico()) > near {
			by = append(by, "cost")
		}
	}
	return by
}
