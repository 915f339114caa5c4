package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"weir/billing"
)

// Calls over an amount are counted one by one: no sum has them. What was counted once is remembered, as far as
// no call can change any more, so that only the first count of a large ledger takes as long as it is large.
type counts struct {
	mu    sync.Mutex
	known map[countKey]counted
}

// A countKey is what a count depends on.
type countKey struct {
	filter    Filter // without its amount and its place
	over      int64
	simulated bool
}

// counted is what a filter's calls came to, of those whose rows are numbered below upTo.
type counted struct {
	upTo, calls, charged, simulated int64
}

const (
	mostCounts = 32     // that are remembered
	fewRows    = 20_000 // that are sooner read by their numbers than found in an index
)

const firstOpen = `SELECT ifnull(min(seq), ?) FROM call WHERE state = 'open' AND state <> 'settled'`

// tallyOver counts the calls of a filter with an amount; last is the number of the newest row.
func (l *Ledger) tallyOver(ctx context.Context, tx *sql.Tx, f Filter, simulated bool, last int64) (*Tally, error) {
	key := countKey{f, f.Over.Pico(), simulated}
	key.filter.Over, key.filter.Limit, key.filter.After = nil, 0, ""
	var final int64 // no row before it changes any more
	if err := tx.QueryRowContext(ctx, firstOpen, last+1).Scan(&final); err != nil {
		return nil, fmt.Errorf("find the first open call: %w", err)
	}
	c := l.counts.of(key)
	if c.upTo < final {
		if err := f.count(ctx, tx, &c, final, simulated); err != nil {
			return nil, err
		}
		l.counts.keep(key, c)
	}
	if err := f.count(ctx, tx, &c, last+1, simulated); err != nil {
		return nil, err
	}
	return &Tally{Calls: c.calls, Charged: billing.Pico(c.charged), Simulated: c.simulated}, nil
}

// of returns what is known of a count, at worst nothing.
func (c *counts) of(key countKey) counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[key]
}

// forget is for when calls were changed that had ended.
func (c *counts) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}

// keep remembers a count; two who counted at once remember the farther one.
func (c *counts) keep(key countKey, n counted) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostCounts {
		c.known = map[countKey]counted{}
	}
	if n.upTo > c.known[key].upTo {
		c.known[key] = n
	}
}

// count goes on counting until a row.
func (f Filter) count(ctx context.Context, tx *sql.Tx, c *counted, to int64, simulated bool) error {
	if c.upTo >= to {
		return nil
	}
	query, args := f.counting(c.upTo, to, simulated)
	var calls, charged, others int64
	if err := tx.QueryRowContext(ctx, query, args...).Scan(&calls, &charged, &others); err != nil {
		return fmt.Errorf("count calls over an amount: %w", err)
	}
	*c = counted{to, c.calls + calls, c.charged + charged, c.simulated + others}
	return nil
}

// counting writes the query that counts a filter's calls in a range of rows.
func (f Filter) counting(from, to int64, simulated bool) (query string, args []any) {
	w, table := f.where(), "call"
	if to-from <= fewRows {
		table = "call NOT INDEXED"
		w.and("seq >= ? AND seq < ?", from, to)
	} else {
		w.and("+seq >= ? AND +seq < ?", from, to) // by an index, not by these
	}
	query = "SELECT count(*), ifnull(sum(charge_pico) FILTER (WHERE simulated = ?), 0), count(*) FILTER (WHERE simulated > ?) FROM " +
		table + " WHERE " + w.text
	return query, append([]any{simulated, simulated}, w.args...)
}
