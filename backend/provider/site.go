package provider

import "github.com/shopspring/decimal"

// The gateways that people run for others count in units of their own, and show money in the
// currency that their site is set to; both are told at /api/status, to everybody (New API's
// controller/misc.go and One API's, read 2026-11).
const (
	siteStatus   = "/api/status"
	subscription = "/v1/dashboard/billing/subscription"
	usage        = "/v1/dashboard/billing/usage"
)

// noBound is what both write for a key without a limit where they have no word for it
// (controller/billing.go of New API and of One API, read 2026-11).
var noBound = decimal.New(100_000_000, 0)

// cents is what usage is told in.
const cents = 2

// perUnit is how many units are a dollar.
func (d reply) perUnit() (n decimal.Decimal, ok bool) {
	n, ok = d.number("data.quota_per_unit")
	return n, ok && n.IsPositive()
}

// digits of an amount that is not a whole number of the site's units
const digits = 12

// ofToken reads New API's own question about a key, which answers in units.
func ofToken(d reply) ([]Amount, bool) {
	unlimited, told := d.flag("data.unlimited_quota")
	if unlimited {
		return []Amount{{Unlimited: true}}, true
	}
	per, ok := d.perUnit()
	granted, hasGranted := d.number("data.total_granted")
	used, hasUsed := d.number("data.total_used")
	left, hasLeft := d.number("data.total_available")
	if !told || !ok || !hasLeft || used.IsNegative() {
		return nil, false
	}
	usd := func(units decimal.Decimal) decimal.Decimal { return units.DivRound(per, digits) }
	a, ok := sum("USD", usd(granted), usd(used), usd(left), hasGranted && !granted.IsNegative(), hasUsed, true)
	return []Amount{a}, ok
}

// ofSite reads what a site answers to those who ask in OpenAI's old way: what the key was
// granted, and what it has used, in the site's currency. Where One API is set to answer for the
// account instead, it leaves out what was used of the first: then less is shown than is left.
func ofSite(d reply) ([]Amount, bool) {
	total, ok := d.number("hard_limit_usd")
	used, has := d.number("total_usage")
	if !ok || !has || total.IsNegative() || used.IsNegative() {
		return nil, false
	}
	currency := d.text("data.quota_display_type")
	if inMoney, _ := d.flag("data.display_in_currency"); currency == "" && inMoney {
		currency = "USD"
	}
	units := currency == "TOKENS" || currency == ""
	if total.Equal(noBound) || total.GreaterThan(noBound) && !units {
		return []Amount{{Unlimited: true}}, true
	}
	if used = used.Shift(-cents); units {
		per, ok := d.perUnit()
		if !ok {
			return nil, false
		}
		currency, total, used = "USD", total.DivRound(per, digits), used.DivRound(per, digits)
	}
	if !currencies[currency] {
		return nil, false
	}
	a, ok := sum(currency, total, used, decimal.Decimal{}, true, true, false)
	return []Amount{a}, ok
}

// ofWeir reads another Weir's answer to the same: exact, and null where nobody set a budget. It
// has nothing to say of money where the limit is one of tokens or calls.
func ofWeir(d reply) ([]Amount, bool) {
	funds := Account
	if d.text("answers_for") == "key" {
		funds = KeyLimit
	}
	if unlimited, _ := d.flag("unlimited"); unlimited {
		return []Amount{{Funds: funds, Unlimited: true}}, true
	}
	total, ok := d.number("hard_limit_usd")
	used, has := d.number("total_usage")
	if !ok || !has || total.IsNegative() || used.IsNegative() {
		return nil, false
	}
	a, ok := sum("USD", total, used.Shift(-cents), decimal.Decimal{}, true, true, false)
	a.Funds = funds
	return []Amount{a}, ok
}
