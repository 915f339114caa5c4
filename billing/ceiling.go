package billing

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// A Ceiling is the dearest that a token of a model can cost at one instant, and what else it
// charges for.
type Ceiling struct {
	input, output  decimal.Decimal
	second, search *price // of sound, of reranking; nil: nobody charges for it
	fee            *price // of the call itself
	least          []least
}

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
	var fx *Rate
	if card.Currency == yuan {
		r, known := b.Rate(at)
		if !known {
			return c, false
		}
		fx = &r
	}
	return card.ceiling(at, everyTerm, fx), true
}

func (c *Card) ceiling(at time.Time, everyTerm bool, fx *Rate) (most Ceiling) {
	tables := append(make([]table, 0, 6), c.table)
	for i := range c.Tiers {
		tables = append(tables, c.Tiers[i].table)
	}
	plain := len(tables)
	most.least = c.least
	dearest := map[string]decimal.Decimal{}
	for _, t := range c.terms {
		if t.asked && !everyTerm || !t.holds(at, 0) {
			continue
		}
		always := t.When == condition{}
		for i := range plain {
			if always {
				tables[i] = t.over(tables[i], true)
			} else if i == 0 || !t.asked {
				tables = append(tables, t.over(tables[i], false))
			}
		}
		most.least = append(slices.Clip(most.least), t.least...)
		kind := t.When.kind()
		dearest[kind] = decimal.Max(dearest[kind], t.factor)
	}
	for _, rates := range tables {
		most.raise(quote{card: c, rates: rates, fx: fx})
	}
	if fx != nil {
		most.input, most.output = fx.dollars(most.input), fx.dollars(most.output)
	}
	for _, times := range dearest {
		if times.GreaterThan(decimal.NewFromInt(1)) {
			most.input, most.output = most.input.Mul(times), most.output.Mul(times)
		}
	}
	return most
}

// raise takes over the rates that are dearer.
func (c *Ceiling) raise(q quote) {
	for m := range NumMeters {
		rate, _ := q.rate(m)
		switch {
		case rate == nil:
		case m == AudioSeconds:
			c.second = dearer(c.second, rate)
		case m == SearchUnit:
			c.search = dearer(c.search, rate)
		case m == Fee, m == FeeLow, m == FeeMedium, m == FeeHigh:
			c.fee = dearer(c.fee, rate)
		case meters[m].side == promptSide && rate.rate.GreaterThan(c.input):
			c.input = rate.rate
		case meters[m].side == answerSide && rate.rate.GreaterThan(c.output):
			c.output = rate.rate
		}
	}
}

func dearer(a, b *price) *price {
	if a == nil || b.rate.GreaterThan(a.rate) {
		return b
	}
	return a
}

// kind says which of the things a condition is about.
func (c condition) kind() string {
	switch {
	case c.Tier != "":
		return "tier"
	case c.Speed != "":
		return "speed"
	case c.Search != "":
		return "search"
	case c.Cache != "":
		return "cache"
	}
	return "geo"
}

// Cost is the most that so many tokens can cost, rounded up to a pico-dollar.
func (c Ceiling) Cost(inputTokens, outputTokens int64) Money {
	in := decimal.NewFromInt(max(0, inputTokens)).Mul(c.input)
	out := decimal.NewFromInt(max(0, outputTokens)).Mul(c.output)
	sum, _ := rounded(in.Add(out).Shift(-6).RoundCeil(picoDigits))
	return sum
}

// Fees is what so many seconds of sound, so many searches and the call itself can cost at
// most, where the model is charged by them.
func (c Ceiling) Fees(seconds, searches int64) (sum Money) {
	if c.second != nil {
		held := quote{least: c.least}
		sum = c.second.charge(held.atLeast(AudioSeconds, max(0, seconds)), meters[AudioSeconds].per)
	}
	if c.fee != nil {
		sum = sum.Add(c.fee.charge(1, meters[Fee].per))
	}
	if c.search != nil {
		sum = sum.Add(c.search.charge(max(0, searches), meters[SearchUnit].per))
	}
	return sum
}
