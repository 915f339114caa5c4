package ledger

import (
	"context"
	"fmt"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// An Outcome is a finished call: settled or released, with its bill and what counts against limits.
type Outcome struct {
	Call  gateway.Call
	Spent gateway.Amounts // nothing, when the call is released
}

// A settlement is an outcome ready to be written: all that can be computed before the transaction is.
type settlement struct {
	outcome Outcome
	boot    int64
	known   []setAside // the windows that the call holds in; nil: to be read
	args    []any      // closeCall's
	at      int64
}

// settle prepares an outcome. A call that is neither settled nor released counts as
// settled: to charge what is known is safer than to lose it.
func (l *Ledger) settle(o Outcome, known []setAside) (settlement, error) {
	now := l.clock()
	c := &o.Call
	if c.State != gateway.Settled && c.State != gateway.Released {
		l.log.Error("a call ended in no final state", "call", c.ID, "state", c.State)
		c.State = gateway.Settled
	}
	if c.EndedAt.IsZero() {
		c.EndedAt = now
	}
	if c.State == gateway.Released {
		o.Spent, c.Charge = gateway.Amounts{}, billing.Money{}
	}
	if spent := clamp(o.Spent); spent != o.Spent {
		l.log.Error("a call spent an amount that no ledger can hold", "call", c.ID, "spent", o.Spent)
		o.Spent = spent
	}
	args, err := closeArgs(*c, o.Spent)
	return settlement{outcome: o, boot: l.boot, known: known, args: args, at: now.UnixMilli()}, err
}

// clamp keeps amounts within what bearable accepts: a call that has ended must be written.
func clamp(a gateway.Amounts) gateway.Amounts {
	bound := func(n int64) int64 { return min(max(n, 0), maxAmount) }
	return gateway.Amounts{Pico: bound(a.Pico), Tokens: bound(a.Tokens), Calls: bound(a.Calls)}
}

const (
	insertEntry = `INSERT INTO entry (call_id, limit_id, window_start, simulated, kind, amount, basis, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	settleWindow = `UPDATE limit_window
		SET spent = spent + ?1, held = held - ifnull((SELECT amount FROM hold WHERE call_id = ?2 AND limit_id = ?3), 0)
		WHERE limit_id = ?3 AND start = ?4 AND simulated = ?5`
	deleteHolds = `DELETE FROM hold WHERE call_id = ?`
	selectHolds = `SELECT hold.limit_id, limit_rule.unit, hold.window_start
		FROM hold JOIN limit_rule ON limit_rule.id = hold.limit_id WHERE hold.call_id = ?`
)

// apply ends the call, once: applied again it changes nothing.
func (s settlement) apply(tx *store.Tx) error {
	runs, err := changes(tx, closeCall, s.args...)
	if err != nil || !runs {
		return err
	}
	sets := s.known
	if sets == nil {
		if sets, err = readHolds(tx, s.outcome.Call.ID); err != nil {
			return err
		}
	}
	if err := s.free(tx, sets); err != nil {
		return err
	}
	if s.outcome.Call.State != gateway.Settled {
		return nil
	}
	return s.book(tx, sets)
}

func readHolds(tx *store.Tx, callID string) ([]setAside, error) {
	rows, err := tx.Query(selectHolds, callID)
	if err != nil {
		return nil, err
	}
	var sets []setAside
	for rows.Next() {
		var s setAside
		if err := rows.Scan(&s.rule.ID, &s.rule.Unit, &s.start); err != nil {
			return nil, fmt.Errorf("read a hold: %w", err)
		}
		sets = append(sets, s)
	}
	return sets, rows.Err()
}

// free moves what the call held to what it spent, in the windows that it was held in.
func (s settlement) free(tx *store.Tx, sets []setAside) error {
	if len(sets) == 0 {
		return nil
	}
	c := s.outcome.Call
	for _, set := range sets {
		spent := s.outcome.Spent.In(set.rule.Unit)
		if _, err := tx.Exec(settleWindow, spent, c.ID, set.rule.ID, set.start, c.Simulated); err != nil {
			return err
		}
	}
	_, err := tx.Exec(deleteHolds, c.ID)
	return err
}

// book writes the entries and adds the call to its quarter hour's sums.
func (s settlement) book(tx *store.Tx, sets []setAside) error {
	c := s.outcome.Call
	charge := c.Charge.Pico()
	if _, err := tx.Exec(insertEntry, c.ID, nil, nil, c.Simulated, "charge", charge, string(c.Basis), s.at); err != nil {
		return err
	}
	for _, set := range sets {
		amount := s.outcome.Spent.In(set.rule.Unit)
		_, err := tx.Exec(insertEntry, c.ID, set.rule.ID, set.start, c.Simulated, "charge", amount, string(c.Basis), s.at)
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(addRollup, rollupArgs(c, s.outcome.Spent)...)
	return err
}

// End settles or releases the call; only the first End counts. It does not depend
// on the request's context. It returns true once the outcome is safe: committed or,
// when the ledger takes longer than a second, spilled to a file that is replayed
// later. It returns false when both failed: then the call stays open, the ledger
// turns unhealthy and keeps trying.
func (h *Hold) End(o Outcome) (durable bool) {
	h.once.Do(func() { h.durable = h.end(o) })
	return h.durable
}

func (h *Hold) end(o Outcome) bool {
	l := h.l
	l.untrack(h)
	c := &o.Call
	c.ID, c.StartedAt, c.Simulated = h.call.ID, h.call.StartedAt, h.call.Simulated
	c.KeyID, c.KeyName = h.call.KeyID, h.call.KeyName
	s, err := l.settle(o, h.sets)
	if err != nil {
		// The call stays open: the next start settles it from its progress.
		l.log.Error("a call cannot be settled", "call", c.ID, "err", err)
		return false
	}
	if s.known == nil {
		s.known = []setAside{}
	}
	durable := l.write(s)
	l.feed.publish(Event{Kind: CallChanged, Call: &s.outcome.Call})
	return durable
}

// write makes a settlement durable, here or in a file.
func (l *Ledger) write(s settlement) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	select {
	case err = <-l.st.Send(ctx, s.apply):
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		return true
	}
	l.noteFailure(err)
	l.log.Warn("a call is spilled", "call", s.outcome.Call.ID, "err", err)
	if err = l.spill.write(s.outcome); err == nil {
		return true
	}
	l.log.Error("a call can neither be settled nor spilled", "call", s.outcome.Call.ID, "err", err)
	l.mu.Lock()
	l.unsaved = append(l.unsaved, s)
	l.mu.Unlock()
	l.setTrouble(i18n.T("error.ledger.unwritable"))
	return false
}
