package billing

import "slices"

// flagCompared is on what was only worked out to be compared.
const flagCompared = "compared"

// Otherwise is what a case would have cost with other counts, at the same prices; nil: nobody knows. A cache whose
// reading has no price of its own cannot be compared with.
func (b *Book) Otherwise(c Case, u Usage) *Money {
	bill := b.Estimate(c, u, flagCompared)
	if slices.Contains(bill.Flags, flagReadAtInput) {
		return nil
	}
	return bill.Total
}
