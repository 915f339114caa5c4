package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"weir/billing"
)

// Of either table: rollup, rollup_hour.
const (
	chargedToKey = `SELECT ifnull(sum(charge_pico), 0) FROM %s WHERE slot >= ? AND slot < ? AND simulated = ? AND key_id = ?`
	chargedToAll = `SELECT ifnull(sum(charge_pico), 0) FROM %s WHERE slot >= ? AND slot < ? AND simulated = ?`
)

// ChargedTo returns what the calls of a slot's quarter hours were charged, those of one key
// or, with an empty id, all of the account.
func (l *Ledger) ChargedTo(ctx context.Context, keyID string, s Slot, simulated bool) (billing.Money, error) {
	whole := s.Whole()
	query, of := chargedToAll, []any(nil)
	if keyID != "" {
		query, of = chargedToKey, []any{keyID}
	}
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return billing.Money{}, fmt.Errorf("add up what was charged: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	var sum int64
	for _, p := range pieces(whole.From.UnixMilli(), whole.To.UnixMilli()) {
		var pico int64
		args := append([]any{p.from, p.to, simulated}, of...)
		if err := tx.QueryRowContext(ctx, fmt.Sprintf(query, p.table), args...).Scan(&pico); err != nil {
			return billing.Money{}, fmt.Errorf("add up what was charged: %w", err)
		}
		sum += pico
	}
	return billing.Pico(sum), nil
}
