package reuse

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// An Explanation is what is known of one call's cache.
type Explanation struct {
	Cause  Cause
	Tokens int64  // that were not read
	Pico   *int64 // what that cost at most; nil: no price is known, or nothing was missed
	Facts
}

const selectMiss = `SELECT cause, facts, tokens, pico FROM cache_miss WHERE call_id = ?`

// stored returns a call's miss; nil: it had none.
func (w *Watch) stored(ctx context.Context, call string) (*Explanation, error) {
	var e Explanation
	var facts []byte
	err := w.st.Read().QueryRowContext(ctx, selectMiss, call).Scan(&e.Cause, &facts, &e.Tokens, &e.Pico)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(facts, &e.Facts)
	}
	if err != nil {
		return nil, fmt.Errorf("read a missed cache: %w", err)
	}
	return &e, nil
}

// A Sum is what caches did to the calls of one key, channel and model.
type Sum struct {
	KeyID, ChannelID, Model string
	What                    string // a Cause, or Wasted
	Calls, Tokens, Pico     int64
	Unpriced                int64 // of the calls, those whose price nobody knows
}

const selectSums = `SELECT key_id, channel_id, model, what, sum(calls), sum(tokens), sum(pico), sum(unpriced) FROM cache_sum
	WHERE slot >= ? AND slot < ? GROUP BY key_id, channel_id, model, what`

// Sums adds up a span of quarter hours.
func (w *Watch) Sums(ctx context.Context, from, to time.Time) ([]Sum, error) {
	rows, err := w.st.Read().QueryContext(ctx, selectSums, from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("add up what caches did: %w", err)
	}
	defer rows.Close()
	var all []Sum
	for rows.Next() {
		var s Sum
		if err := rows.Scan(&s.KeyID, &s.ChannelID, &s.Model, &s.What, &s.Calls, &s.Tokens, &s.Pico, &s.Unpriced); err != nil {
			return nil, fmt.Errorf("read what caches did: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// A Miss is one call's.
type Miss struct {
	CallID    string
	StartedAt time.Time
	KeyID     string
	ChannelID string
	Model     string
	Explanation
}

// The inner query reads an index alone.
const selectDearest = `SELECT call_id, started_at, key_id, channel_id, model, cause, facts, tokens, pico FROM cache_miss
	WHERE call_id IN (SELECT call_id FROM cache_miss WHERE started_at >= ? AND started_at < ? ORDER BY ifnull(pico, -1) DESC LIMIT ?)
	ORDER BY ifnull(pico, -1) DESC, tokens DESC`

// Dearest returns the misses of a span that cost most.
func (w *Watch) Dearest(ctx context.Context, from, to time.Time, limit int) ([]Miss, error) {
	rows, err := w.st.Read().QueryContext(ctx, selectDearest, from.UnixMilli(), to.UnixMilli(), limit)
	if err != nil {
		return nil, fmt.Errorf("look for missed caches: %w", err)
	}
	defer rows.Close()
	var all []Miss
	for rows.Next() {
		var m Miss
		var at int64
		var facts []byte
		if err := rows.Scan(&m.CallID, &at, &m.KeyID, &m.ChannelID, &m.Model, &m.Cause, &facts, &m.Tokens, &m.Pico); err != nil {
			return nil, fmt.Errorf("read a missed cache: %w", err)
		}
		if err := json.Unmarshal(facts, &m.Facts); err != nil {
			return nil, fmt.Errorf("read a missed cache: %w", err)
		}
		m.StartedAt = time.UnixMilli(at).UTC()
		all = append(all, m)
	}
	return all, rows.Err()
}

// Few writes are still alive; the index has them alone.
const selectWaiting = `SELECT ifnull(sum(tokens - used), 0) FROM cache_write INDEXED BY cache_write_open WHERE summed = 0 AND started_at >= ? AND started_at < ?`

// Waiting is how many tokens of a span's writes may still be read.
func (w *Watch) Waiting(ctx context.Context, from, to time.Time) (tokens int64, err error) {
	err = w.st.Read().QueryRowContext(ctx, selectWaiting, from.UnixMilli(), to.UnixMilli()).Scan(&tokens)
	if err != nil {
		return 0, fmt.Errorf("look for writes that may still be read: %w", err)
	}
	return tokens, nil
}

// Since is from when on calls are looked at; zero: they are not.
func (w *Watch) Since(ctx context.Context) (time.Time, error) {
	if !w.On() {
		return time.Time{}, nil
	}
	text, err := w.st.Setting(ctx, since)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	t, err := time.Parse(stamp, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read since when caches are watched: %w", err)
	}
	return t, nil
}
