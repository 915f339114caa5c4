package billing

import (
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// A Ceiling is the dearest that a token of a model can cost at one instant.
type Ceiling struct{ input, output decimal.Decimal }

// Ceiling returns the dearest rates that can apply to a model at an instant: over
// all cache writes and kinds of input, prompt lengths, hours, service tiers, speeds
// and regions that the book knows. ok is false for a model without a price.
func (b *Book) Ceiling(provider, model string, at time.Time) (c Ceiling, ok bool) {
	return b.dearest(provider, model, at, true)
}

// PlainCeiling is Ceiling for a request that asks for no service tier, no speed and no region.
func (b *Book) PlainCeiling(provider, model string, at time.Time) (c Ceiling, ok bool) {
	return b.dearest(provider, model, at, false)
}

func (b *Book) dearest(provider, model string, at time.Time, everyTerm bool) (c Ceiling, ok bool) {
	if v, _, _ := vendorOf(provider); v.free != "" {
		return c, true
	}
	card, ok := b.find(provider, model, at)
	if !ok {
		return c, false
	}
	return b.ceiling(card, at, everyTerm), true
}

func (b *Book) ceiling(card Card, at time.Time, everyTerm bool) (c Ceiling) {
	tables := []Rates{card.Rates}
	for _, t := range card.Tiers {
		tables = append(tables, merged(card.Rates, t.Rates))
	}
	dearest := map[string]decimal.Decimal{}
	for _, t := range b.terms {
		if !everyTerm || t.When == (condition{}) || !t.holds(card, at, 0) {
			continue
		}
		tables = append(tables, merged(card.Rates, t.Rates))
		kind := t.When.kind()
		dearest[kind] = decimal.Max(dearest[kind], t.times())
	}
	for _, rates := range tables {
		q := quote{rates: rates, times: decimal.NewFromInt(1)}
		for m := range NumMeters {
			rate, _ := q.rate(m)
			switch {
			case rate == nil:
			case meters[m].side == promptSide:
				c.input = decimal.Max(c.input, *rate)
			case meters[m].side == answerSide:
				c.output = decimal.Max(c.output, *rate)
			}
		}
	}
	for _, times := range dearest {
		if times.GreaterThan(decimal.NewFromInt(1)) {
			c.input, c.output = c.input.Mul(times), c.output.Mul(times)
		}
	}
	return c
}

// kind says which of the three things a condition is about.
func (c condition) kind() string {
	switch {
	case c.Tier != "":
		return "tier"
	case c.Speed != "":
		return "speed"
	}
	return "geo"
}

// Cost is the most that so many tokens can cost, rounded up to a pico-dollar.
func (c Ceiling) Cost(inputTokens, outputTokens int64) Money {
	in := decimal.NewFromInt(max(0, inputTokens)).Mul(c.input)
	out := decimal.NewFromInt(max(0, outputTokens)).Mul(c.output)
	sum := Money{in.Add(out).Shift(-6).RoundCeil(picoDigits)}
	if most := Pico(math.MaxInt64); sum.Cmp(most) > 0 {
		return most
	}
	return sum
}
