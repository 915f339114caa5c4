package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A WindowChange is what a person did to a limit's running window, and why.
type WindowChange struct {
	ID      int64
	LimitID string
	Unit    gateway.Unit
	Kind    string    // TopUp or Reset
	Amount  int64     // what was added; or what had been spent until the reset
	Start   time.Time // of the window; zero for Total
	Reason  string
	At      time.Time
}

// The kinds of a WindowChange.
const (
	TopUp = "topup"
	Reset = "reset"
)

const (
	addExtra = `INSERT INTO limit_window (limit_id, start, simulated, spent, held, extra) VALUES (?, ?, ?, 0, 0, ?)
		ON CONFLICT DO UPDATE SET extra = extra + excluded.extra`
	resetWindow  = `UPDATE limit_window SET spent = 0 WHERE limit_id = ? AND start = ? AND simulated = ?`
	insertChange = `INSERT INTO limit_change (limit_id, window_start, simulated, kind, amount, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)`
)

// TopUp lets the running window of a limit reach more; later windows are as before.
func (l *Ledger) TopUp(ctx context.Context, limitID string, amount int64, reason string, simulated bool) (gateway.LimitUse, error) {
	if amount <= 0 || amount > maxAmount {
		return gateway.LimitUse{}, &gateway.Error{Kind: gateway.Invalid, Field: "amount", Message: i18n.T("error.ledger.topup_amount")}
	}
	return l.changeWindow(ctx, limitID, reason, simulated, func(tx *store.Tx, of windowKey, was window) (string, int64, error) {
		if was.extra > maxAmount-amount {
			return "", 0, &gateway.Error{Kind: gateway.Invalid, Field: "amount", Message: i18n.T("error.ledger.topup_amount")}
		}
		_, err := tx.Exec(addExtra, of.limit, of.start, of.simulated, amount)
		return TopUp, amount, err
	})
}

// Reset lets the running window of a limit begin anew: nothing of it is spent. What running calls hold stays held.
func (l *Ledger) Reset(ctx context.Context, limitID, reason string, simulated bool) (gateway.LimitUse, error) {
	at := l.clock().UnixMilli()
	return l.changeWindow(ctx, limitID, reason, simulated, func(tx *store.Tx, of windowKey, was window) (string, int64, error) {
		if was.spent == 0 {
			return Reset, 0, nil
		}
		if _, err := tx.Exec(insertEntry, nil, of.limit, of.start, of.simulated, "adjust", -was.spent, "", at); err != nil {
			return "", 0, err
		}
		_, err := tx.Exec(resetWindow, of.limit, of.start, of.simulated)
		return Reset, was.spent, err
	})
}

// changeWindow changes the running window of a limit and writes down why.
func (l *Ledger) changeWindow(ctx context.Context, limitID, reason string, simulated bool,
	change func(tx *store.Tx, of windowKey, was window) (kind string, amount int64, err error)) (gateway.LimitUse, error) {
	if reason == "" || !gateway.Nameable(reason) {
		return gateway.LimitUse{}, &gateway.Error{Kind: gateway.Invalid, Field: "reason", Message: i18n.T("error.ledger.reason", "most", gateway.LongestName)}
	}
	l.limits.Lock()
	defer l.limits.Unlock()
	r, err := l.limit(limitID)
	if err != nil {
		return gateway.LimitUse{}, err
	}
	now := l.clock()
	of := windowKey{limitID, r.at(now).milli(), simulated}
	err = l.st.Do(ctx, func(tx *store.Tx) error {
		if err := tx.Flush(); err != nil {
			return err // what calls of the same commit changed counts too
		}
		clear(l.kept)
		was, err := readRow(tx, of)
		if err != nil {
			return err
		}
		kind, amount, err := change(tx, of, was)
		if err != nil {
			return err
		}
		_, err = tx.Exec(insertChange, of.limit, of.start, of.simulated, kind, amount, reason, now.UnixMilli())
		return err
	})
	if err != nil {
		return gateway.LimitUse{}, fmt.Errorf("change the window of limit %s: %w", limitID, err)
	}
	l.feed.publish(Event{Kind: LimitsChanged})
	return l.use(context.WithoutCancel(ctx), r, now, simulated)
}

// readRow returns a window as its row has it.
func readRow(tx *store.Tx, of windowKey) (w window, err error) {
	err = tx.QueryRow(readWindow, of.limit, of.start, of.simulated).Scan(&w.spent, &w.held, &w.extra)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return w, fmt.Errorf("read a limit's window: %w", err)
	}
	return w, nil
}

// limit returns a limit in force, or a NotFound error.
func (l *Ledger) limit(id string) (rule, error) {
	for _, rules := range *l.rules.Load() {
		for _, r := range rules {
			if r.ID == id {
				return r, nil
			}
		}
	}
	return rule{}, &gateway.Error{Kind: gateway.NotFound, Field: "id", Message: i18n.T("error.ledger.no_such_limit", "id", id)}
}

// Limit returns a limit in force, or a NotFound error.
func (l *Ledger) Limit(id string) (gateway.Limit, error) {
	r, err := l.limit(id)
	return r.Limit, err
}

// mostChanges is how many changes of a limit are told, the newest first.
const mostChanges = 200

const selectChanges = `SELECT limit_change.id, limit_id, unit, kind, limit_change.amount, window_start, reason, at
	FROM limit_change JOIN limit_rule ON limit_rule.id = limit_id WHERE limit_id = ? ORDER BY limit_change.id DESC LIMIT ?`

// WindowChanges returns what people did to a limit's windows, the newest first; of a limit that was removed, too.
func (l *Ledger) WindowChanges(ctx context.Context, limitID string) ([]WindowChange, error) {
	rows, err := l.st.Read().QueryContext(ctx, selectChanges, limitID, mostChanges)
	if err != nil {
		return nil, fmt.Errorf("read changes of a limit: %w", err)
	}
	defer rows.Close()
	var all []WindowChange
	for rows.Next() {
		var c WindowChange
		var start, at int64
		if err := rows.Scan(&c.ID, &c.LimitID, &c.Unit, &c.Kind, &c.Amount, &start, &c.Reason, &at); err != nil {
			return nil, fmt.Errorf("read a change of a limit: %w", err)
		}
		if start != 0 {
			c.Start = utc(start)
		}
		c.At = utc(at)
		all = append(all, c)
	}
	return all, rows.Err()
}
