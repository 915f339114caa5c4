package balance

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"weir/backend/store"
)

const selectFindings = `SELECT channel_id, key_id, base_url, amounts, fetched_at, asked_at, next_at, failures, error FROM balance`

// readFindings reads everything that is stored.
func readFindings(ctx context.Context, st *store.Store) (map[place]Finding, error) {
	rows, err := st.Read().QueryContext(ctx, selectFindings)
	if err != nil {
		return nil, fmt.Errorf("read the balances: %w", err)
	}
	defer rows.Close()
	known := map[place]Finding{}
	for rows.Next() {
		at, f, err := scanFinding(rows)
		if err != nil {
			return nil, fmt.Errorf("read the balances: %w", err)
		}
		known[at] = f
	}
	return known, rows.Err()
}

func scanFinding(rows *sql.Rows) (at place, f Finding, err error) {
	var amounts string
	var asked int64
	var fetched, next sql.NullInt64
	if err = rows.Scan(&at.channel, &at.key, &at.base, &amounts, &fetched, &asked, &next, &f.Failures, &f.Error); err != nil {
		return at, f, err
	}
	f.KeyID, f.AskedAt = at.key, time.UnixMilli(asked).UTC()
	f.FetchedAt, f.NextAt = timeOf(fetched), timeOf(next)
	return at, f, json.Unmarshal([]byte(amounts), &f.Amounts)
}

func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func milli(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

const writeBalance = `INSERT INTO balance (channel_id, key_id, base_url, amounts, fetched_at, asked_at, next_at, failures, error)
SELECT id, ?, base_url, ?, ?, ?, ?, ?, ? FROM channel WHERE id = ? AND base_url = ?
ON CONFLICT DO UPDATE SET base_url = excluded.base_url, amounts = excluded.amounts, fetched_at = excluded.fetched_at,
asked_at = excluded.asked_at, next_at = excluded.next_at, failures = excluded.failures, error = excluded.error`

// writeFinding stores what was found, where the channel still is at the address that was asked.
func writeFinding(ctx context.Context, st *store.Store, at place, f Finding) (there bool, err error) {
	amounts, err := json.Marshal(f.Amounts)
	if err != nil {
		return false, err
	}
	err = st.Do(ctx, func(tx *store.Tx) error {
		res, err := tx.Exec(writeBalance, at.key, string(amounts), milli(f.FetchedAt), f.AskedAt.UnixMilli(), milli(f.NextAt),
			f.Failures, f.Error, at.channel, at.base)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		there = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write the balance of %s: %w", at.channel, err)
	}
	return there, nil
}

const deleteBalance = `DELETE FROM balance WHERE channel_id = ? AND key_id = ? AND base_url = ?`

func dropFinding(ctx context.Context, st *store.Store, at place) error {
	err := st.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(deleteBalance, at.channel, at.key, at.base)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop the balance of %s: %w", at.channel, err)
	}
	return nil
}
