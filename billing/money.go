package billing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Money is an exact amount of US dollars. At rest it is an INTEGER of
// pico-dollars (1e-12); the zero value is $0.
type Money struct{ pico int64 }

// ErrMoney is returned for text that is no amount, or one that a ledger cannot hold.
var ErrMoney = errors.New("not an amount of money")

// picoDigits is how many decimals of a dollar the ledger keeps.
const picoDigits = 12

// Pico makes Money from pico-dollars.
func Pico(n int64) Money { return Money{n} }

// ParseMoney reads dollars from decimal text such as "0.0125". Digits beyond the
// twelfth and amounts over 9.2 million dollars are an ErrMoney.
func ParseMoney(s string) (Money, error) {
	d, err := parseDecimal(s)
	if err != nil {
		return Money{}, err
	}
	m, fits := rounded(d)
	if shifted := d.Shift(picoDigits); !fits || !shifted.IsInteger() {
		return Money{}, fmt.Errorf("%q: %w", s, ErrMoney)
	}
	return m, nil
}

// rounded is the nearest amount, half to even. An amount that no ledger can hold is the
// largest that one can, and fits is false.
func rounded(d decimal.Decimal) (m Money, fits bool) {
	pico := d.Shift(picoDigits).RoundBank(0).BigInt()
	switch {
	case pico.IsInt64():
		return Money{pico.Int64()}, true
	case d.IsNegative():
		return Money{math.MinInt64}, false
	}
	return Money{math.MaxInt64}, false
}

// parseDecimal reads decimal text of a sane length. An exponent such as
// 1e-999999999 would otherwise cost gigabytes at the first rounding.
func parseDecimal(s string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(s)
	if err != nil || len(s) > 64 || d.Exponent() < -64 || d.Exponent() > 32 {
		return decimal.Decimal{}, fmt.Errorf("%.64q: %w", s, ErrMoney)
	}
	return d, nil
}

// Pico returns the amount in pico-dollars.
func (m Money) Pico() int64 { return m.pico }

// String returns dollars without exponent or trailing zeros.
func (m Money) String() string {
	sign, n := "", uint64(m.pico)
	if m.pico < 0 {
		sign, n = "-", -n
	}
	const dollar = 1_000_000_000_000
	text := sign + strconv.FormatUint(n/dollar, 10)
	if rest := n % dollar; rest != 0 {
		text += "." + strings.TrimRight(strconv.FormatUint(dollar+rest, 10)[1:], "0")
	}
	return text
}

// Add returns m + o, or the most that a ledger can hold.
func (m Money) Add(o Money) Money {
	sum := m.pico + o.pico
	switch grows := o.pico > 0; {
	case grows == (sum > m.pico):
		return Money{sum}
	case grows:
		return Money{math.MaxInt64}
	}
	return Money{math.MinInt64}
}

// Sub returns m − o, within what a ledger can hold.
func (m Money) Sub(o Money) Money {
	if o.pico == math.MinInt64 {
		return m.Add(Money{math.MaxInt64})
	}
	return m.Add(Money{-o.pico})
}

// Cmp returns -1, 0 or 1 as m is less than, equal to or greater than o.
func (m Money) Cmp(o Money) int { return cmp.Compare(m.pico, o.pico) }

// MarshalJSON writes the amount as text, so that no reader makes a float of it.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(`"` + m.String() + `"`), nil }

// UnmarshalJSON reads the text that MarshalJSON wrote.
func (m *Money) UnmarshalJSON(b []byte) error {
	rest, opened := bytes.CutPrefix(b, []byte{'"'})
	text, closed := bytes.CutSuffix(rest, []byte{'"'})
	if !opened || !closed {
		return fmt.Errorf("%.64s: %w", b, ErrMoney)
	}
	v, err := ParseMoney(string(text))
	*m = v
	return err
}

// A price is a rate that is ready to be multiplied.
type price struct {
	rate decimal.Decimal  // dollars per so many
	text string           // the same, as a bill shows it
	pico int64            // pico-dollars for one; 0 where that is no whole number
	yuan *decimal.Decimal // what a dollar costs, where rate is in yuan; nil: it is in dollars
}

// rateDigits parts a rate of a price list: plain decimal text, at most five digits before
// the point and nine after it, where zeros at the end do not count.
func rateDigits(text string) (whole, part string, ok bool) {
	whole, part, pointed := strings.Cut(text, ".")
	ok = len(whole) > 0 && len(whole) <= 5 && pointed == (part != "") && digits(whole) && digits(part)
	part = strings.TrimRight(part, "0")
	return whole, part, ok && len(part) <= 9
}

// parsePrice makes a rate of a price list ready for a meter.
func parsePrice(m Meter, text string) (p *price, ok bool) {
	whole, part, ok := rateDigits(text)
	if !ok {
		return nil, false
	}
	number, _ := strconv.ParseInt(whole+part, 10, 64) // at most fourteen digits
	p = &price{rate: decimal.New(number, -int32(len(part))), text: text[:len(whole)]}
	if len(part) > 0 {
		p.text = text[:len(whole)+1+len(part)]
	}
	if whole[0] == '0' && whole != "0" {
		p.text = p.rate.String()
	}
	for range picoDigits - len(part) {
		number *= 10 // seventeen digits at most
	}
	if per := meters[m].per; number%per == 0 {
		p.pico = number / per
	}
	return p, true
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// times is the price multiplied, for the same meter.
func (p *price) times(m Meter, factor decimal.Decimal) *price {
	rate := p.rate.Mul(factor)
	out := &price{rate: rate, text: rate.String()}
	if one, rest := rate.Shift(picoDigits).QuoRem(decimal.NewFromInt(meters[m].per), 0); rest.IsZero() && one.BigInt().IsInt64() {
		out.pico = one.IntPart()
	}
	return out
}

// charge is quantity × rate / per, rounded once, half to even, to a pico-dollar.
func (p *price) charge(quantity, per int64) Money {
	if p.pico > 0 && quantity >= 0 && quantity <= math.MaxInt64/p.pico {
		return Money{quantity * p.pico}
	}
	whole := decimal.NewFromInt(quantity).Mul(p.rate)
	if zeros, ok := powerOfTen(per); ok && p.yuan == nil {
		m, _ := rounded(whole.Shift(-zeros))
		return m
	}
	divisor := decimal.NewFromInt(per)
	if p.yuan != nil {
		divisor = divisor.Mul(*p.yuan)
	}
	q, rest := whole.QuoRem(divisor, picoDigits)
	half := rest.Shift(picoDigits).Mul(decimal.NewFromInt(2)).Cmp(divisor)
	odd := q.Shift(picoDigits).BigInt().Bit(0) == 1
	if half > 0 || half == 0 && odd {
		q = q.Add(decimal.New(1, -picoDigits))
	}
	m, _ := rounded(q)
	return m
}

func powerOfTen(n int64) (zeros int32, ok bool) {
	for ; n >= 10 && n%10 == 0; n /= 10 {
		zeros++
	}
	return zeros, n == 1
}
