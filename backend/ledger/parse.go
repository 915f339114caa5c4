package ledger

import (
	"strconv"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/billing"
	"weir/frontend/src/i18n"
)

var units = []struct {
	suffix string
	unit   gateway.Unit
}{
	{"usd", gateway.USD},
	{"tokens", gateway.Tokens},
	{"calls", gateway.Calls},
}

// warns is what a limit ends with that refuses nothing.
const warns = ":warn"

// ParseLimit reads a limit such as "5usd/day", "100000tokens/total" or "50calls/month",
// or "5usd/day:warn", which only warns. Its window starts in the zone tz; empty means the ledger's own.
func ParseLimit(s, tz string) (gateway.Limit, error) {
	text, soft := strings.CutSuffix(strings.ToLower(strings.TrimSpace(s)), warns)
	amount, window, ok := strings.Cut(text, "/")
	if !ok {
		return gateway.Limit{}, badLimit(i18n.T("error.ledger.limit_no_window", "limit", s))
	}
	lim := gateway.Limit{Window: gateway.Window(strings.TrimSpace(window)), TZ: tz, Hard: !soft}
	amount = strings.TrimSpace(amount)
	for _, u := range units {
		number, ok := strings.CutSuffix(amount, u.suffix)
		if !ok {
			continue
		}
		n, err := parseAmount(u.unit, strings.TrimSpace(number))
		if err != nil {
			return gateway.Limit{}, badLimit(i18n.T("error.ledger.limit_amount", "limit", s, "amount", number, "unit", u.suffix))
		}
		lim.Unit, lim.Amount = u.unit, n
		if err := flaw(s, lim); err != nil {
			return gateway.Limit{}, err
		}
		return lim, nil
	}
	return gateway.Limit{}, badLimit(i18n.T("error.ledger.limit_no_unit", "limit", s))
}

func parseAmount(u gateway.Unit, s string) (int64, error) {
	if u != gateway.USD {
		return strconv.ParseInt(s, 10, 64)
	}
	m, err := billing.ParseMoney(s)
	return m.Pico(), err
}

// flaw says why a limit, written as text, cannot be kept, nil when it can.
func flaw(text string, lim gateway.Limit) error {
	switch lim.Unit {
	case gateway.USD, gateway.Tokens, gateway.Calls:
	default:
		return badLimit(i18n.T("error.ledger.limit_unit", "limit", text, "unit", lim.Unit))
	}
	switch lim.Window {
	case gateway.Day, gateway.Week, gateway.Month, gateway.Total:
	default:
		return badLimit(i18n.T("error.ledger.limit_window", "limit", text, "window", lim.Window))
	}
	if lim.Amount <= 0 {
		return badLimit(i18n.T("error.ledger.limit_not_positive", "limit", text))
	}
	if _, err := time.LoadLocation(lim.TZ); err != nil {
		return badLimit(i18n.T("error.ledger.limit_zone", "limit", text, "zone", lim.TZ))
	}
	return nil
}

func badLimit(message string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: "limits", Message: message}
}
