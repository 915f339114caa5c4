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
	KeyID         string        // set when the key answers
	GroupID       string        // set when its group does
	Unlimited     bool          // nobody set a limit
	Limits        []gateway.LimitUse
	Spent         billing.Money // all charges of the scope that answers
	UnpricedCalls int64         // calls that Spent knows no cost of
	Simulated     bool          // these are figures of simulated calls: no real one was settled yet
}

// Quota answers for a payer: by its key's own limits where that has any, else by its group's, else by
// the account's, which also answer for nobody.
func (l *Ledger) Quota(ctx context.Context, p Payer) (Quota, error) {
	real, err := l.HasReal(ctx)
	if err != nil {
		return Quota{}, err
	}
	who := l.answers(p)
	q := Quota{AnswersFor: who.kind, Simulated: !real}
	switch who.kind {
	case gateway.ScopeKey:
		q.KeyID = who.id
	case gateway.ScopeGroup:
		q.GroupID = who.id
	}
	if q.Limits, err = l.Uses(ctx, who.kind, who.id, q.Simulated); err != nil {
		return Quota{}, err
	}
	q.Unlimited = len(q.Limits) == 0
	q.Spent, q.UnpricedCalls, err = l.Spent(ctx, who.kind, who.id, q.Simulated)
	return q, err
}

// spentBy sums up what a scope was charged; ?2 is its id.
var spentBy = map[gateway.Scope]string{
	gateway.ScopeKey:     sumTotals + ` AND key_id = ?2`,
	gateway.ScopeGroup:   sumTotals + ` AND key_id IN (SELECT id FROM access_key WHERE group_id = ?2)`,
	gateway.ScopeAccount: sumTotals + ` AND ?2 = ''`,
}

const sumTotals = `SELECT ifnull(sum(charge_pico), 0), ifnull(sum(unpriced), 0) FROM key_total WHERE simulated = ?1`

// Spent is what the calls of a key, of the keys that are in a group now, or of the account were charged
// ever, and how many of them have no cost.
func (l *Ledger) Spent(ctx context.Context, kind gateway.Scope, id string, simulated bool) (billing.Money, int64, error) {
	var pico, unpriced int64
	if err := l.st.Read().QueryRowContext(ctx, spentBy[kind], simulated, id).Scan(&pico, &unpriced); err != nil {
		return billing.Money{}, 0, fmt.Errorf("sum up charges: %w", err)
	}
	return billing.Pico(pico), unpriced, nil
}

// Uses returns the limits of a key, of a group or, with an empty id, of the account, with what
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
	err := l.window.QueryRowContext(ctx, r.ID, start, simulated).Scan(&w.spent, &w.held, &w.extra)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return gateway.LimitUse{}, fmt.Errorf("read a limit's window: %w", err)
	}
	return r.use(start, w), nil
}
