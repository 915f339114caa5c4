package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

var units = []struct {
	suffix string
	unit   gateway.Unit
}{
	{"usd", gateway.USD},
	{"tokens", gateway.Tokens},
	{"calls", gateway.Calls},
}

// ParseLimit reads a hard limit such as "5usd/day", "100000tokens/total" or
// "50calls/month". Its window starts in the zone tz; empty means the ledger's own.
func ParseLimit(s, tz string) (gateway.Limit, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	amount, window, ok := strings.Cut(text, "/")
	if !ok {
		return gateway.Limit{}, badLimit(s, "it lacks a window, as in 5usd/day")
	}
	lim := gateway.Limit{Window: gateway.Window(strings.TrimSpace(window)), TZ: tz, Hard: true}
	amount = strings.TrimSpace(amount)
	for _, u := range units {
		number, ok := strings.CutSuffix(amount, u.suffix)
		if !ok {
			continue
		}
		n, err := parseAmount(u.unit, strings.TrimSpace(number))
		if err != nil {
			return gateway.Limit{}, badLimit(s, fmt.Sprintf("%q is no amount of %s", number, u.suffix))
		}
		lim.Unit, lim.Amount = u.unit, n
		if why := flaw(lim); why != "" {
			return gateway.Limit{}, badLimit(s, why)
		}
		return lim, nil
	}
	return gateway.Limit{}, badLimit(s, "its amount is in none of usd, tokens and calls")
}

func parseAmount(u gateway.Unit, s string) (int64, error) {
	if u != gateway.USD {
		return strconv.ParseInt(s, 10, 64)
	}
	m, err := billing.ParseMoney(s)
	return m.Pico(), err
}

// flaw says why a limit cannot be kept, empty when it can.
func flaw(lim gateway.Limit) string {
	switch lim.Unit {
	case gateway.USD, gateway.Tokens, gateway.Calls:
	default:
		return fmt.Sprintf("its unit %q is none of usd, tokens and calls", lim.Unit)
	}
	switch lim.Window {
	case gateway.Day, gateway.Week, gateway.Month, gateway.Total:
	default:
		return fmt.Sprintf("its window %q is none of day, week, month and total", lim.Window)
	}
	if lim.Amount <= 0 {
		return "its amount is not more than zero"
	}
	if _, err := time.LoadLocation(lim.TZ); err != nil {
		return fmt.Sprintf("its time zone %q is unknown", lim.TZ)
	}
	return ""
}

func badLimit(s, why string) error {
	return &gateway.Error{
		Kind:    gateway.Invalid,
		Field:   "limits",
		Message: fmt.Sprintf("The limit %q cannot be used: %s.", s, why),
	}
}
