package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// A Quota is what a key or the account may still spend.
type Quota struct {
	AnswersFor    gateway.Scope // whose limits these are
	KeyID         string        // empty when the account answers
	Unlimited     bool          // nobody set a limit
	Limits        []gateway.LimitUse
	Spent         billing.Money // all charges of the scope that answers
	UnpricedCalls int64         // calls that Spent knows no cost of
	Simulated     bool          // these are figures of simulated calls: no real one was settled yet
}

// Quota answers for a key: by its own limits where it has any, else by the account's,
// which also answer for an empty key id.
func (l *Ledger) Quota(ctx context.Context, keyID string) (Quota, error) {
	real, err := l.HasReal(ctx)
	if err != nil {
		return Quota{}, err
	}
	q := Quota{AnswersFor: gateway.ScopeAccount, Simulated: !real}
	if keyID != "" && len((*l.rules.Load())[keyScope(keyID)]) > 0 {
		q.AnswersFor, q.KeyID = gateway.ScopeKey, keyID
	}
	if q.Limits, err = l.Uses(ctx, q.AnswersFor, q.KeyID, q.Simulated); err != nil {
		return Quota{}, err
	}
	q.Unlimited = len(q.Limits) == 0
	q.Spent, q.UnpricedCalls, err = l.spent(ctx, q.KeyID, q.Simulated)
	return q, err
}

const (
	spentByKey = `SELECT ifnull(sum(charge_pico), 0), ifnull(sum(unpriced), 0) FROM key_total WHERE simulated = ? AND key_id = ?`
	spentByAll = `SELECT ifnull(sum(charge_pico), 0), ifnull(sum(unpriced), 0) FROM key_total WHERE simulated = ?`
)

func (l *Ledger) spent(ctx context.Context, keyID string, simulated bool) (billing.Money, int64, error) {
	query, args := spentByAll, []any{simulated}
	if keyID != "" {
		query, args = spentByKey, append(args, keyID)
	}
	var pico, unpriced int64
	if err := l.st.Read().QueryRowContext(ctx, query, args...).Scan(&pico, &unpriced); err != nil {
		return billing.Money{}, 0, fmt.Errorf("sum up charges: %w", err)
	}
	return billing.Pico(pico), unpriced, nil
}

// Uses returns the limits of a key or, with an empty id, of the account, with what
// their running windows have spent and hold: of simulated calls or of real ones.
func (l *Ledger) Uses(ctx context.Context, kind gateway.Scope, scopeID string, simulated bool) ([]gateway.LimitUse, error) {
	now := l.clock()
	var uses []gateway.LimitUse
	for _, r := range (*l.rules.Load())[scope{kind, scopeID}] {
		use, err := l.use(ctx, r, now, simulated)
		if err != nil {
			return nil, err
		}
		uses = append(uses, use)
	}
	return uses, nil
}

func (l *Ledger) use(ctx context.Context, r rule, now time.Time, simulated bool) (gateway.LimitUse, error) {
	start := r.at(now).milli()
	var w window
	err := l.window.QueryRowContext(ctx, r.ID, start, simulated).Scan(&w.spent, &w.held)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return gateway.LimitUse{}, fmt.Errorf("read a limit's window: %w", err)
	}
	return r.use(start, w), nil
}
