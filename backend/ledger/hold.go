package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A Start is a call that is about to be sent, with what it may cost at most.
type Start struct {
	Call          gateway.Call // what is known before sending: id, times, key, model…
	Hold          gateway.Amounts
	Progress      Progress // by which recovery prices the call should nothing newer be saved
	RefusedStatus int      // the HTTP status that the client gets when a limit refuses
}

// A Hold is an open call in the ledger. Whoever has one must End it.
type Hold struct {
	l    *Ledger
	call gateway.Call // as it was at the start
	sets []setAside

	once    sync.Once
	durable bool

	mu       sync.Mutex // guards what follows
	progress Progress
	changed  bool // the progress is newer than what was saved
}

// A setAside is one limit's window that a call holds an amount in.
type setAside struct {
	rule  rule
	start int64
}

// Hold opens a call and sets its amounts aside in every limit that covers it. When
// it returns a Hold, both are durable. When a hard limit cannot bear the amount,
// the call is written as refused and the error is a QuotaExceeded that names the limit.
func (l *Ledger) Hold(ctx context.Context, s Start) (*Hold, error) {
	if ok, why := l.Healthy(); !ok {
		return nil, storageError(why)
	}
	if err := bearable(s.Hold); err != nil {
		return nil, err
	}
	h := &Hold{l: l, call: s.Call}
	h.call.State = gateway.Open
	now := l.clock()
	for _, r := range l.covering(s.Call.KeyID) {
		h.sets = append(h.sets, setAside{r, r.at(now).milli()})
	}
	progress, err := json.Marshal(s.Progress)
	if err != nil {
		return nil, fmt.Errorf("encode the progress of call %s: %w", s.Call.ID, err)
	}
	open := openArgs(l.boot, h.call, s.Hold, string(progress))
	var refused *gateway.Call
	var refusal error
	err = l.st.Do(ctx, func(tx *store.Tx) error {
		refused, refusal = nil, nil
		if _, err := tx.Exec(insertCall, open...); err != nil {
			return err
		}
		blocked, err := h.take(tx, s.Hold)
		if err != nil || blocked == nil {
			return err
		}
		if refusal, err = l.refusal(tx, *blocked, h.call, s.Hold.In(blocked.rule.Unit), now); err != nil {
			return err
		}
		c := refusedCall(h.call, s.RefusedStatus, refusal, now)
		refused = &c
		return closeRefused(tx, c)
	})
	if err != nil {
		l.noteFailure(err)
		return nil, fmt.Errorf("hold for call %s: %w", s.Call.ID, err)
	}
	if refused != nil {
		l.feed.publish(Event{Kind: CallChanged, Call: refused})
		return nil, refusal
	}
	l.track(h)
	l.feed.publish(Event{Kind: CallChanged, Call: &h.call})
	return h, nil
}

const (
	// Nothing changes, which RowsAffected tells, when the limit cannot bear the
	// amount or when the window has no row yet.
	holdWindow = `UPDATE limit_window SET held = held + ?1
		WHERE limit_id = ?2 AND start = ?3 AND simulated = ?4 AND spent + held + ?1 <= ?5`
	firstHold = `INSERT INTO limit_window (limit_id, start, simulated, spent, held) VALUES (?, ?, ?, 0, ?)
		ON CONFLICT DO NOTHING`
	unholdWindow = `UPDATE limit_window SET held = held - ? WHERE limit_id = ? AND start = ? AND simulated = ?`
	insertHold   = `INSERT INTO hold (call_id, limit_id, window_start, amount) VALUES (?, ?, ?, ?)`
	growHold     = `UPDATE hold SET amount = amount + ? WHERE call_id = ? AND limit_id = ?`
)

// take sets amounts aside for a new call. It returns the first limit that cannot
// bear them, having given back what it took.
func (h *Hold) take(tx *store.Tx, more gateway.Amounts) (*setAside, error) {
	blocked, err := h.reserve(tx, h.sets, more)
	if err != nil || blocked != nil {
		return blocked, err
	}
	for _, s := range h.sets {
		if _, err := tx.Exec(insertHold, h.call.ID, s.rule.ID, s.start, more.In(s.rule.Unit)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// reserve lets the windows hold more, or none of them when one cannot.
func (h *Hold) reserve(tx *store.Tx, sets []setAside, more gateway.Amounts) (*setAside, error) {
	for i, s := range sets {
		n := more.In(s.rule.Unit)
		ceiling := s.ceiling(n)
		held, err := changes(tx, holdWindow, n, s.rule.ID, s.start, h.call.Simulated, ceiling)
		if err == nil && !held && n <= ceiling {
			held, err = changes(tx, firstHold, s.rule.ID, s.start, h.call.Simulated, n)
		}
		if err != nil {
			return nil, err
		}
		if !held {
			return &s, h.giveBack(tx, sets[:i], more)
		}
	}
	return nil, nil
}

// changes runs a statement and says whether it changed a row.
func changes(tx *store.Tx, query string, args ...any) (bool, error) {
	res, err := tx.Exec(query, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func (h *Hold) giveBack(tx *store.Tx, sets []setAside, amounts gateway.Amounts) error {
	for _, s := range sets {
		_, err := tx.Exec(unholdWindow, amounts.In(s.rule.Unit), s.rule.ID, s.start, h.call.Simulated)
		if err != nil {
			return err
		}
	}
	return nil
}

// ceiling is what a window may reach with n more. A soft limit has none, and who
// asks for nothing is never refused: counting tokens works at an exhausted limit.
func (s setAside) ceiling(n int64) int64 {
	if !s.rule.Hard || n == 0 {
		return 1<<63 - 1
	}
	return s.rule.Amount
}

const growCall = `UPDATE call SET hold_pico = hold_pico + ?, hold_tokens = hold_tokens + ?, hold_calls = hold_calls + ?
	WHERE id = ? AND state = 'open'`

// Extend sets more aside for a running call, in the windows that its start chose, by
// the amounts that the limits have now. When a hard one cannot bear it, the error is
// that of Ledger.Hold and nothing changes.
func (h *Hold) Extend(ctx context.Context, more gateway.Amounts) error {
	if err := bearable(more); err != nil {
		return err
	}
	now, sets := h.l.clock(), h.current()
	var refusal error
	err := h.l.st.Do(ctx, func(tx *store.Tx) error {
		refusal = nil
		blocked, err := h.reserve(tx, sets, more)
		if err != nil {
			return err
		}
		if blocked == nil {
			return h.grow(tx, more)
		}
		refusal, err = h.l.refusal(tx, *blocked, h.call, more.In(blocked.rule.Unit), now)
		return err
	})
	if err != nil {
		h.l.noteFailure(err)
		return fmt.Errorf("extend the hold of call %s: %w", h.call.ID, err)
	}
	return refusal
}

// current returns the call's windows with the limits as they are now. One that was removed meanwhile bounds nothing.
func (h *Hold) current() []setAside {
	rules := h.l.covering(h.call.KeyID)
	sets := slices.Clone(h.sets)
	for i := range sets {
		j := slices.IndexFunc(rules, func(r rule) bool { return r.ID == sets[i].rule.ID })
		if j < 0 {
			sets[i].rule.Hard = false
			continue
		}
		sets[i].rule = rules[j]
	}
	return sets
}

// grow notes what a running call holds more. Its error, after which the op is undone, means that the call has ended.
func (h *Hold) grow(tx *store.Tx, more gateway.Amounts) error {
	runs, err := changes(tx, growCall, more.Pico, more.Tokens, more.Calls, h.call.ID)
	if err != nil {
		return err
	}
	if !runs {
		return &gateway.Error{Kind: gateway.Conflict, Message: i18n.T("error.ledger.call_ended")}
	}
	for _, s := range h.sets {
		if _, err := tx.Exec(growHold, more.In(s.rule.Unit), h.call.ID, s.rule.ID); err != nil {
			return err
		}
	}
	return nil
}

// bearable refuses amounts that no ledger can hold.
func bearable(a gateway.Amounts) error {
	for _, n := range []int64{a.Pico, a.Tokens, a.Calls} {
		if n < 0 || n > maxAmount {
			return &gateway.Error{Kind: gateway.Invalid, Message: i18n.T("error.ledger.too_dear")}
		}
	}
	return nil
}

// noteFailure turns the health red when it was the storage that failed.
func (l *Ledger) noteFailure(err error) {
	var e *gateway.Error
	if errors.As(err, &e) && e.Kind == gateway.Storage {
		l.setTrouble(e.Message)
	}
}
