package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// A RepricingState says how far a repricing has come.
type RepricingState string

const (
	RepricingPlans  RepricingState = "planning" // the new bills are drawn; no call has one yet
	RepricingBooks  RepricingState = "booking"  // the calls get them
	RepricingDone   RepricingState = "done"
	RepricingUndoes RepricingState = "undoing" // the calls get back the bills that they had
	RepricingUndone RepricingState = "undone"
)

// A Repricing is an act that priced calls of the past by another book.
type Repricing struct {
	ID         string
	State      RepricingState
	Reason     string
	Source     string          // where it was asked for: page, cli
	Selection  json.RawMessage // which calls it looked at, as who asked for it writes it
	Prices     string          // the date of the book
	Calls      int64           // that it changed
	Old, New   billing.Money   // what these were charged before, and were then
	BegunAt    time.Time
	EndedAt    time.Time // zero: it runs
	UndoReason string
	UndoneAt   time.Time // zero: it was not undone

	seq int64
}

const (
	repricingColumns = `seq, id, state, reason, source, selection, prices, calls, old_pico, new_pico, begun_at, ended_at, undo_reason, undone_at`
	selectRepricings = `SELECT ` + repricingColumns + ` FROM repricing ORDER BY seq DESC LIMIT ?`
	selectRepricing  = `SELECT ` + repricingColumns + ` FROM repricing WHERE id = ?`
	selectUnfinished = `SELECT ` + repricingColumns + ` FROM repricing WHERE state = 'planning' OR state = 'booking' OR state = 'undoing' ORDER BY seq`
	insertRepricing  = `INSERT INTO repricing (id, state, reason, source, selection, prices, begun_at) VALUES (?, 'planning', ?, ?, ?, ?, ?)`
	startUndo        = `UPDATE repricing SET state = 'undoing', undo_reason = ? WHERE seq = ? AND state = 'done'`
)

// mostRepricings bounds the log that is shown.
const mostRepricings = 100

func scanRepricing(row interface{ Scan(...any) error }) (Repricing, error) {
	var r Repricing
	var selection string
	var before, after, begun int64
	var ended, undone sql.NullInt64
	var why sql.NullString
	err := row.Scan(&r.seq, &r.ID, &r.State, &r.Reason, &r.Source, &selection, &r.Prices, &r.Calls, &before, &after, &begun, &ended, &why, &undone)
	if err != nil {
		return r, fmt.Errorf("read a repricing: %w", err)
	}
	r.Selection, r.Old, r.New = json.RawMessage(selection), billing.Pico(before), billing.Pico(after)
	r.BegunAt, r.UndoReason = utc(begun), why.String
	if ended.Valid {
		r.EndedAt = utc(ended.Int64)
	}
	if undone.Valid {
		r.UndoneAt = utc(undone.Int64)
	}
	return r, nil
}

// Repricings returns the log of repricings, the newest first.
func (l *Ledger) Repricings(ctx context.Context) ([]Repricing, error) {
	return l.repricings(ctx, selectRepricings, mostRepricings)
}

func (l *Ledger) repricings(ctx context.Context, query string, args ...any) ([]Repricing, error) {
	rows, err := l.st.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list repricings: %w", err)
	}
	defer rows.Close()
	var all []Repricing
	for rows.Next() {
		r, err := scanRepricing(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Repricing returns one repricing, or a NotFound error.
func (l *Ledger) Repricing(ctx context.Context, id string) (Repricing, error) {
	r, err := scanRepricing(l.st.Read().QueryRowContext(ctx, selectRepricing, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, &gateway.Error{Kind: gateway.NotFound, Field: "id", Message: i18n.T("error.reprice.no_such", "id", id)}
	}
	return r, err
}

// Reprice gives the calls of a selection the bills that a preview of it showed. It returns once the act is
// noted; the calls get their bills in steps of a few milliseconds, also after a restart. The channel is
// closed when that has ended. A token that is not what the selection comes to now is a Conflict.
func (l *Ledger) Reprice(ctx context.Context, sel Selection, token string, why Act) (Repricing, <-chan struct{}, error) {
	free, err := l.newTurn(ctx)
	if err != nil {
		return Repricing{}, nil, err
	}
	plan, err := l.drawUp(ctx, sel)
	if err == nil && plan.preview.Token != token {
		err = &gateway.Error{Kind: gateway.Conflict, Field: "token", Message: i18n.T("error.reprice.stale")}
	}
	if err == nil && len(plan.seqs) == 0 {
		err = &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.reprice.nothing")}
	}
	var r Repricing
	if err == nil {
		r, err = l.noteRepricing(ctx, sel, why)
	}
	if err != nil {
		free()
		return Repricing{}, nil, err
	}
	done := l.work(free, func(ctx context.Context) error {
		if err := l.writePlan(ctx, r.seq, plan, sel); err != nil {
			return err
		}
		return l.carryOn(ctx, r.seq, RepricingBooks)
	})
	return r, done, nil
}

// An Act is why something is done, and where that was asked for.
type Act struct {
	Reason    string
	Source    string          // page, cli
	Selection json.RawMessage // which calls, as who asks writes it
}

func (l *Ledger) noteRepricing(ctx context.Context, sel Selection, why Act) (Repricing, error) {
	id := newID("rep_")
	at := l.clock().UnixMilli()
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(insertRepricing, id, why.Reason, why.Source, string(why.Selection), sel.Book.Date(), at)
		return err
	})
	if err != nil {
		return Repricing{}, fmt.Errorf("note a repricing: %w", err)
	}
	return l.Repricing(context.WithoutCancel(ctx), id) // it is noted: who leaves now must not keep it from being done
}

const laterRepricing = `SELECT r.id, count(*) FROM repricing_call AS mine
	JOIN repricing_call AS other ON other.call_seq = mine.call_seq AND other.repricing > mine.repricing AND other.booked
	JOIN repricing AS r ON r.seq = other.repricing WHERE mine.repricing = ? AND mine.booked GROUP BY r.seq ORDER BY r.seq DESC LIMIT 1`

// UndoRepricing gives the calls of a repricing back the bills that they had before, to the letter. It is
// refused while a later repricing stands that changed one of them.
func (l *Ledger) UndoRepricing(ctx context.Context, id, reason string) (Repricing, <-chan struct{}, error) {
	free, err := l.newTurn(ctx)
	if err != nil {
		return Repricing{}, nil, err
	}
	r, err := l.Repricing(ctx, id)
	if err == nil && r.State != RepricingDone {
		err = &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.reprice.not_done")}
	}
	if err == nil {
		err = l.notChangedLater(ctx, r)
	}
	if err == nil {
		err = l.st.Do(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(startUndo, reason, r.seq)
			return err
		})
	}
	if err != nil {
		free()
		return Repricing{}, nil, err
	}
	seq := r.seq
	done := l.work(free, func(ctx context.Context) error { return l.carryOn(ctx, seq, RepricingUndoes) })
	r, err = l.Repricing(ctx, id)
	return r, done, err
}

func (l *Ledger) notChangedLater(ctx context.Context, r Repricing) error {
	var id string
	var calls int64
	err := l.st.Read().QueryRowContext(ctx, laterRepricing, r.seq).Scan(&id, &calls)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for later repricings: %w", err)
	}
	return &gateway.Error{Kind: gateway.Conflict, Field: "id", Message: i18n.N("error.reprice.later", calls, "id", id)}
}

func busy() error {
	return &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.reprice.busy")}
}

// A Repriced says what the repricing that changed a call last did to it.
type Repriced struct {
	ID       string
	At       time.Time
	Reason   string
	Old, New *billing.Money // nil: unpriced
}

const selectRepriced = `SELECT call.id, r.id, r.begun_at, r.reason, c.old_pico, c.new_pico
	FROM json_each(?) AS asked JOIN call ON call.id = asked.value
	JOIN repricing_call AS c ON c.call_seq = call.seq AND c.booked JOIN repricing AS r ON r.seq = c.repricing ORDER BY c.repricing`

// Repriced says of calls what the repricing that stands did to them. Those that none has changed are not in it.
func (l *Ledger) Repriced(ctx context.Context, callIDs ...string) (map[string]Repriced, error) {
	asked, err := json.Marshal(callIDs)
	if err != nil {
		return nil, fmt.Errorf("look for the repricings of calls: %w", err)
	}
	rows, err := l.st.Read().QueryContext(ctx, selectRepriced, string(asked))
	if err != nil {
		return nil, fmt.Errorf("look for the repricings of calls: %w", err)
	}
	defer rows.Close()
	all := map[string]Repriced{}
	for rows.Next() {
		var call string
		var r Repriced
		var at int64
		var before, after sql.NullInt64
		if err := rows.Scan(&call, &r.ID, &at, &r.Reason, &before, &after); err != nil {
			return nil, fmt.Errorf("read the repricing of a call: %w", err)
		}
		r.At, r.Old, r.New = utc(at), money(before), money(after)
		all[call] = r
	}
	return all, rows.Err()
}

// unequalRepricing names the repricings that differ from the sums of their calls.
const unequalRepricing = `SELECT id FROM repricing WHERE state <> 'planning' AND (calls, old_pico, new_pico) IS NOT
	(SELECT count(*), ifnull(sum(old_charge), 0), ifnull(sum(new_charge), 0) FROM repricing_call WHERE repricing = repricing.seq)
	UNION ALL SELECT id FROM repricing JOIN repricing_call ON repricing_call.repricing = repricing.seq
	WHERE state = 'done' AND NOT booked OR state = 'undone' AND booked`
