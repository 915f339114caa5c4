package i18n

import (
	"strings"

	"github.com/shopspring/decimal"
)

const significant = 4 // digits of an amount; the window has the rest

// USD writes an amount for a glance: four significant digits, at least cents.
func USD(text string) string { return Money("USD", text) }

// signs stand before amounts in the currencies that have one.
var signs = map[string]string{"USD": "$", "CNY": "¥"}

// Money writes an amount in a currency as USD does.
func Money(currency, text string) string {
	mark, known := signs[currency]
	if !known {
		mark = currency + " "
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return text
	}
	sign := ""
	if d.IsNegative() {
		sign, d = "−", d.Neg()
	}
	places := int32(2)
	if whole := d.IntPart(); whole == 0 && !d.IsZero() {
		lead := int32(d.NumDigits()) + d.Exponent() // 0 for 0.1, -1 for 0.01
		places = max(2, significant-lead)
	}
	rounded := d.RoundBank(places)
	out := rounded.String()
	if whole, fraction, ok := strings.Cut(out, "."); ok && len(fraction) == 1 {
		out = whole + "." + fraction + "0"
	}
	return sign + mark + grouped(out)
}

// Quantity writes a whole number with its thousands apart.
func Quantity(text string) string { return grouped(text) }

func grouped(text string) string {
	whole, fraction, ok := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if ok {
		return whole + "." + fraction
	}
	return whole
}
