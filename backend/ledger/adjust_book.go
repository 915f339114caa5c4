package ledger

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

// stepTime bounds what a repricing does in one transaction: a call that comes meanwhile waits no longer for it.
const stepTime = 2 * time.Millisecond

func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// takeTurn lets one repricing run at a time. The turn is given back by free.
func (l *Ledger) takeTurn() (free func(), ok bool) {
	if !l.repricing.TryLock() {
		return nil, false
	}
	return l.repricing.Unlock, true
}

// work runs a repricing beside the calls, until it has ended or the ledger closes. What it has not come to
// then, the next start does.
func (l *Ledger) work(free func(), do func(context.Context) error) <-chan struct{} {
	done := make(chan struct{})
	l.workers.Add(1)
	go func() {
		defer l.workers.Done()
		defer close(done)
		defer free()
		if err := do(l.working); err != nil && l.working.Err() == nil {
			l.log.Error("a repricing stopped; the next one, or the next start, takes it up", "err", err)
		}
		l.counts.forget()
		l.feed.publish(Event{Kind: CallsChanged})
	}()
	return done
}

const (
	dropPlan      = `DELETE FROM repricing_call WHERE repricing = ? AND call_seq IN (SELECT call_seq FROM repricing_call WHERE repricing = ? LIMIT 256)`
	dropRepricing = `DELETE FROM repricing WHERE seq = ? AND state = 'planning'`
)

// resumeRepricings takes up what an earlier boot left.
func (l *Ledger) resumeRepricings(ctx context.Context) error {
	free, ok := l.takeTurn()
	if !ok {
		return nil // cannot be: nothing else runs yet
	}
	taken, err := l.takeUp(ctx, free)
	if !taken {
		free()
	}
	return err
}

// newTurn is the turn for another repricing. What stopped midway comes first: its bills must not be laid over later ones.
func (l *Ledger) newTurn(ctx context.Context) (free func(), err error) {
	free, ok := l.takeTurn()
	if !ok {
		return nil, busy()
	}
	taken, err := l.takeUp(ctx, free)
	switch {
	case taken:
		return nil, busy()
	case err != nil:
		free()
		return nil, err
	}
	return free, nil
}

// takeUp goes on with what stopped midway, where there is any: a plan that was not whole is dropped, since no call has
// changed; what was being booked or undone goes on, and the turn is given back when that has ended.
func (l *Ledger) takeUp(ctx context.Context, free func()) (taken bool, err error) {
	left, err := l.repricings(ctx, selectUnfinished)
	if err != nil || len(left) == 0 {
		return false, err
	}
	l.work(free, func(ctx context.Context) error {
		var failed []error
		for _, r := range left {
			if r.State == RepricingPlans {
				failed = append(failed, l.drop(ctx, r.seq))
				continue
			}
			failed = append(failed, l.carryOn(ctx, r.seq, r.State))
		}
		return errors.Join(failed...)
	})
	return true, nil
}

func (l *Ledger) drop(ctx context.Context, seq int64) error {
	for more := true; more; {
		err := l.st.Do(ctx, func(tx *store.Tx) (err error) {
			if more, err = changes(tx, dropPlan, seq, seq); err != nil || more {
				return err
			}
			_, err = tx.Exec(dropRepricing, seq)
			return err
		})
		if err != nil {
			return fmt.Errorf("drop the plan of a repricing: %w", err)
		}
	}
	return nil
}

const (
	insertPlanned = `INSERT INTO repricing_call (repricing, call_seq, old_pico, new_pico, old_charge, new_charge, bill) VALUES (?, ?, ?, ?, ?, ?, ?)`
	planIsWhole   = `UPDATE repricing SET state = 'booking', calls = t.n, old_pico = t.before, new_pico = t.after
		FROM (SELECT count(*) AS n, ifnull(sum(old_charge), 0) AS before, ifnull(sum(new_charge), 0) AS after FROM repricing_call WHERE repricing = ?1) AS t
		WHERE seq = ?1 AND state = 'planning'`
)

// writePlan writes down the new bills. Only then the calls get them: what was interrupted goes on without any book. A
// call that has another bill by now than was shown, or none, keeps the one that it has.
func (l *Ledger) writePlan(ctx context.Context, repricing int64, p *plan, sel Selection) error {
	shown := p.sums
	for part := range slices.Chunk(p.seqs, 64) {
		var rows [][]any
		err := l.drawPart(ctx, sel, part, func(d draft) error {
			text, err := json.Marshal(d.now)
			sum := shown[0]
			shown = shown[1:]
			if err != nil || d.left != "" || sumOf(text) != sum {
				return err
			}
			rows = append(rows, []any{repricing, d.seq, d.was.Cost, d.now.Cost, d.was.Charge, d.now.Charge, string(text)})
			return nil
		})
		if err != nil {
			return err
		}
		err = l.st.Do(ctx, func(tx *store.Tx) error {
			for _, row := range rows {
				if _, err := tx.Exec(insertPlanned, row...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("plan a repricing: %w", err)
		}
	}
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(planIsWhole, repricing)
		return err
	})
	if err != nil {
		return fmt.Errorf("end the plan of a repricing: %w", err)
	}
	return nil
}

const (
	endBooking = `UPDATE repricing SET state = 'done', ended_at = ? WHERE seq = ? AND state = 'booking'`
	endUndoing = `UPDATE repricing SET state = 'undone', undone_at = ? WHERE seq = ? AND state = 'undoing'`
)

// carryOn exchanges the bills of a repricing's calls, in steps, until all have the new ones, or the old ones again.
func (l *Ledger) carryOn(ctx context.Context, repricing int64, state RepricingState) error {
	x := exchange{l: l, repricing: repricing, booked: state == RepricingUndoes}
	for {
		left, err := x.next(ctx)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			break
		}
		if err := x.steps(ctx, left); err != nil {
			return err
		}
	}
	end := endBooking
	if x.booked {
		end = endUndoing
	}
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(end, l.clock().UnixMilli(), repricing)
		return err
	})
	if err != nil {
		return fmt.Errorf("end a repricing: %w", err)
	}
	return nil
}

// An exchange gives calls their other bill.
type exchange struct {
	l         *Ledger
	repricing int64
	booked    bool  // of the calls that are left: whether they have the new bill
	last      int64 // row that was done last
}

const selectLeft = `SELECT call_seq FROM repricing_call WHERE repricing = ? AND call_seq > ? AND booked = ? ORDER BY call_seq LIMIT 512`

func (x *exchange) next(ctx context.Context) ([]int64, error) {
	rows, err := x.l.st.Read().QueryContext(ctx, selectLeft, x.repricing, x.last, x.booked)
	if err != nil {
		return nil, fmt.Errorf("find the calls of a repricing: %w", err)
	}
	defer rows.Close()
	var left []int64
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("find the calls of a repricing: %w", err)
		}
		left = append(left, seq)
	}
	return left, rows.Err()
}

// steps does the rows that are left, as many in each transaction as its time allows.
func (x *exchange) steps(ctx context.Context, left []int64) error {
	for len(left) > 0 {
		n := 0
		err := x.l.st.Do(ctx, func(tx *store.Tx) error {
			begun := time.Now()
			for n = 0; n < len(left) && (n == 0 || time.Since(begun) < stepTime); n++ {
				if err := x.one(tx, left[n]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("price calls again: %w", err)
		}
		x.last = left[n-1]
		left = left[n:]
	}
	return nil
}

const (
	selectOther   = `SELECT bill FROM repricing_call WHERE repricing = ? AND call_seq = ? AND booked = ?`
	selectCurrent = `SELECT ` + callColumns + `, ` + billColumns + ` FROM call WHERE seq = ?`
	exchanged     = `UPDATE repricing_call SET booked = ?, bill = ? WHERE repricing = ? AND call_seq = ?`
	skipped       = `DELETE FROM repricing_call WHERE repricing = ? AND call_seq = ?`
	lessPlanned   = `UPDATE repricing SET calls = calls - 1, old_pico = old_pico - ?, new_pico = new_pico - ? WHERE seq = ?`
)

// one exchanges the bill of one call, and corrects all that the other one was added to.
func (x *exchange) one(tx *store.Tx, seq int64) error {
	var kept string
	err := tx.QueryRow(selectOther, x.repricing, seq, x.booked).Scan(&kept)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // done already
	}
	if err != nil {
		return fmt.Errorf("read a planned bill: %w", err)
	}
	var other, current billRow
	if err := json.Unmarshal([]byte(kept), &other); err != nil {
		return fmt.Errorf("read a planned bill: %w", err)
	}
	c, err := scanCall(tx.QueryRow(selectCurrent, seq), current.dests()...)
	if err != nil {
		return err
	}
	switch archived := !c.ArchivedAt.IsZero(); {
	case archived && !x.booked:
		return x.skip(tx, seq, &current, &other) // since the plan was drawn up
	case archived:
		other.slim() // what was archived stays so
	}
	if _, err := tx.Exec(changeBill, other.args(seq)...); err != nil {
		return err
	}
	if err := x.correct(tx, c, &current, &other); err != nil {
		return err
	}
	text, err := json.Marshal(current)
	if err != nil {
		return fmt.Errorf("keep a bill: %w", err)
	}
	_, err = tx.Exec(exchanged, !x.booked, string(text), x.repricing, seq)
	return err
}

func (x *exchange) skip(tx *store.Tx, seq int64, current, other *billRow) error {
	if _, err := tx.Exec(skipped, x.repricing, seq); err != nil {
		return err
	}
	_, err := tx.Exec(lessPlanned, current.Charge, other.Charge, x.repricing)
	return err
}

// correct books the difference of two bills of a call: to the account, to the windows that the call was
// charged in, and in all sums.
func (x *exchange) correct(tx *store.Tx, c gateway.Call, was, now *billRow) error {
	at := x.l.entryTime()
	basis := cmp.Or(now.Basis, string(c.Basis))
	diff := gateway.Amounts{Pico: now.Charge - was.Charge, Tokens: now.Tokens - was.Tokens}
	if diff.Pico != 0 {
		if _, err := tx.Exec(insertEntry, c.ID, nil, nil, c.Simulated, "adjust", diff.Pico, basis, at); err != nil {
			return err
		}
	}
	shared, err := x.l.gathering(tx)
	if err != nil {
		return err
	}
	sets, err := x.l.chargedIn(tx, &c)
	if err != nil {
		return err
	}
	for _, set := range sets {
		amount := diff.In(set.Unit)
		if amount == 0 {
			continue
		}
		w, err := shared.window(tx, set.of(c.Simulated))
		if err != nil {
			return err
		}
		w.spent += amount
		w.changed = true
		if _, err := tx.Exec(insertEntry, c.ID, set.Limit, set.Start, c.Simulated, "adjust", amount, basis, at); err != nil {
			return err
		}
	}
	before, spentBefore, err := was.onto(c)
	if err != nil {
		return err
	}
	after, spentAfter, err := now.onto(c)
	if err != nil {
		return err
	}
	shared.rebill(&before, &after, spentBefore, spentAfter)
	return nil
}
