package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

const (
	selectChargedIn = `SELECT DISTINCT entry.limit_id, limit_rule.unit, entry.window_start FROM entry JOIN limit_rule ON limit_rule.id = entry.limit_id
		WHERE entry.call_id = ? AND entry.kind = 'charge'
		UNION SELECT entry.limit_id, limit_rule.unit, entry.window_start FROM entry JOIN limit_rule ON limit_rule.id = entry.limit_id
		WHERE entry.call_id = ? AND entry.kind <> 'charge' AND entry.call_id IS NOT NULL`
	selectChargedAt = `SELECT at FROM entry WHERE call_id = ? AND limit_id IS NULL AND kind = 'charge'`
	selectLimitSet  = `SELECT created_at FROM limit_rule WHERE id = ? AND removed_at IS NULL`
)

// chargedIn returns the windows that a settled call was charged in: those of its entries, also where the limit was
// removed since; and of limits that were set later, the window that began with what had been spent in it.
func (l *Ledger) chargedIn(tx *store.Tx, c *gateway.Call) ([]setAside, error) {
	rows, err := tx.Query(selectChargedIn, c.ID, c.ID)
	if err != nil {
		return nil, fmt.Errorf("find the windows of a call: %w", err)
	}
	defer rows.Close()
	var sets []setAside
	for rows.Next() {
		var s setAside
		if err := rows.Scan(&s.Limit, &s.Unit, &s.Start); err != nil {
			return nil, fmt.Errorf("find the windows of a call: %w", err)
		}
		sets = append(sets, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("find the windows of a call: %w", err)
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("find the windows of a call: %w", err)
	}
	return l.carriedIn(tx, c, sets)
}

// carriedIn adds the windows that a call came into when their limit was set.
func (l *Ledger) carriedIn(tx *store.Tx, c *gateway.Call, sets []setAside) ([]setAside, error) {
	var charged int64
	if err := tx.QueryRow(selectChargedAt, c.ID).Scan(&charged); err != nil {
		return nil, fmt.Errorf("find when a call was charged: %w", err)
	}
	payer, err := payerOf(tx, c.KeyID)
	if err != nil {
		return nil, err
	}
	for _, r := range l.covering(payer) {
		if slices.ContainsFunc(sets, func(s setAside) bool { return s.Limit == r.ID }) {
			continue
		}
		var set int64
		err := tx.QueryRow(selectLimitSet, r.ID).Scan(&set)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it was removed a moment ago
		}
		if err != nil {
			return nil, fmt.Errorf("find when a limit was set: %w", err)
		}
		start := r.at(time.UnixMilli(set)).milli()
		if charged <= set && c.StartedAt.UnixMilli() >= start {
			sets = append(sets, setAside{r.ID, r.Unit, start})
		}
	}
	return sets, nil
}
