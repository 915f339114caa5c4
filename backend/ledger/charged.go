package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"weir/backend/gateway"
	"weir/billing"
)

// Of either table: rollup, rollup_hour. %s says whose; ?4 is the scope's id.
const chargedTo = `SELECT ifnull(sum(charge_pico), 0) FROM %s WHERE slot >= ?1 AND slot < ?2 AND simulated = ?3 AND %s`

// ChargedTo returns what the calls of a slot's quarter hours were charged: those of a key, of the keys
// that are in a group now, or all of the account.
func (l *Ledger) ChargedTo(ctx context.Context, kind gateway.Scope, id string, s Slot, simulated bool) (billing.Money, error) {
	whole := s.Whole()
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return billing.Money{}, fmt.Errorf("add up what was charged: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	var sum int64
	for _, p := range pieces(whole.From.UnixMilli(), whole.To.UnixMilli()) {
		var pico int64
		if err := tx.QueryRowContext(ctx, fmt.Sprintf(chargedTo, p.table, whose[kind]), p.from, p.to, simulated, id).Scan(&pico); err != nil {
			return billing.Money{}, fmt.Errorf("add up what was charged: %w", err)
		}
		sum += pico
	}
	return billing.Pico(sum), nil
}
