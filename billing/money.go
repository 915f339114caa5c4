package billing

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// Money is an exact amount of US dollars. At rest it is an INTEGER of
// pico-dollars (1e-12); the zero value is $0.
type Money struct{ d decimal.Decimal }

// ErrMoney is returned for text that is no amount, or one that a ledger cannot hold.
var ErrMoney = errors.New("not an amount of money")

// picoDigits is how many decimals of a dollar the ledger keeps.
const picoDigits = 12

// Pico makes Money from pico-dollars.
func Pico(n int64) Money { return Money{decimal.New(n, -picoDigits)} }

// ParseMoney reads dollars from decimal text such as "0.0125". Digits beyond the
// twelfth and amounts over 9.2 million dollars are an ErrMoney.
func ParseMoney(s string) (Money, error) {
	d, err := parseDecimal(s)
	if err != nil {
		return Money{}, err
	}
	shifted := d.Shift(picoDigits)
	if !shifted.IsInteger() || !shifted.BigInt().IsInt64() {
		return Money{}, fmt.Errorf("%q: %w", s, ErrMoney)
	}
	return Money{d}, nil
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
func (m Money) Pico() int64 { return m.d.Shift(picoDigits).IntPart() }

// String returns dollars without exponent or trailing zeros.
func (m Money) String() string { return m.d.String() }

// Add returns m + o.
func (m Money) Add(o Money) Money { return Money{m.d.Add(o.d)} }

// Sub returns m − o.
func (m Money) Sub(o Money) Money { return Money{m.d.Sub(o.d)} }

// Cmp returns -1, 0 or 1 as m is less than, equal to or greater than o.
func (m Money) Cmp(o Money) int { return m.d.Cmp(o.d) }

// MarshalJSON writes the amount as text, so that no reader makes a float of it.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(`"` + m.String() + `"`), nil }

// UnmarshalJSON reads the text that MarshalJSON wrote.
func (m *Money) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("%.64s: %w", b, ErrMoney)
	}
	v, err := ParseMoney(string(b[1 : len(b)-1]))
	*m = v
	return err
}

// charge is quantity × rate / per, rounded once, half to even, to a pico-dollar.
func charge(quantity int64, rate decimal.Decimal, per int64) Money {
	whole := decimal.NewFromInt(quantity).Mul(rate)
	if zeros, ok := powerOfTen(per); ok {
		return Money{whole.Shift(-zeros).RoundBank(picoDigits)}
	}
	divisor := decimal.NewFromInt(per)
	q, rest := whole.QuoRem(divisor, picoDigits)
	half := rest.Shift(picoDigits).Mul(decimal.NewFromInt(2)).Cmp(divisor)
	odd := q.Shift(picoDigits).BigInt().Bit(0) == 1
	if half > 0 || half == 0 && odd {
		q = q.Add(decimal.New(1, -picoDigits))
	}
	return Money{q}
}

func powerOfTen(n int64) (zeros int32, ok bool) {
	for ; n >= 10 && n%10 == 0; n /= 10 {
		zeros++
	}
	return zeros, n == 1
}
