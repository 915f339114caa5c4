package ledger

import (
	"context"
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

const insertChange = `INSERT INTO limit_change (limit_id, window_start, simulated, kind, amount, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)`

// TopUp lets the running window of a limit reach more; later windows are as before.
func (l *Ledger) TopUp(ctx context.Context, limitID string, amount int64, reason string, simulated bool) (gateway.LimitUse, error) {
	tooMuch := &gateway.Error{Kind: gateway.Invalid, Field: "amount", Message: i18n.T("error.ledger.topup_amount")}
	if amount <= 0 || amount > maxAmount {
		return gateway.LimitUse{}, tooMuch
	}
	return l.changeWindow(ctx, limitID, reason, simulated, func(_ *store.Tx, w *window, c *WindowChange) error {
		if w.extra > maxAmount-amount {
			return tooMuch
		}
		w.extra += amount
		c.Kind, c.Amount = TopUp, amount
		return nil
	})
}

// Reset lets the running window of a limit begin anew: nothing of it is spent. What running calls hold stays held.
func (l *Ledger) Reset(ctx context.Context, limitID, reason string, simulated bool) (gateway.LimitUse, error) {
	return l.changeWindow(ctx, limitID, reason, simulated, func(tx *store.Tx, w *window, c *WindowChange) error {
		c.Kind, c.Amount = Reset, w.spent
		if w.spent == 0 {
			return nil
		}
		w.spent = 0
		_, err := tx.Exec(insertEntry, nil, limitID, span{start: c.Start}.milli(), simulated, "adjust", -c.Amount, "", c.At.UnixMilli())
		return err
	})
}

// changeWindow changes the running window of a limit and writes down why.
func (l *Ledger) changeWindow(ctx context.Context, limitID, reason string, simulated bool,
	change func(tx *store.Tx, w *window, c *WindowChange) error) (gateway.LimitUse, error) {
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
		shared, err := l.gathering(tx)
		if err != nil {
			return err
		}
		w, err := shared.window(tx, of)
		if err != nil {
			return err
		}
		c := WindowChange{Start: r.at(now).start, At: l.divide()}
		if err := change(tx, w, &c); err != nil {
			return err
		}
		w.changed = true
		_, err = tx.Exec(insertChange, of.limit, of.start, of.simulated, c.Kind, c.Amount, reason, c.At.UnixMilli())
		return err
	})
	if err != nil {
		return gateway.LimitUse{}, fmt.Errorf("change the window of limit %s: %w", limitID, err)
	}
	l.feed.publish(Event{Kind: LimitsChanged})
	return l.use(context.WithoutCancel(ctx), r, now, simulated)
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
