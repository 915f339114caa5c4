package ledger

import (
	"fmt"
	"slices"

	"weir/backend/gateway"
	"weir/billing"
)

// price draws the call's bill by the selection's book.
func (d *draft) price(sel Selection, by *pricedBy) error {
	c := &d.call
	if d.left = cannot(c, by); d.left != "" {
		return nil
	}
	cs, known := caseAgain(c, by, sel)
	if !known {
		d.left = LeftUnknown
		return nil
	}
	bill, basis := sel.Book.Bill(cs), gateway.Exact
	if c.Basis != gateway.Exact {
		bill, basis = estimateAgain(c, by.Assumed, cs, bill, sel.Book)
	}
	switch {
	case c.Basis != gateway.Exact && bill.Total == nil:
		d.left = LeftEstimated
		return nil
	case bill.Status == billing.Rejected, bill.Total == nil && c.Usage == nil:
		d.left = LeftUnknown // what was sold by the piece is priced by no list of tokens: nobody counted any
		return nil
	}
	var charge billing.Money
	if bill.Total != nil {
		charge = *bill.Total
	} else {
		charge = sel.Book.KnownPart(cs, bill.Usage)
	}
	if charge.Pico() > maxAmount {
		d.left = LeftUnknown
		return nil
	}
	var err error
	if d.now, err = rowOf(bill, charge); err != nil {
		return err
	}
	d.now.Basis = string(basis)
	if basis != gateway.Exact && d.was.Min != nil && d.was.Max != nil {
		least, most := min(*d.was.Min, d.now.Charge), max(*d.was.Max, d.now.Charge)
		d.now.Min, d.now.Max = &least, &most
	}
	return nil
}

// priceSafely is price. A call that billing breaks down on keeps its bill, and keeps no other from a new one.
func (l *Ledger) priceSafely(d *draft, sel Selection, by *pricedBy) (err error) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("panic in a call's new bill", "call", d.call.ID, "panic", fmt.Sprint(p))
			d.left = LeftUnknown
		}
	}()
	return d.price(sel, by)
}

// incomplete are flags of usage objects that do not tell all.
var incomplete = []string{billing.FlagUsageMissing, billing.FlagUsagePartial, billing.FlagUsageZero}

// estimateAgain prices a call that had no price when it ended and no exact count. What the provider said, or what it sold
// by the piece, makes it exact where nothing is assumed of it: then only billing had broken down, or the price was all
// that was lacking. Else it stays an estimate, of what was counted then.
func estimateAgain(c *gateway.Call, assumed string, cs billing.Case, bill billing.Bill, book *billing.Book) (billing.Bill, gateway.Basis) {
	told := !slices.ContainsFunc(bill.Flags, func(f string) bool { return slices.Contains(incomplete, f) })
	piece := cs.Usage == nil && c.End == gateway.Finished
	if bill.Total != nil && told && (assumed == "" || piece) {
		return bill, gateway.Exact
	}
	if assumed == "" {
		return billing.Bill{Status: billing.Rejected}, c.Basis
	}
	guess := book.Estimate(cs, c.Bill.Usage, assumed)
	if cs.Usage == nil {
		guess.WithoutCache, guess.Saved = nil, nil // what a cache may have saved Weir cannot count
	}
	return guess, c.Basis
}

// caseAgain is what a call's bill is drawn from: what was kept with it, or, of one without a price of which nothing was
// kept, what the selection makes of it.
func caseAgain(c *gateway.Call, by *pricedBy, sel Selection) (cs billing.Case, known bool) {
	if by != nil {
		return caseOf(c, *by), true
	}
	if c.Bill.Total != nil || sel.Derive == nil {
		return cs, false
	}
	cs, known = sel.Derive(*c)
	cs.Endpoint, cs.At, cs.Usage = c.Endpoint, c.StartedAt, c.Usage
	return cs, known
}

// cannot says why a call keeps its bill whatever the book says.
func cannot(c *gateway.Call, by *pricedBy) string {
	switch {
	case c.Covered:
		return LeftCovered
	case c.Basis == gateway.Zero:
		return LeftFree
	case c.Bill.Reported != nil:
		return LeftReported
	case c.Basis != gateway.Exact && by == nil:
		return LeftEstimated
	case !c.ArchivedAt.IsZero():
		return LeftArchived
	}
	return ""
}
