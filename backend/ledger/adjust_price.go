package ledger

import (
	"weir/backend/gateway"
	"weir/billing"
)

// price draws the call's bill by the selection's book.
func (d *draft) price(sel Selection, by *pricedBy) error {
	c := &d.call
	if d.left = cannot(c); d.left != "" {
		return nil
	}
	cs, known := caseAgain(c, by, sel)
	if !known {
		d.left = LeftUnknown
		return nil
	}
	bill := sel.Book.Bill(cs)
	if bill.Status == billing.Rejected || bill.Total == nil && c.Usage == nil {
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
	d.now, err = rowOf(bill, charge)
	return err
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
func cannot(c *gateway.Call) string {
	switch {
	case c.Covered:
		return LeftCovered
	case c.Basis == gateway.Zero:
		return LeftFree
	case c.Bill.Reported != nil:
		return LeftReported
	case c.Basis != gateway.Exact:
		return LeftEstimated
	case !c.ArchivedAt.IsZero():
		return LeftArchived
	}
	return ""
}
