package reuse

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"weir/backend/store"
	"weir/billing"
)

// news are what was learnt and is to be written.
type news struct {
	misses []miss
	wrote  []wrote
	used   []use
	firsts []first
	gone   []int64
}

type miss struct {
	of    *Call
	cause Cause
	facts string
	lost  int64
	pico  *int64
}

type wrote struct {
	of     *Call
	tokens int64
	pico   *int64
	ends   time.Time
}

type use struct {
	call string
	used int64
}

type first struct {
	call string
	at   int64
}

func (n *news) empty() bool { return len(n.misses)+len(n.wrote)+len(n.used) == 0 }

func (n *news) first(c *call) {
	n.firsts = append(n.firsts, first{c.ID, c.StartedAt.UnixMilli()})
}

func (n *news) miss(c *call, v *verdict) {
	facts, err := json.Marshal(v.Facts)
	if err != nil {
		return // cannot be: texts and numbers
	}
	n.misses = append(n.misses, miss{c.Call, v.cause, string(facts), v.lost, pico(c.price(v.lost))})
}

// writes notes what a call wrote to a cache of a known life.
func (n *news) writes(c *call, p *point) {
	v := vendorOf(c.Provider)
	if life := v.writeLife(p); p.Written > 0 && life > 0 {
		n.wrote = append(n.wrote, wrote{c.Call, p.Written, pico(c.premium()), c.EndedAt.Add(life)})
	}
}

func pico(m *billing.Money) *int64 {
	if m == nil {
		return nil
	}
	n := m.Pico()
	return &n
}

const (
	insertMiss = `INSERT OR IGNORE INTO cache_miss (call_id, started_at, key_id, channel_id, model, cause, facts, tokens, pico)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertWrite = `INSERT OR IGNORE INTO cache_write (call_id, started_at, key_id, channel_id, model, tokens, used, pico, ends_at, summed)
		VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, 0)`
	addToSum = `INSERT INTO cache_sum (slot, key_id, channel_id, model, what, calls, tokens, pico, unpriced)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, tokens = tokens + excluded.tokens,
		  pico = pico + excluded.pico, unpriced = unpriced + excluded.unpriced`
	selectWrite = `SELECT started_at, key_id, channel_id, model, tokens, used, pico, summed FROM cache_write WHERE call_id = ?`
	updateUse   = `UPDATE cache_write SET used = ? WHERE call_id = ?`
	markSummed  = `UPDATE cache_write SET summed = 1 WHERE call_id = ?`
	selectOver  = `SELECT call_id FROM cache_write WHERE summed = 0 AND ends_at < ? ORDER BY ends_at LIMIT 500`
)

// Wasted is what the sums call writes that nobody read.
const Wasted = "wasted"

const slot = 15 * 60 * 1000

// write puts the news into the ledger's file.
func (n *news) write(tx *store.Tx) error {
	for _, m := range n.misses {
		at := m.of.StartedAt.UnixMilli()
		res, err := tx.Exec(insertMiss, m.of.ID, at, m.of.KeyID, m.of.ChannelID, m.of.Model, string(m.cause), m.facts, m.lost, m.pico)
		if err != nil {
			return fmt.Errorf("write a missed cache: %w", err)
		}
		if added, err := res.RowsAffected(); err != nil || added == 0 {
			continue
		}
		if err := addSum(tx, sumOf{at, m.of.KeyID, m.of.ChannelID, m.of.Model, string(m.cause)}, 1, m.lost, m.pico); err != nil {
			return err
		}
	}
	for _, w := range n.wrote {
		if _, err := tx.Exec(insertWrite, w.of.ID, w.of.StartedAt.UnixMilli(), w.of.KeyID, w.of.ChannelID, w.of.Model, w.tokens, w.pico, w.ends.UnixMilli()); err != nil {
			return fmt.Errorf("note what was written to a cache: %w", err)
		}
	}
	for _, u := range n.used {
		if err := noteUse(tx, u); err != nil {
			return err
		}
	}
	return nil
}

// A sumOf names a row of the sums.
type sumOf struct {
	at                        int64
	key, channel, model, what string
}

func addSum(tx *store.Tx, of sumOf, calls, tokens int64, pico *int64) error {
	amount, unpriced := int64(0), calls
	if pico != nil {
		amount, unpriced = *pico, 0
	}
	if _, err := tx.Exec(addToSum, of.at-of.at%slot, of.key, of.channel, of.model, of.what, calls, tokens, amount, unpriced); err != nil {
		return fmt.Errorf("add up what caches did: %w", err)
	}
	return nil
}

// A writeRow is a row of what was written.
type writeRow struct {
	sumOf
	tokens, used int64
	pico         *int64
	summed       bool
}

// waste is what of a write nobody read, and its share of what the writing cost.
func (r writeRow) waste() (tokens int64, cost *int64) {
	tokens = r.tokens - r.used
	if r.pico == nil {
		return tokens, nil
	}
	share := part(*r.pico, tokens, r.tokens)
	return tokens, &share
}

func scanWrite(tx *store.Tx, call string) (r writeRow, err error) {
	r.what = Wasted
	err = tx.QueryRow(selectWrite, call).Scan(&r.at, &r.key, &r.channel, &r.model, &r.tokens, &r.used, &r.pico, &r.summed)
	return r, err
}

// noteUse notes that a later call read what was written. Where the write counted as wasted already, it is taken back.
func noteUse(tx *store.Tx, u use) error {
	r, err := scanWrite(tx, u.call)
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.used >= u.used {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what was written to a cache: %w", err)
	}
	if r.summed {
		if err := r.book(tx, -1); err != nil {
			return err
		}
	}
	r.used = min(u.used, r.tokens)
	if r.summed {
		if err := r.book(tx, 1); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(updateUse, r.used, u.call); err != nil {
		return fmt.Errorf("note that a cache was read: %w", err)
	}
	return nil
}

// book adds what of a write was wasted to the sums, or takes it out again.
func (r writeRow) book(tx *store.Tx, sign int64) error {
	tokens, cost := r.waste()
	if tokens == 0 {
		return nil
	}
	if cost != nil {
		signed := sign * *cost
		cost = &signed
	}
	return addSum(tx, r.sumOf, sign, sign*tokens, cost)
}

// sumUp adds up the writes whose life is over.
func (w *Watch) sumUp(ctx context.Context, now time.Time) error {
	for {
		var calls []string
		err := w.st.Do(ctx, func(tx *store.Tx) error {
			calls = calls[:0]
			rows, err := tx.Query(selectOver, now.UnixMilli())
			if err != nil {
				return fmt.Errorf("look for writes whose life is over: %w", err)
			}
			for rows.Next() {
				var call string
				if err := rows.Scan(&call); err != nil {
					return fmt.Errorf("read a write whose life is over: %w", err)
				}
				calls = append(calls, call)
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
			return sumWrites(tx, calls)
		})
		if err != nil || len(calls) < 500 {
			return err
		}
	}
}

func sumWrites(tx *store.Tx, calls []string) error {
	for _, call := range calls {
		r, err := scanWrite(tx, call)
		if err != nil {
			return fmt.Errorf("read what was written to a cache: %w", err)
		}
		if err := r.book(tx, 1); err != nil {
			return err
		}
		if _, err := tx.Exec(markSummed, call); err != nil {
			return fmt.Errorf("sum up what was written to a cache: %w", err)
		}
	}
	return nil
}

// eraseSums deletes all that the ledger's file has of caches, but not what calls cost.
func eraseSums(tx *store.Tx) error {
	for _, query := range []string{`DELETE FROM cache_miss`, `DELETE FROM cache_write`, `DELETE FROM cache_sum`} {
		if _, err := tx.Exec(query); err != nil {
			return fmt.Errorf("erase what is known of caches: %w", err)
		}
	}
	return nil
}

const pruneWrites = `DELETE FROM cache_write WHERE summed = 1 AND started_at < ?`

// prune forgets what nobody is compared with any more. The sums stay.
func (w *Watch) prune(ctx context.Context, before time.Time) {
	w.forgetOld(before)
	if d := w.file.Load(); d != nil {
		if err := d.prune(ctx, before.UnixMilli()); err != nil {
			w.complain(err)
		}
	}
	err := w.st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(pruneWrites, before.UnixMilli())
		return err
	})
	if err != nil {
		w.complain(err)
	}
}
