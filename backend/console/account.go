package console

import (
	"context"

	"weir/backend/gateway"
)

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
