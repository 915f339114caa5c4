package ledger

import (
	"context"
	"fmt"

	"weir/backend/gateway"
	"weir/backend/store"
)

// An Interrupted is a call that was open when an earlier boot ended, with what was last saved of it.
type Interrupted struct {
	Call     gateway.Call
	Held     gateway.Amounts
	Progress Progress
}

// recoverGroup is how many interrupted calls are settled at once.
const recoverGroup = 256

// Recover ends what earlier boots left: it replays spilled calls, then settles each
// call that is still open with the outcome that price makes of it. It returns how
// many those were. It runs before the first call is taken.
func (l *Ledger) Recover(ctx context.Context, price func(Interrupted) Outcome) (n int, err error) {
	l.spill.files.Store(true)
	if err := l.replay(ctx); err != nil {
		return 0, fmt.Errorf("recover: %w", err)
	}
	for {
		left, err := l.interrupted(ctx)
		if err != nil {
			return n, fmt.Errorf("recover: %w", err)
		}
		if len(left) == 0 {
			return n, nil
		}
		var group []*settlement
		for _, in := range left {
			o := price(in)
			o.Call.ID, o.Call.StartedAt, o.Call.Simulated = in.Call.ID, in.Call.StartedAt, in.Call.Simulated
			o.Call.KeyID, o.Call.KeyName = in.Call.KeyID, in.Call.KeyName
			s, err := l.settle(o, nil)
			if err != nil {
				return n, fmt.Errorf("recover: %w", err)
			}
			group = append(group, s)
		}
		if err := l.st.Do(ctx, applyAll(group)); err != nil {
			return n, fmt.Errorf("recover: %w", err)
		}
		n += len(group)
	}
}

func applyAll(group []*settlement) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		for _, s := range group {
			if err := s.apply(tx); err != nil {
				return fmt.Errorf("settle call %s: %w", s.outcome.Call.ID, err)
			}
		}
		return nil
	}
}

const selectInterrupted = `SELECT ` + callColumns + `, hold_pico, hold_tokens, hold_calls, progress
	FROM call WHERE state = 'open' AND state <> 'settled' AND boot_id < ? ORDER BY started_at LIMIT ?`

func (l *Ledger) interrupted(ctx context.Context) ([]Interrupted, error) {
	rows, err := l.st.Read().QueryContext(ctx, selectInterrupted, l.boot, recoverGroup)
	if err != nil {
		return nil, fmt.Errorf("find interrupted calls: %w", err)
	}
	defer rows.Close()
	var out []Interrupted
	for rows.Next() {
		var in Interrupted
		in.Call, err = scanCall(rows, &in.Held.Pico, &in.Held.Tokens, &in.Held.Calls, text{&in.Progress})
		if err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, rows.Err()
}
