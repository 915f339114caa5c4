package tray

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

const (
	digits     = 4  // significant ones of an amount; the window has the rest
	longestTag = 40 // characters of a name
)

// usd writes an amount for a glance: four significant digits, at least cents.
func usd(text string) string {
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
		places = max(2, digits-lead)
	}
	rounded := d.RoundBank(places)
	out := rounded.String()
	if whole, fraction, ok := strings.Cut(out, "."); ok && len(fraction) == 1 {
		out = whole + "." + fraction + "0"
	}
	return sign + "$" + grouped(out)
}

// quantity writes a whole number with its thousands apart.
func quantity(text string) string { return grouped(text) }

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

// percent writes thousandths, rounded down.
func percent(permille int) string { return strconv.Itoa(permille/10) + " %" }

// shorten keeps a long name from widening the menu.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= longestTag {
		return name
	}
	return string([]rune(name)[:longestTag-1]) + "…"
}
