package billing

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func TestMoneyAtItsEdges(t *testing.T) {
	most, least := Pico(math.MaxInt64), Pico(math.MinInt64)
	for _, tt := range []struct {
		name      string
		got, want Money
	}{
		{"the least coin is too much on top of the most", Pico(1).Add(most), most},
		{"and too much below the least", Pico(-1).Add(least), least},
		{"twice the least is the least", least.Add(least), least},
		{"twice the most is the most", most.Add(most), most},
		{"nothing changes the most", most.Add(Pico(0)), most},
		{"nothing changes the least", Pico(0).Add(least), least},
		{"the least and the most part by one", most.Add(least), Pico(-1)},
		{"a sum may come to nothing", Pico(-7).Add(Pico(7)), Pico(0)},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestAmountsThatAreTooLongAreNone(t *testing.T) {
	long := strings.Repeat("0", 62) + ".5" // 64 letters
	for _, tt := range []struct {
		text string
		ok   bool
	}{
		{long, true}, {"0" + long, false},
		{"1e-64", true}, {"1e-65", false}, {"1e32", true}, {"1e33", false}, {"1e-999999999", false}, {"", false}, {"one", false},
	} {
		if _, err := parseDecimal(tt.text); (err == nil) != tt.ok {
			t.Errorf("parseDecimal(%s): %v, want ok %t", tt.text, err, tt.ok)
		}
	}
	for text, ok := range map[string]bool{
		"9223372.036854775807": true, "9223372.036854775808": false, "-9223372.036854775808": true, "-9223372.036854775809": false,
		"0.0000000000001": false, "1e3": true,
	} {
		if _, err := ParseMoney(text); (err == nil) != ok {
			t.Errorf("ParseMoney(%s): %v, want ok %t", text, err, ok)
		}
	}
}

func TestMoneyInJSON(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`"1.5"`, "1.5"}, {`"0"`, "0"}, {`"-2"`, "-2"}, {`"7"`, "7"},
		{`""`, ""}, {`"`, ""}, {`"1.5""`, ""}, {`""1.5"`, ""}, {`1.5`, ""}, {`"1.5`, ""}, {`1.5"`, ""}, {`"many"`, ""}, {``, ""}, {`"0.0000000000001"`, ""}, {`15`, ""},
	} {
		m := Pico(1)
		err := m.UnmarshalJSON([]byte(tt.text))
		if (err == nil) != (tt.want != "") || err == nil && m.String() != tt.want {
			t.Errorf("UnmarshalJSON(%s) = %s, %v, want %q", tt.text, m, err, tt.want)
		}
	}
}

func TestLinesInJSON(t *testing.T) {
	cost := Pico(3_000_000_000)
	for _, l := range []Line{
		{What: "input", Quantity: 1000, Unit: "tokens", RateUSD: "3", Per: 1_000_000, Cost: &cost},
		{What: "output", Quantity: math.MaxInt64, Unit: "tokens", Per: math.MaxInt64},
	} {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back Line
		if err := json.Unmarshal(text, &back); err != nil || back.Quantity != l.Quantity || back.Per != l.Per || back.RateUSD != l.RateUSD || back.What != l.What || back.Unit != l.Unit {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
		if (back.Cost == nil) != (l.Cost == nil) || l.Cost != nil && *back.Cost != *l.Cost {
			t.Errorf("the cost of %s came back as %v", text, back.Cost)
		}
	}
	for _, text := range []string{`{"quantity":"x","per":"1"}`, `{"quantity":"1","per":"x"}`, `{"quantity":1,"per":"1"}`, `[]`, `{"quantity":"9223372036854775808","per":"1"}`, `{"quantity":"1","per":"9223372036854775808"}`} {
		var l Line
		if err := json.Unmarshal([]byte(text), &l); err == nil {
			t.Errorf("%s is no line, and was read as %+v", text, l)
		}
	}
}

// TestRatesAreReady: a rate of whole pico-dollars is charged without a decimal's cost.
func TestRatesAreReady(t *testing.T) {
	for _, tt := range []struct {
		m     Meter
		rate  string
		times string
		pico  int64 // for one; 0: that is no whole number
		after int64 // when it is multiplied
		text  string
	}{
		{Input, "3", "0.5", 3_000_000, 1_500_000, "1.5"},
		{Input, "0.000000001", "1", 0, 0, "0.000000001"},
		{Input, "0.000001", "2", 1, 2, "0.000002"},
		{Input, "0.000002", "0.1", 2, 0, "0.0000002"},
		{Input, "0.000003", "0.5", 3, 0, "0.0000015"},
		{CodeSession, "99999", "99999", 99_999_000_000_000_000, 0, "9999800001"},
		{Input, "99999.999999", "1", 99_999_999_999, 99_999_999_999, "99999.999999"},
		{WebSearch, "10", "2", 10_000_000_000, 20_000_000_000, "20"},
		{AudioSeconds, "0.36", "1", 100_000_000, 100_000_000, "0.36"},
		{AudioSeconds, "0.000000001", "3", 0, 0, "0.000000003"},
	} {
		p, ok := parsePrice(tt.m, tt.rate)
		if !ok || p.pico != tt.pico {
			t.Errorf("%s costs %d pico-dollars each, want %d", tt.rate, p.pico, tt.pico)
		}
		other := p.times(tt.m, decimal.RequireFromString(tt.times))
		if other.pico != tt.after || other.text != tt.text {
			t.Errorf("%s × %s costs %d pico-dollars each and is written %s, want %d, %s", tt.rate, tt.times, other.pico, other.text, tt.after, tt.text)
		}
	}
}

func TestRatesAsTheyAreWritten(t *testing.T) {
	for in, want := range map[string]string{"0": "0", "00": "0", "0.5": "0.5", "10": "10", "010": "10", "00.50": "0.5", "1": "1", "12.340": "12.34", "20.0": "20"} {
		if p, ok := parsePrice(Output, in); !ok || p.text != want || !p.rate.Equal(decimal.RequireFromString(in)) {
			t.Errorf("the rate %s is written %s, %t, want %s", in, p.text, ok, want)
		}
	}
}

// TestRoundingHalfToEven: amounts that lie in the middle of two, per hour and per million.
func TestRoundingHalfToEven(t *testing.T) {
	for _, tt := range []struct {
		rate          string
		quantity, per int64
		want          int64
	}{
		{"0.000000009", 1, 3600, 2}, // 2.5
		{"0.000000009", 3, 3600, 8}, // 7.5
		{"0.000000009", 2, 3600, 5},
		{"0.000000003", 1, 3600, 1}, // 0.83
		{"0.000000003", 2, 3600, 2}, // 1.67
		{"0.000000003", 4, 3600, 3}, // 3.33
		{"0.000000003", 0, 3600, 0},
		{"0.0000005", 1, 1_000_000, 0}, // 0.5
		{"0.0000005", 3, 1_000_000, 2}, // 1.5
		{"0.0000005", 5, 1_000_000, 2}, // 2.5
		{"0.0000006", 1, 1_000_000, 1},
		{"3", math.MaxInt64 / 3_000_000, 1_000_000, math.MaxInt64 / 3_000_000 * 3_000_000},
		{"3", math.MaxInt64/3_000_000 + 1, 1_000_000, math.MaxInt64}, // no ledger holds it
		{"3", 1, 1_000_000, 3_000_000},
	} {
		m := Input
		if tt.per == 3600 {
			m = AudioSeconds
		}
		p, ok := parsePrice(m, tt.rate)
		if !ok {
			t.Fatalf("%s is no rate", tt.rate)
		}
		if got := p.charge(tt.quantity, tt.per).Pico(); got != tt.want {
			t.Errorf("%d × %s / %d = %d pico-dollars, want %d", tt.quantity, tt.rate, tt.per, got, tt.want)
		}
	}
}

func TestPowersOfTen(t *testing.T) {
	for _, tt := range []struct {
		n     int64
		zeros int32
		ok    bool
	}{{1, 0, true}, {10, 1, true}, {100, 2, true}, {1_000_000, 6, true}, {2, 0, false}, {9, 0, false}, {11, 0, false}, {20, 1, false}, {3600, 2, false}, {101, 0, false}} {
		if zeros, ok := powerOfTen(tt.n); ok != tt.ok || ok && zeros != tt.zeros {
			t.Errorf("powerOfTen(%d) = %d, %t, want %d, %t", tt.n, zeros, ok, tt.zeros, tt.ok)
		}
	}
}
