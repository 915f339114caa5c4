package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// refusal says why a limit refuses what a call asks for.
func (b blocked) refusal(h *Hold, now time.Time) error {
	e := &gateway.Error{
		Kind:    gateway.QuotaExceeded,
		LimitID: b.rule.ID,
		Message: refusalText(b.rule, names{h.call.KeyName, h.payer.GroupName}, b.was, b.asked),
	}
	if b.set.Start != 0 {
		resets := b.rule.at(time.UnixMilli(b.set.Start)).end
		e.Message += " " + i18n.T("refusal.resets", "time", resets.In(b.rule.loc).Format("2006-01-02 15:04"), "zone", b.rule.TZ)
		e.RetryAfter = max(resets.Sub(now), time.Second)
	}
	e.Message += " " + i18n.T("refusal.act")
	return e
}

// names are those of a call's key and of its group.
type names struct{ key, group string }

// refusalText says what the limit is, what is left of it and, where something is,
// that the call could take more.
func refusalText(r rule, of names, was window, asked int64) string {
	covers := i18n.T("refusal.account")
	switch r.Scope {
	case gateway.ScopeKey:
		covers = i18n.T("refusal.key", "key", of.key)
	case gateway.ScopeGroup:
		covers = i18n.T("refusal.group", "group", of.group)
	}
	amount := quantity(r.Unit, r.Amount)
	if was.extra > 0 {
		amount = i18n.T("refusal.added", "amount", amount, "extra", quantity(r.Unit, was.extra))
	}
	sentence, held := "refusal.reached", was.held
	switch left := was.spent+held < r.Amount+was.extra; {
	case held > 0 && left:
		sentence = "refusal.reached_held_asked"
	case held > 0:
		sentence = "refusal.reached_held"
	case left:
		sentence = "refusal.reached_asked"
	}
	return i18n.T(sentence, "amount", amount, "per", i18n.T(perWindow[r.Window]), "covers", covers,
		"spent", quantity(r.Unit, was.spent), "held", quantity(r.Unit, held), "asked", quantity(r.Unit, asked))
}

var perWindow = map[gateway.Window]string{
	gateway.Day:   "refusal.per.day",
	gateway.Week:  "refusal.per.week",
	gateway.Month: "refusal.per.month",
	gateway.Total: "refusal.per.total",
}

// quantity writes an amount for people: "$0.25", "1 call", "300 tokens".
func quantity(u gateway.Unit, n int64) string {
	switch u {
	case gateway.Calls:
		return i18n.N("refusal.calls", n)
	case gateway.Tokens:
		return i18n.N("refusal.tokens", n)
	}
	return i18n.T("refusal.usd", "amount", u.Text(n))
}

// Refuse writes a call that was refused before anything was held for it.
func (l *Ledger) Refuse(ctx context.Context, c gateway.Call) error {
	c.State, c.End = gateway.Refused, gateway.WasRefused
	if c.EndedAt.IsZero() {
		c.EndedAt = l.clock()
	}
	open := openRow(l.boot, &c, gateway.Amounts{}, nil, nil)
	err := l.st.Do(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(insertCall, open...); err != nil {
			return err
		}
		return l.closeRefused(tx, c)
	})
	if err != nil {
		l.noteFailure(err)
		return fmt.Errorf("write refused call %s: %w", c.ID, err)
	}
	l.feed.publish(Event{Kind: CallChanged, Call: &c})
	return nil
}

// refusedCall is the call's row after a limit refused it.
func refusedCall(c gateway.Call, status int, refusal error, now time.Time) gateway.Call {
	c.State, c.End, c.EndedAt, c.HTTPStatus = gateway.Refused, gateway.WasRefused, now, status
	var e *gateway.Error
	if errors.As(refusal, &e) {
		c.Err = &gateway.CallError{Kind: e.Kind, Message: e.Message}
	}
	return c
}

func (l *Ledger) closeRefused(tx *store.Tx, c gateway.Call) error {
	args, err := closeArgs(&c, gateway.Amounts{})
	if err != nil {
		return err
	}
	runs, err := changes(tx, closeCall, args...)
	if err != nil || !runs {
		return err
	}
	shared, err := l.gathering(tx)
	if err != nil {
		return err
	}
	shared.addUnsettled(&c)
	return nil
}
