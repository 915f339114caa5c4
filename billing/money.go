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

// Pico makes Money from pico-dollars.
func Pico(n int64) Money { return Money{decimal.New(n, -12)} }

// ParseMoney reads dollars from decimal text such as "0.0125". Digits beyond the
// twelfth and amounts over 9.2 million dollars are an ErrMoney.
func ParseMoney(s string) (Money, error) {
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Money{}, fmt.Errorf("%q: %w", s, ErrMoney)
	}
	shifted := d.Shift(12)
	if !shifted.IsInteger() || !shifted.BigInt().IsInt64() {
		return Money{}, fmt.Errorf("%q: %w", s, ErrMoney)
	}
	return Money{d}, nil
}

// Pico returns the amount in pico-dollars.
func (m Money) Pico() int64 { return m.d.Shift(12).IntPart() }

// String returns dollars without exponent or trailing zeros.
func (m Money) String() string { return m.d.String() }

func (m Money) Add(o Money) Money { return Money{m.d.Add(o.d)} }
func (m Money) Sub(o Money) Money { return Money{m.d.Sub(o.d)} }
func (m Money) Cmp(o Money) int   { return m.d.Cmp(o.d) }

func (m Money) MarshalJSON() ([]byte, error) { return []byte(`"` + m.String() + `"`), nil }

func (m *Money) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return fmt.Errorf("%s: %w", b, ErrMoney)
	}
	v, err := ParseMoney(string(b[1 : len(b)-1]))
	*m = v
	return err
}
