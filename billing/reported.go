package billing

import (
	"encoding/json"

	"github.com/shopspring/decimal"
)

// report lets the upstream's own charge win over our sum, where it writes one into
// its usage object. Ours is kept beside it, so that the gap can be shown.
func (p *place) report(bill *Bill, doc map[string]any) {
	if p.cost == nil || bill.Status == Rejected {
		return
	}
	figure, ok := p.cost.read(doc)
	paid, fits := rounded(figure)
	if !ok || !fits || paid.Cmp(Pico(mostPico)) > 0 {
		if p.cost.must {
			bill.flag(flagCostMissing)
			bill.Status = verdict(bill.Flags)
		}
		return
	}
	if paid.Pico() == 0 && !figure.IsZero() {
		paid = Pico(1) // something was charged: it must not become nothing
		bill.flag(flagCostRaised)
	}
	bill.Status, bill.Reported = ProviderReported, &paid
	bill.Recomputed, bill.Total = bill.Total, &paid
	bill.Lines, bill.WithoutCache, bill.Saved = nil, nil, nil
}

// read finds the figure. It is dollars as decimal text, never a float, and has all its digits.
func (c reported) read(doc map[string]any) (decimal.Decimal, bool) {
	paid, ok := c.amount(doc, c.path)
	if byok, _ := doc[c.byok].(bool); byok {
		if extra, there := c.amount(doc, c.extra); there {
			paid = paid.Add(extra)
		}
	}
	return paid, ok
}

func (c reported) amount(doc map[string]any, path []step) (decimal.Decimal, bool) {
	number, _ := dig(doc, path).(json.Number)
	d, err := parseDecimal(string(number))
	if err != nil || d.IsNegative() {
		return decimal.Decimal{}, false
	}
	return d.Shift(c.shift), true
}
