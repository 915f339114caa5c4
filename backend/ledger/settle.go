package ledger

import (
	"context"
	"database/sql"
	"errors"
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
	l       *Ledger
	outcome Outcome
	hold    *Hold  // nil: of an earlier boot
	query   string // closeCall or closeRow
	args    []any
}

// settle prepares an outcome. A call that is neither settled nor released counts as
// settled: to charge what is known is safer than to lose it.
func (l *Ledger) settle(o Outcome, hold *Hold) (*settlement, error) {
	now := l.clock()
	s := &settlement{l: l, outcome: o, hold: hold, query: closeCall}
	c, spent := &s.outcome.Call, &s.outcome.Spent
	if c.State != gateway.Settled && c.State != gateway.Released {
		l.log.Error("a call ended in no final state", "call", c.ID, "state", c.State)
		c.State = gateway.Settled
	}
	if c.EndedAt.IsZero() {
		c.EndedAt = now
	}
	if c.State == gateway.Released {
		*spent, c.Charge = gateway.Amounts{}, billing.Money{}
	}
	if bounded := clamp(*spent); bounded != *spent {
		l.log.Error("a call spent an amount that no ledger can hold", "call", c.ID, "spent", *spent)
		*spent = bounded
	}
	var err error
	if s.args, err = closeArgs(c, *spent); err != nil {
		return nil, err
	}
	if hold != nil {
		s.query, s.args[len(s.args)-1] = closeRow, hold.seq
	}
	return s, nil
}

// clamp keeps amounts within what bearable accepts: a call that has ended must be written.
func clamp(a gateway.Amounts) gateway.Amounts {
	bound := func(n int64) int64 { return min(max(n, 0), maxAmount) }
	return gateway.Amounts{Pico: bound(a.Pico), Tokens: bound(a.Tokens), Calls: bound(a.Calls)}
}

const insertEntry = `INSERT INTO entry (call_id, limit_id, window_start, simulated, kind, amount, basis, at)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

// apply ends the call, once: applied again it changes nothing.
func (s *settlement) apply(tx *store.Tx) error {
	sets, held, err := s.holds(tx)
	if err != nil {
		return err
	}
	runs, err := changes(tx, s.query, s.args...)
	if err != nil || !runs {
		return err
	}
	if err := s.free(tx, sets, held); err != nil {
		return err
	}
	return s.book(tx, sets)
}

const selectHolds = `SELECT holds, hold_pico, hold_tokens, hold_calls FROM call WHERE id = ? AND state = 'open'`

// holds returns the windows that an open call holds in, and its amounts. Of a call that took no
// more than it began with both are known, and its row need not be read.
func (s *settlement) holds(tx *store.Tx) (sets []setAside, held gateway.Amounts, err error) {
	if h := s.hold; h != nil && !h.extended.Load() {
		return h.sets, h.held, nil
	}
	err = tx.QueryRow(selectHolds, s.outcome.Call.ID).Scan(text{&sets}, &held.Pico, &held.Tokens, &held.Calls)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, held, fmt.Errorf("read what the call held: %w", err)
	}
	return sets, held, nil
}

// free moves what the call held to what it spent, in the windows that it was held in.
func (s *settlement) free(tx *store.Tx, sets []setAside, held gateway.Amounts) error {
	if len(sets) == 0 {
		return nil
	}
	shared, err := s.l.gathering(tx)
	if err != nil {
		return err
	}
	for _, set := range sets {
		w, err := shared.window(tx, set.of(s.outcome.Call.Simulated))
		if err != nil {
			return err
		}
		w.spent += s.outcome.Spent.In(set.Unit)
		w.held -= held.In(set.Unit)
		w.changed = true
	}
	return nil
}

// book writes the entries of a settled call and adds it to its quarter hour's sums; of a released one its hour's count.
func (s *settlement) book(tx *store.Tx, sets []setAside) error {
	c := &s.outcome.Call
	shared, err := s.l.gathering(tx)
	if err != nil {
		return err
	}
	if c.State != gateway.Settled {
		shared.addUnsettled(c)
		return nil
	}
	at := s.l.entryTime()
	_, err = tx.Exec(insertEntry, c.ID, nil, nil, c.Simulated, "charge", c.Charge.Pico(), string(c.Basis), at)
	if err != nil {
		return err
	}
	for _, set := range sets {
		amount := s.outcome.Spent.In(set.Unit)
		_, err := tx.Exec(insertEntry, c.ID, set.Limit, set.Start, c.Simulated, "charge", amount, string(c.Basis), at)
		if err != nil {
			return err
		}
	}
	shared.add(c, s.outcome.Spent)
	return nil
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
	s, err := l.settle(o, h)
	if err != nil {
		// The call stays open: the next start settles it from its progress.
		l.log.Error("a call cannot be settled", "call", c.ID, "err", err)
		return false
	}
	durable := l.write(s)
	l.burn(&s.outcome.Call)
	l.feed.publish(Event{Kind: CallChanged, Call: &s.outcome.Call})
	return durable
}

// write makes a settlement durable, here or in a file.
func (l *Ledger) write(s *settlement) bool {
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
