package billing

import "encoding/json"

// report lets the upstream's own charge win over our sum, where it writes one into
// its usage object. Ours is kept beside it, so that the gap can be shown.
func (p *place) report(bill *Bill, doc map[string]any) {
	if p.cost == nil || bill.Status == Rejected {
		return
	}
	paid, ok := p.cost.read(doc)
	if !ok {
		if p.cost.must {
			bill.flag(flagCostMissing)
			bill.Status = verdict(bill.Flags)
		}
		return
	}
	bill.Status, bill.Reported = ProviderReported, &paid
	bill.Recomputed, bill.Total = bill.Total, &paid
	bill.Lines, bill.WithoutCache, bill.Saved = nil, nil, nil
}

// read finds the figure. It is dollars as decimal text, never a float.
func (c reported) read(doc map[string]any) (Money, bool) {
	paid, ok := c.amount(doc, c.path)
	if byok, _ := doc[c.byok].(bool); byok {
		extra, there := c.amount(doc, c.extra)
		if there {
			paid = paid.Add(extra)
		}
	}
	return paid, ok
}

func (c reported) amount(doc map[string]any, path []step) (Money, bool) {
	number, _ := dig(doc, path).(json.Number)
	d, err := parseDecimal(string(number))
	if err != nil || d.IsNegative() {
		return Money{}, false
	}
	m, fits := rounded(d.Shift(c.shift))
	return m, fits && m.Cmp(Pico(mostPico)) <= 0
}
