package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A Start is a call that is about to be sent, with what it may cost at most.
type Start struct {
	Call          gateway.Call // what is known before sending: id, times, key, model…
	Payer         Payer
	Hold          gateway.Amounts
	Progress      Progress // by which recovery prices the call should nothing newer be saved
	RefusedStatus int      // the HTTP status that the client gets when a limit refuses

	// Fit, where it is not nil, chooses what is set aside when it is known what the hard limits leave; of a unit that
	// none counts they leave MaxInt64. It is pure, and may be called again for the same call.
	Fit func(left gateway.Amounts) gateway.Amounts
}

// A Hold is an open call in the ledger. Whoever has one must End it.
type Hold struct {
	l       *Ledger
	call    gateway.Call // as it was at the start
	payer   Payer
	answers gateway.Scope // whose limits tell what is left
	seq     int64         // of its row
	sets    []setAside
	held    gateway.Amounts    // as it was at the start
	uses    []gateway.LimitUse // of the limits that answer for the key, once this call had set its share aside

	extended atomic.Bool // the call's row may know of more than held

	once    sync.Once
	durable bool

	mu       sync.Mutex // guards what follows
	progress Progress
	changed  bool // the progress is newer than what was saved
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
	h := &Hold{l: l, call: s.Call, payer: s.Payer, held: s.Hold}
	h.payer.KeyID = s.Call.KeyID
	h.call.State = gateway.Open
	now := l.clock()
	rules := l.covering(h.payer)
	if len(rules) > 0 {
		h.answers = rules[0].Scope
	}
	for _, r := range rules {
		h.sets = append(h.sets, setAside{r.ID, r.Unit, r.at(now).milli()})
	}
	open, err := openArgs(l.boot, &h.call, s.Hold, h.sets, s.Progress)
	if err != nil {
		return nil, err
	}
	var refused *gateway.Call
	var refusal error
	status := s.RefusedStatus
	err = l.st.Do(ctx, func(tx *store.Tx) error {
		refused, refusal = nil, nil
		if s.Fit != nil {
			if open, err = h.fit(tx, s, rules); err != nil {
				return err
			}
		}
		no, err := h.begin(tx, open, rules)
		if err != nil || no == nil {
			return err
		}
		refusal = no.refusal(h, now)
		c := refusedCall(h.call, status, refusal, now)
		refused = &c
		return l.closeRefused(tx, c)
	})
	if err != nil {
		l.noteFailure(err)
		return nil, fmt.Errorf("hold for call %s: %w", h.call.ID, err)
	}
	if refused != nil {
		l.feed.publish(Event{Kind: CallChanged, Call: refused})
		return nil, refusal
	}
	l.track(h)
	l.feed.publish(Event{Kind: CallChanged, Call: &h.call})
	return h, nil
}

// fit has the call choose what it holds by what its limits leave, and returns its row.
func (h *Hold) fit(tx *store.Tx, s Start, rules []rule) ([]any, error) {
	left := gateway.Amounts{Pico: math.MaxInt64, Tokens: math.MaxInt64, Calls: math.MaxInt64}
	windows, err := h.windows(tx, rules)
	if err != nil {
		return nil, err
	}
	for i, r := range rules {
		if !r.Hard {
			continue
		}
		switch n := r.use(h.sets[i].Start, *windows[i]).Left(); r.Unit {
		case gateway.USD:
			left.Pico = min(left.Pico, n)
		case gateway.Tokens:
			left.Tokens = min(left.Tokens, n)
		case gateway.Calls:
			left.Calls = min(left.Calls, n)
		}
	}
	h.held = s.Fit(left)
	if err := bearable(h.held); err != nil {
		return nil, err
	}
	return openArgs(h.l.boot, &h.call, h.held, h.sets, s.Progress)
}

// windows returns the windows of the call's rules, to be changed.
func (h *Hold) windows(tx *store.Tx, rules []rule) ([]*window, error) {
	if len(rules) == 0 {
		return nil, nil
	}
	shared, err := h.l.gathering(tx)
	if err != nil {
		return nil, err
	}
	windows := make([]*window, len(rules))
	for i := range rules {
		if windows[i], err = shared.window(tx, h.sets[i].of(h.call.Simulated)); err != nil {
			return nil, err
		}
	}
	return windows, nil
}

// begin writes the call's row and sets its amounts aside, unless a limit cannot bear them.
func (h *Hold) begin(tx *store.Tx, open []any, rules []rule) (*blocked, error) {
	row, err := tx.Exec(insertCall, open...)
	if err != nil {
		return nil, err
	}
	if h.seq, err = row.LastInsertId(); err != nil {
		return nil, err
	}
	return h.reserve(tx, rules, h.held)
}

// Uses returns the limits of the call's key, or else of its group, with what their windows had spent
// and held once this call had set its share aside. The account's are told to nobody who calls.
func (h *Hold) Uses() []gateway.LimitUse { return h.uses }

// A blocked limit cannot bear what a call asks for.
type blocked struct {
	rule  rule
	set   setAside
	was   window
	asked int64
}

// reserve lets the windows hold more, or none of them when one cannot bear it: that one is
// returned. The rules are those of the call's sets, in their order.
func (h *Hold) reserve(tx *store.Tx, rules []rule, more gateway.Amounts) (*blocked, error) {
	h.uses = nil
	windows, err := h.windows(tx, rules)
	if err != nil {
		return nil, err
	}
	for i, r := range rules {
		if n, w := more.In(r.Unit), *windows[i]; n > r.ceiling(n, w)-w.spent-w.held {
			return &blocked{r, h.sets[i], w, n}, nil
		}
	}
	for i, r := range rules {
		w := windows[i]
		w.held += more.In(r.Unit)
		w.changed = true
		if r.Scope == h.answers && r.Scope != gateway.ScopeAccount {
			h.uses = append(h.uses, r.use(h.sets[i].Start, *w))
		}
	}
	return nil, nil
}

// use is a limit with its window that begins at start.
func (r rule) use(start int64, w window) gateway.LimitUse {
	u := gateway.LimitUse{Limit: r.Limit, Spent: w.spent, Held: w.held, Extra: w.extra}
	if start != 0 {
		s := r.at(time.UnixMilli(start))
		u.Start, u.ResetsAt = s.start.UTC(), s.end.UTC()
	}
	return u
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

// ceiling is what a window may reach with n more. A soft limit has none, and who
// asks for nothing is never refused: counting tokens works at an exhausted limit.
func (r rule) ceiling(n int64, w window) int64 {
	if !r.Hard || n == 0 {
		return math.MaxInt64
	}
	return r.Amount + w.extra
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
	now, rules := h.l.clock(), h.current()
	h.extended.Store(true)
	var refusal error
	err := h.l.st.Do(ctx, func(tx *store.Tx) error {
		refusal = nil
		no, err := h.reserve(tx, rules, more)
		if err != nil {
			return err
		}
		if no == nil {
			return h.grow(tx, more)
		}
		refusal = no.refusal(h, now)
		return nil
	})
	if err != nil {
		h.l.noteFailure(err)
		return fmt.Errorf("extend the hold of call %s: %w", h.call.ID, err)
	}
	return refusal
}

// current returns the limits of the call's windows as they are now. One that was removed meanwhile bounds nothing.
func (h *Hold) current() []rule {
	now := h.l.covering(h.payer)
	rules := make([]rule, len(h.sets))
	for i, set := range h.sets {
		j := slices.IndexFunc(now, func(r rule) bool { return r.ID == set.Limit })
		if j < 0 {
			rules[i].Unit = set.Unit
			continue
		}
		rules[i] = now[j]
	}
	return rules
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
