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
	selectCarried   = `SELECT limit_id FROM limit_carried WHERE key_id = ?`
	selectReset     = `SELECT EXISTS (SELECT 1 FROM limit_change
		WHERE limit_id = ? AND window_start = ? AND simulated = ? AND kind = 'reset' AND at >= ?)`
)

// chargedIn returns the windows that a settled call was charged in: those of its entries, also where the limit was
// removed since; and of limits that were set later, the window that began with what had been spent in it. A window that
// was reset since has nothing of the call any more.
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
	var charged int64
	if err := tx.QueryRow(selectChargedAt, c.ID).Scan(&charged); err != nil {
		return nil, fmt.Errorf("find when a call was charged: %w", err)
	}
	if sets, err = l.carriedIn(tx, c, charged, sets); err != nil {
		return nil, err
	}
	return notReset(tx, c, charged, sets)
}

// notReset leaves out the windows that began anew after a call was charged. Times tell what was written first: see order.go.
func notReset(tx *store.Tx, c *gateway.Call, charged int64, sets []setAside) ([]setAside, error) {
	var still []setAside
	for _, s := range sets {
		var reset bool
		if err := tx.QueryRow(selectReset, s.Limit, s.Start, c.Simulated, charged).Scan(&reset); err != nil {
			return nil, fmt.Errorf("find whether a window was reset: %w", err)
		}
		if !reset {
			still = append(still, s)
		}
	}
	return still, nil
}

// carriedIn adds the windows that a call came into when their limit was set.
func (l *Ledger) carriedIn(tx *store.Tx, c *gateway.Call, charged int64, sets []setAside) ([]setAside, error) {
	rules, err := l.carriers(tx, c.KeyID)
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
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

// carriers are the limits that may have begun with a key's calls: its own, the account's, and those of groups that it was
// in when they were set, wherever it is now.
func (l *Ledger) carriers(tx *store.Tx, keyID string) ([]rule, error) {
	rows, err := tx.Query(selectCarried, keyID)
	if err != nil {
		return nil, fmt.Errorf("find the limits that began with a key's calls: %w", err)
	}
	defer rows.Close()
	rules := slices.Clone(l.covering(Payer{KeyID: keyID}))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find the limits that began with a key's calls: %w", err)
		}
		if r, err := l.limit(id); err == nil { // else it was removed
			rules = append(rules, r)
		}
	}
	return rules, rows.Err()
}
