package i18n

import "testing"

func TestAmountsForAGlance(t *testing.T) {
	for _, tt := range []struct{ name, amount, want string }{
		{"nothing", "0", "$0"},
		{"less than a cent keeps its digits", "0.004", "$0.004"},
		{"four significant digits", "0.0157266", "$0.01573"},
		{"very little is not nothing", "0.00000004", "$0.00000004"},
		{"the smallest amount of all", "0.000000000001", "$0.000000000001"},
		{"dimes have their cents", "0.5", "$0.50"},
		{"half goes to the even digit, up", "9.995", "$10"},
		{"half goes to the even digit, down", "9.985", "$9.98"},
		{"nearly ten", "9.999", "$10"},
		{"nearly one", "0.99996", "$1"},
		{"nearly a hundred", "99.999", "$100"},
		{"whole dollars", "5", "$5"},
		{"thousands are apart", "1234.5", "$1,234.50"},
		{"cents are enough above a dollar", "12345.67", "$12,345.67"},
		{"millions", "9223372.036854775807", "$9,223,372.04"},
		{"less than nothing has its sign before the dollar", "-0.173", "−$0.173"},
		{"no amount is left as it is", "much", "much"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := USD(tt.amount); got != tt.want {
				t.Errorf("USD(%s) = %s, want %s", tt.amount, got, tt.want)
			}
		})
	}
}

func TestMoney(t *testing.T) {
	for _, tt := range []struct{ currency, amount, want string }{
		{"USD", "12.4", "$12.40"},
		{"CNY", "12.4", "¥12.40"},
		{"CNY", "-0.5", "−¥0.50"},
		{"EUR", "12.4", "EUR 12.40"},
	} {
		if got := Money(tt.currency, tt.amount); got != tt.want {
			t.Errorf("Money(%s, %s) = %s, want %s", tt.currency, tt.amount, got, tt.want)
		}
	}
}

func TestQuantities(t *testing.T) {
	for n, want := range map[string]string{"0": "0", "999": "999", "1000": "1,000", "2000000": "2,000,000"} {
		if got := Quantity(n); got != want {
			t.Errorf("Quantity(%s) = %s, want %s", n, got, want)
		}
	}
}
