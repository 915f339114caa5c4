package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/billing"
)

// A Slot is a part of time: From until To, exclusively.
type Slot struct{ From, To time.Time }

// Sums add up the calls of a part of time. Amounts are of settled calls.
type Sums struct {
	Calls        int64 // settled ones
	Unpriced     int64 // of these, those without a cost
	Estimated    int64 // of these, those charged by an estimate or in part
	Failed       int64 // released, or cut by the upstream
	Refused      int64
	Charged      billing.Money // what counts against limits
	Compared     billing.Money // the cost of those calls of which it is known without a cache too
	WithoutCache billing.Money // what the same calls would have cost without it
	Fresh        int64         // tokens of input that no cache had
	CacheRead    int64
	CacheWrite5m int64 // with those of an unknown lifetime
	CacheWrite1h int64 // and longer
	Output       int64
}

// Saved is what caches saved, of the calls of which that is known. It may be negative.
func (s Sums) Saved() billing.Money { return s.WithoutCache.Sub(s.Compared) }

// Add returns the sums of the calls of both.
func (s Sums) Add(o Sums) Sums {
	s.Calls += o.Calls
	s.Unpriced += o.Unpriced
	s.Estimated += o.Estimated
	s.Failed += o.Failed
	s.Refused += o.Refused
	s.Charged = s.Charged.Add(o.Charged)
	s.Compared = s.Compared.Add(o.Compared)
	s.WithoutCache = s.WithoutCache.Add(o.WithoutCache)
	s.Fresh += o.Fresh
	s.CacheRead += o.CacheRead
	s.CacheWrite5m += o.CacheWrite5m
	s.CacheWrite1h += o.CacheWrite1h
	s.Output += o.Output
	return s
}

// A Part is what one key had of one model through one channel in a slot.
type Part struct {
	Slot      int // its place among those asked for
	KeyID     string
	ChannelID string // empty: none was reached
	Model     string
	Sums
}

const (
	sumColumns = `ifnull(sum(calls), 0), ifnull(sum(unpriced), 0), ifnull(sum(estimated), 0), ifnull(sum(cut), 0),
		ifnull(sum(charge_pico), 0), ifnull(sum(compared_pico), 0), ifnull(sum(without_cache_pico), 0),
		ifnull(sum(input), 0), ifnull(sum(cache_read), 0), ifnull(sum(cache_write_5m), 0),
		ifnull(sum(cache_write_1h), 0), ifnull(sum(output), 0)`
	// Of either table: rollup, rollup_hour.
	sumsOfSpan  = `SELECT '', '', '', ` + sumColumns + ` FROM %s WHERE slot >= ? AND slot < ? AND simulated = ?`
	partsOfSpan = `SELECT key_id, channel_id, model, ` + sumColumns + ` FROM %s
		WHERE slot >= ? AND slot < ? AND simulated = ? GROUP BY key_id, channel_id, model`
	chargedOfSpan = `SELECT ifnull(sum(charge_pico), 0), ifnull(sum(unpriced), 0) FROM %s
		WHERE slot >= ? AND slot < ? AND simulated = ?`
	// Of full hours, and of calls themselves where less than an hour is asked for.
	countOfHours = `SELECT '', '', '', ifnull(sum(calls), 0) FROM unsettled_hour
		WHERE state = ? AND slot >= ? AND slot < ? AND simulated = ?`
	countsOfHours = `SELECT key_id, channel_id, model, sum(calls) FROM unsettled_hour
		WHERE state = ? AND slot >= ? AND slot < ? AND simulated = ?
		GROUP BY key_id, channel_id, model`
	// The index is of what is not settled.
	countOfSpan = `SELECT '', '', '', count(*) FROM call
		WHERE state = ? AND state <> 'settled' AND started_at >= ? AND started_at < ? AND simulated = ?`
	countsOfSpan = `SELECT key_id, channel_id, model, count(*) FROM call
		WHERE state = ? AND state <> 'settled' AND started_at >= ? AND started_at < ? AND simulated = ?
		GROUP BY key_id, channel_id, model`
)

// Sums adds up the calls that started in a slot: simulated ones, or real ones. Its edges
// are rounded outwards to quarter hours.
func (l *Ledger) Sums(ctx context.Context, s Slot, simulated bool) (Sums, error) {
	parts, err := l.addUp(ctx, []Slot{s}, simulated, sumsOfSpan, map[string]string{"rollup_hour": countOfHours, "rollup": countOfSpan})
	return Total(parts), err
}

// Charged is what Sums says of money alone, in a small part of its time: what was charged,
// and how many calls have no cost.
func (l *Ledger) Charged(ctx context.Context, s Slot, simulated bool) (billing.Money, int64, error) {
	whole := s.Whole()
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return billing.Money{}, 0, fmt.Errorf("add up charges: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	var charged, missing int64
	for _, p := range pieces(whole.From.UnixMilli(), whole.To.UnixMilli()) {
		var pico, unpriced int64
		err := tx.QueryRowContext(ctx, fmt.Sprintf(chargedOfSpan, p.table), p.from, p.to, simulated).Scan(&pico, &unpriced)
		if err != nil {
			return billing.Money{}, 0, fmt.Errorf("add up charges: %w", err)
		}
		charged, missing = charged+pico, missing+unpriced
	}
	return billing.Pico(charged), missing, nil
}

// Parts adds up as Sums does, apart for each slot, key, channel and model. All are of
// one moment.
func (l *Ledger) Parts(ctx context.Context, slots []Slot, simulated bool) ([]Part, error) {
	return l.addUp(ctx, slots, simulated, partsOfSpan, map[string]string{"rollup_hour": countsOfHours, "rollup": countsOfSpan})
}

// Total adds up parts.
func Total(parts []Part) (sum Sums) {
	for _, p := range parts {
		sum = sum.Add(p.Sums)
	}
	return sum
}

func (l *Ledger) addUp(ctx context.Context, slots []Slot, simulated bool, settled string, others map[string]string) ([]Part, error) {
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("add up calls: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	sums, counts := map[string]*sql.Stmt{}, map[string]*sql.Stmt{}
	for _, table := range []string{"rollup", "rollup_hour"} {
		if sums[table], err = tx.PrepareContext(ctx, fmt.Sprintf(settled, table)); err != nil {
			return nil, fmt.Errorf("prepare adding up calls: %w", err)
		}
		defer sums[table].Close()
		if counts[table], err = tx.PrepareContext(ctx, others[table]); err != nil {
			return nil, fmt.Errorf("prepare counting calls: %w", err)
		}
		defer counts[table].Close()
	}
	var parts []Part
	for i, s := range slots {
		from, to := s.Whole().From.UnixMilli(), s.Whole().To.UnixMilli()
		for _, p := range pieces(from, to) {
			if parts, err = appendSums(ctx, parts, i, sums[p.table], p.from, p.to, simulated); err != nil {
				return nil, err
			}
			for _, state := range []gateway.CallState{gateway.Released, gateway.Refused} {
				if parts, err = appendCounts(ctx, parts, i, counts[p.table], state, p.from, p.to, simulated); err != nil {
					return nil, err
				}
			}
		}
	}
	return parts, nil
}

func appendSums(ctx context.Context, parts []Part, slot int, query *sql.Stmt, args ...any) ([]Part, error) {
	rows, err := query.QueryContext(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("add up calls: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		p := Part{Slot: slot}
		var charged, compared, withoutCache int64
		err := rows.Scan(&p.KeyID, &p.ChannelID, &p.Model, &p.Calls, &p.Unpriced, &p.Estimated, &p.Failed,
			&charged, &compared, &withoutCache, &p.Fresh, &p.CacheRead, &p.CacheWrite5m, &p.CacheWrite1h, &p.Output)
		if err != nil {
			return nil, fmt.Errorf("read sums of calls: %w", err)
		}
		p.Charged, p.Compared, p.WithoutCache = billing.Pico(charged), billing.Pico(compared), billing.Pico(withoutCache)
		parts = append(parts, p)
	}
	return parts, rows.Err()
}

// appendCounts adds parts of calls in one state that the rollup does not know.
func appendCounts(ctx context.Context, parts []Part, slot int, query *sql.Stmt, state gateway.CallState, args ...any) ([]Part, error) {
	rows, err := query.QueryContext(ctx, append([]any{string(state)}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("count calls: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		p := Part{Slot: slot}
		count := &p.Failed
		if state == gateway.Refused {
			count = &p.Refused
		}
		if err := rows.Scan(&p.KeyID, &p.ChannelID, &p.Model, count); err != nil {
			return nil, fmt.Errorf("read counts of calls: %w", err)
		}
		parts = append(parts, p)
	}
	return parts, rows.Err()
}

const selectKeyName = `SELECT key_name FROM call WHERE key_id = ? ORDER BY started_at DESC LIMIT 1`

// KeyName returns the name that a key had when it was used last, empty when it never was.
func (l *Ledger) KeyName(ctx context.Context, keyID string) (name string, err error) {
	err = l.st.Read().QueryRowContext(ctx, selectKeyName, keyID).Scan(&name)
	if err != nil && err != sql.ErrNoRows {
		return "", fmt.Errorf("look for a key's name: %w", err)
	}
	return name, nil
}
