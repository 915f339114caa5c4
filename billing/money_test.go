package billing

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
)

func TestMoneyAddsWithoutOverflow(t *testing.T) {
	most, least := Pico(math.MaxInt64), Pico(math.MinInt64)
	for _, tt := range []struct {
		name      string
		got, want Money
	}{
		{"a sum", Pico(2).Add(Pico(3)), Pico(5)},
		{"a difference may be negative", Pico(2).Sub(Pico(3)), Pico(-1)},
		{"a sum stays within what a ledger can hold", most.Add(Pico(1)), most},
		{"so does one below zero", least.Add(Pico(-1)), least},
		{"and a difference", least.Sub(Pico(1)), least},
		{"taking away the least is adding the most", Pico(0).Sub(least), most},
		{"opposites cancel out", most.Add(Pico(-math.MaxInt64)), Pico(0)},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestMoneyAsText(t *testing.T) {
	for _, tt := range []struct {
		pico int64
		want string
	}{
		{0, "0"}, {1, "0.000000000001"}, {-1, "-0.000000000001"}, {1_500_000_000_000, "1.5"}, {-2_000_000_000_000, "-2"}, {100_000_000_000_000, "100"},
		{1_000_000_000_010, "1.00000000001"}, {math.MaxInt64, "9223372.036854775807"}, {math.MinInt64, "-9223372.036854775808"},
	} {
		if got := Pico(tt.pico).String(); got != tt.want {
			t.Errorf("Pico(%d).String() = %s, want %s", tt.pico, got, tt.want)
		}
		if back, err := ParseMoney(tt.want); err != nil || back.Pico() != tt.pico {
			t.Errorf("ParseMoney(%s) = %d, %v, want %d", tt.want, back.Pico(), err, tt.pico)
		}
	}
}

func TestParsePrice(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"3", "3"}, {"2.50", "2.5"}, {"3.0", "3"}, {"0.000000001", "0.000000001"}, {"99999.999999999", "99999.999999999"}, {"007", "7"}, {"0", "0"}, {"1.100000000", "1.1"},
		{"", ""}, {".5", ""}, {"5.", ""}, {"-1", ""}, {"+1", ""}, {"1e3", ""}, {"1.2.3", ""}, {"100000", ""}, {"0.1234567891", ""}, {" 1", ""},
	} {
		p, ok := parsePrice(Input, tt.in)
		if ok != (tt.want != "") || ok && p.text != tt.want {
			t.Errorf("parsePrice(%q) = %v, %t, want %q", tt.in, p, ok, tt.want)
		}
	}
}

// FuzzCharge: whole numbers and decimals come to the same amount.
func FuzzCharge(f *testing.F) {
	f.Add("2.50", int64(1000), uint8(Input))
	f.Add("0.111", int64(10), uint8(AudioSeconds))
	f.Add("99999.999999999", int64(mostTokens), uint8(WebSearch))
	f.Add("0.0000005", int64(3), uint8(Output))
	f.Fuzz(func(t *testing.T, rate string, quantity int64, which uint8) {
		m := Meter(which) % NumMeters
		p, ok := parsePrice(m, rate)
		if !ok || quantity < 0 || quantity > mostTokens {
			return
		}
		per := decimal.NewFromInt(meters[m].per)
		exact := decimal.NewFromInt(quantity).Mul(decimal.RequireFromString(rate))
		got := decimal.New(p.charge(quantity, meters[m].per).Pico(), -picoDigits)
		if got.Cmp(Pico(mostPico).decimal()) > 0 {
			return // no bill holds it
		}
		if off := got.Mul(per).Sub(exact).Abs().Mul(decimal.NewFromInt(2)); off.Cmp(per.Shift(-picoDigits)) > 0 {
			t.Errorf("%d × %s / %s = %s, more than half a pico-dollar off", quantity, rate, per, got)
		}
		half, other := p.times(m, decimal.New(5, -1)), decimal.RequireFromString(rate).Mul(decimal.New(5, -1))
		if !half.rate.Equal(other) || half.text != other.String() {
			t.Errorf("%s × 0.5 = %s, want %s", rate, half.text, other)
		}
	})
}

func (m Money) decimal() decimal.Decimal { return decimal.New(m.pico, -picoDigits) }
