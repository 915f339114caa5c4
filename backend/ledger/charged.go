package ledger

import (
	"context"
	"fmt"

	"weir/billing"
)

const (
	chargedToKey = `SELECT ifnull(sum(charge_pico), 0) FROM rollup WHERE simulated = ? AND slot >= ? AND slot < ? AND key_id = ?`
	chargedToAll = `SELECT ifnull(sum(charge_pico), 0) FROM rollup WHERE simulated = ? AND slot >= ? AND slot < ?`
)

// ChargedTo returns what the calls of a slot's quarter hours were charged, those of one key
// or, with an empty id, all of the account.
func (l *Ledger) ChargedTo(ctx context.Context, keyID string, s Slot, simulated bool) (billing.Money, error) {
	whole := s.Whole()
	query, args := chargedToAll, []any{simulated, whole.From.UnixMilli(), whole.To.UnixMilli()}
	if keyID != "" {
		query, args = chargedToKey, append(args, keyID)
	}
	var pico int64
	if err := l.st.Read().QueryRowContext(ctx, query, args...).Scan(&pico); err != nil {
		return billing.Money{}, fmt.Errorf("add up what was charged: %w", err)
	}
	return billing.Pico(pico), nil
}
