package console

import (
	"context"

	"weir/backend/gateway"
)

// An Account is what all keys share.
type Account struct {
	Limits    []Limit `json:"limits"`
	Pace      Pace    `json:"pace"`
	SpentUSD  string  `json:"spent_usd"` // ever
	Simulated bool    `json:"simulated"`
}

func (c *Console) account(ctx context.Context, _ none) (Account, error) {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Account{}, err
	}
	uses, err := c.Ledger.Uses(ctx, gateway.ScopeAccount, "", !real)
	if err != nil {
		return Account{}, err
	}
	spent, _, err := c.Ledger.Spent(ctx, gateway.ScopeAccount, "", !real)
	return Account{Limits: viewLimits(uses), Pace: viewPace(c.Access.AccountPace()), SpentUSD: spent.String(), Simulated: !real}, err
}

// LimitAccount is what account.limit takes: the account's limits from now on.
type LimitAccount struct {
	Limits []string `json:"limits"`
}

func (c *Console) limitAccount(ctx context.Context, a LimitAccount) (Quota, error) {
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return Quota{}, err
	}
	if err := c.Ledger.SetLimits(ctx, gateway.ScopeAccount, "", limits); err != nil {
		return Quota{}, err
	}
	c.changes.tell("keys")
	return c.quota(ctx, quotaArgs{})
}

// PaceAccount is what account.pace takes: how fast all keys together may go from now on.
type PaceAccount struct {
	Pace Pace `json:"pace"`
}

func (c *Console) paceAccount(ctx context.Context, a PaceAccount) (Account, error) {
	if err := c.Access.SetAccountPace(ctx, a.Pace.read()); err != nil {
		return Account{}, err
	}
	c.changes.tell("keys")
	return c.account(ctx, none{})
}
