package console

import (
	"context"
	"strconv"
	"strings"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// TopUp is what limits.topup takes: an amount in the limit's unit, for its running window alone.
type TopUp struct {
	ID     string `json:"id"`
	Amount string `json:"amount"`
	Reason string `json:"reason"`
}

func (c *Console) topUpLimit(ctx context.Context, a TopUp) (Limit, error) {
	l, err := c.Ledger.Limit(a.ID)
	if err != nil {
		return Limit{}, err
	}
	amount, err := amountOf(l.Unit, a.Amount)
	if err != nil {
		return Limit{}, err
	}
	return c.changeLimit(ctx, func(simulated bool) (gateway.LimitUse, error) {
		return c.Ledger.TopUp(ctx, l.ID, amount, strings.TrimSpace(a.Reason), simulated)
	})
}

// amountOf reads an amount of a unit, with or without the unit behind it.
func amountOf(unit gateway.Unit, text string) (int64, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), string(unit)))
	n, err := strconv.ParseInt(text, 10, 64)
	if unit == gateway.USD {
		var m billing.Money
		m, err = billing.ParseMoney(text)
		n = m.Pico()
	}
	if err != nil || n <= 0 {
		return 0, invalid("amount", i18n.T("error.ledger.topup_amount"))
	}
	return n, nil
}

// ResetLimit is what limits.reset takes.
type ResetLimit struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

func (c *Console) resetLimit(ctx context.Context, a ResetLimit) (Limit, error) {
	return c.changeLimit(ctx, func(simulated bool) (gateway.LimitUse, error) {
		return c.Ledger.Reset(ctx, a.ID, strings.TrimSpace(a.Reason), simulated)
	})
}

// changeLimit changes the window whose figures are shown: of simulated calls until the first real one.
func (c *Console) changeLimit(ctx context.Context, change func(simulated bool) (gateway.LimitUse, error)) (Limit, error) {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Limit{}, err
	}
	use, err := change(!real)
	if err != nil {
		return Limit{}, err
	}
	c.changes.tell("keys")
	return viewLimits([]gateway.LimitUse{use})[0], nil
}

// A LimitChange is what a person did to a limit's window, and why.
type LimitChange struct {
	ID             int64   `json:"id"`
	LimitID        string  `json:"limit_id"`
	Kind           string  `json:"kind" ts:"'topup' | 'reset'"`
	Amount         string  `json:"amount"` // what was added; or what had been spent until the reset
	Unit           string  `json:"unit" ts:"'usd' | 'tokens' | 'calls'"`
	Reason         string  `json:"reason"`
	At             string  `json:"at"`
	WindowStartsAt *string `json:"window_starts_at"`
}

func (c *Console) limitChanges(ctx context.Context, a byID) ([]LimitChange, error) {
	changes, err := c.Ledger.WindowChanges(ctx, a.ID)
	out := make([]LimitChange, len(changes))
	for i, ch := range changes {
		out[i] = viewChange(ch)
	}
	return out, err
}

func viewChange(c ledger.WindowChange) LimitChange {
	return LimitChange{ID: c.ID, LimitID: c.LimitID, Kind: c.Kind, Amount: c.Unit.Text(c.Amount), Unit: string(c.Unit),
		Reason: c.Reason, At: stamp(c.At), WindowStartsAt: stampOrNull(c.Start)}
}
