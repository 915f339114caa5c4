package billing

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// yuan is the one currency beside the dollar that price lists are kept in.
const yuan = "CNY"

// A Rate is what one dollar cost in yuan on one day, as somebody published or entered it.
type Rate struct {
	Day       string `json:"day"`         // "2026-11-20", in UTC
	CNYPerUSD string `json:"cny_per_usd"` // decimal text
	Source    string `json:"source"`
	URL       string `json:"url,omitempty"`

	yuan decimal.Decimal // CNYPerUSD
}

// parseRates reads rates of exchange, one per line.
func parseRates(text []byte) ([]Rate, error) {
	var rates []Rate
	dec := strictJSON(text)
	for dec.More() {
		var r Rate
		if err := dec.Decode(&r); err != nil {
			return nil, fmt.Errorf("rate of %q: %w", r.Day, err)
		}
		rates = append(rates, r)
	}
	return rates, nil
}

// Check refuses a rate that no amount could be converted by or traced back to.
func (r Rate) Check() error {
	_, err := r.ready()
	return err
}

// ready reads the rate's number.
func (r Rate) ready() (Rate, error) {
	if _, err := time.Parse(time.DateOnly, r.Day); err != nil {
		return r, fmt.Errorf("rate of exchange: %q is no day", r.Day)
	}
	if r.Source == "" {
		return r, fmt.Errorf("rate of exchange of %s: its source must be there", r.Day)
	}
	if _, _, ok := rateDigits(r.CNYPerUSD); !ok {
		return r, fmt.Errorf("rate of exchange of %s: %q is not plain decimal text", r.Day, r.CNYPerUSD)
	}
	r.yuan = decimal.RequireFromString(r.CNYPerUSD)
	if !r.yuan.IsPositive() {
		return r, fmt.Errorf("rate of exchange of %s: it must be above zero", r.Day)
	}
	return r, nil
}

// readyRates checks rates and orders them by day. Of two for one day the later in the list
// holds: a user's stands behind the shipped one.
func readyRates(rates []Rate) ([]Rate, error) {
	out := make([]Rate, 0, len(rates))
	for _, r := range rates {
		ready, err := r.ready()
		if err != nil {
			return nil, err
		}
		out = append(slices.DeleteFunc(out, func(o Rate) bool { return o.Day == r.Day }), ready)
	}
	slices.SortFunc(out, func(a, b Rate) int { return cmp.Compare(a.Day, b.Day) })
	return out, nil
}

// Rate returns the rate of exchange of an instant's day, or where that day has none the last
// one before it. ok is false where there is none: a rate of tomorrow prices nothing.
func (b *Book) Rate(at time.Time) (r Rate, ok bool) {
	day := at.UTC().Format(time.DateOnly)
	i, found := slices.BinarySearchFunc(b.rates, day, func(r Rate, day string) int { return cmp.Compare(r.Day, day) })
	switch {
	case found:
		return b.rates[i], true
	case i == 0:
		return Rate{}, false
	}
	return b.rates[i-1], true
}

// convert takes the rate of the call's day into a quote whose card is in yuan, and writes both
// amounts' history on the bill. ok is false where no rate is known: the yuan are, the dollars not.
func (bill *Bill) convert(q *quote) (ok bool) {
	bill.Currency, bill.Native = yuan, q.native(bill.Usage)
	if q.fx == nil {
		bill.flag(flagNoRate)
		return false
	}
	bill.FX = q.fx
	bill.flag(flagConverted)
	return true
}

// native is what a usage costs in the card's own currency, exactly; empty where a rate is missing.
func (q *quote) native(u Usage) string {
	sum := decimal.Zero
	for m, n := range u {
		if n == 0 || Meter(m) == Reasoning {
			continue
		}
		rate, _ := q.ownRate(Meter(m))
		if rate == nil {
			return ""
		}
		line := decimal.NewFromInt(q.atLeast(Meter(m), n)).Mul(rate.rate)
		sum = sum.Add(line.DivRound(decimal.NewFromInt(meters[m].per), nativeDigits))
	}
	return sum.String()
}

// nativeDigits are more decimals than any list's price has of one token.
const nativeDigits = 18

// into is a price in dollars that a list names in yuan. Nothing is rounded but its text: a line's
// cost is divided once, at its end.
func (p *price) into(r *Rate) *price {
	return &price{rate: p.rate, text: p.rate.DivRound(r.yuan, picoDigits).String(), yuan: &r.yuan}
}

// dollars is an amount in yuan, rounded up.
func (r *Rate) dollars(amount decimal.Decimal) decimal.Decimal {
	return amount.DivRound(r.yuan, nativeDigits).RoundCeil(picoDigits)
}
