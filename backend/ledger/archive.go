package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
)

const (
	archiveMost  = 50                   // calls of one op of the writer: two milliseconds
	archiveLeast = 10                   // where the disk is slow
	archiveSlow  = 5 * time.Millisecond // an op that takes longer is made smaller
	archiveRest  = 10                   // how many times as long as an op took the writer is left to others
)

// An Archive says which calls have lost their details.
type Archive struct {
	Mark  int64 `json:"mark"`  // no row up to here has details, but for those of a wrong clock
	Calls int64 `json:"calls"` // so many were taken
	Until int64 `json:"until"` // when the last of them started, in UTC milliseconds
}

// Last is when the last call started that lost its details; zero: none did.
func (a Archive) Last() time.Time {
	if a.Calls == 0 {
		return time.Time{}
	}
	return utc(a.Until)
}

const (
	archiveSetting = "archive"
	selectArchive  = `SELECT ifnull((SELECT value FROM setting WHERE name = '` + archiveSetting + `'), '{}')`
	writeArchive   = `INSERT INTO setting (name, value) VALUES ('` + archiveSetting + `', ?) ON CONFLICT DO UPDATE SET value = excluded.value`
)

// A row that only became shorter would leave its page as full of nothing as the file was of details. Taken out
// and put back, rows lie close, and whole pages are free for what comes.
const (
	makeMoved = `CREATE TEMP TABLE IF NOT EXISTS moved AS SELECT * FROM call WHERE false`
	takeOut   = `INSERT INTO moved SELECT * FROM call WHERE seq > ? AND seq <= ? AND started_at < ? AND archived_at IS NULL AND state <> 'open'`
	slim      = `UPDATE moved SET archived_at = ?, lines = NULL, usage = NULL, flags = NULL, attempts = NULL, priced_by = NULL,
		note = iif(basis = 'exact', '', note)` // an estimate keeps what it assumed
	// A bill that a repricing keeps loses what its call does. One without a basis is exact.
	slimKept = `UPDATE repricing_call SET bill = iif(ifnull(bill ->> '$.basis', 'exact') = 'exact',
		json_remove(bill, '$.lines', '$.flags', '$.note'), json_remove(bill, '$.lines', '$.flags')) WHERE call_seq IN (SELECT seq FROM moved)`
	forgetMisses = `DELETE FROM cache_miss WHERE call_id IN (SELECT id FROM moved)`
	takeAway     = `DELETE FROM call WHERE seq IN (SELECT seq FROM moved)`
	putBack      = `INSERT INTO call SELECT * FROM moved`
	forget       = `DELETE FROM moved`
)

// archive removes the details of up to n calls that started before a time. What remains of each is its row with
// its times, its names, its meters and its money: every list, sum and limit stays as it is. What repricings keep of its
// bills, and what is known of its missed cache, is cut down with it. It says how many it took, and whether it came to
// the end of those that can be taken now.
func (l *Ledger) archive(ctx context.Context, before time.Time, n int) (taken int64, end bool, err error) {
	err = l.st.Do(ctx, func(tx *store.Tx) error {
		taken, end = 0, false
		var a Archive
		if err := tx.QueryRow(selectArchive).Scan(text{&a}); err != nil {
			return fmt.Errorf("read how far it came: %w", err)
		}
		to, err := l.ripe(tx, a.Mark, before, n)
		if err != nil {
			return err
		}
		if end = to == a.Mark; end {
			return nil
		}
		if taken, err = l.strip(tx, a.Mark, to, before); err != nil {
			return err
		}
		return l.noteArchive(tx, a, to, taken)
	})
	if err != nil {
		return 0, false, fmt.Errorf("archive calls: %w", err)
	}
	return taken, end, nil
}

const nextRows = `SELECT seq, started_at, state FROM call WHERE seq > ? ORDER BY seq LIMIT ?`

// ripe returns the last of the next rows that may lose their details with all rows before it. An open call will need
// what is known of it, and a young one is to be looked at; what a wrong clock put into the future keeps nobody.
func (l *Ledger) ripe(tx *store.Tx, mark int64, before time.Time, n int) (int64, error) {
	rows, err := tx.Query(nextRows, mark, n)
	if err != nil {
		return mark, err
	}
	future := l.clock().Add(farAhead).UnixMilli()
	for rows.Next() {
		var seq, started int64
		var state gateway.CallState
		if err := rows.Scan(&seq, &started, &state); err != nil {
			return mark, fmt.Errorf("read the next call: %w", err)
		}
		if state == gateway.Open || started >= before.UnixMilli() && started <= future {
			break
		}
		mark = seq
	}
	return mark, rows.Close()
}

// strip removes the details of rows.
func (l *Ledger) strip(tx *store.Tx, after, to int64, before time.Time) (int64, error) {
	if _, err := tx.Exec(makeMoved); err != nil {
		return 0, err
	}
	res, err := tx.Exec(takeOut, after, to, before.UnixMilli())
	if err != nil {
		return 0, err
	}
	taken, err := res.RowsAffected()
	if err != nil || taken == 0 {
		return 0, err
	}
	if _, err := tx.Exec(slim, l.clock().UnixMilli()); err != nil {
		return 0, err
	}
	for _, step := range []string{slimKept, forgetMisses, takeAway, putBack, forget} {
		if _, err := tx.Exec(step); err != nil {
			return 0, err
		}
	}
	return taken, nil
}

const startOfLast = `SELECT max(started_at) FROM call WHERE seq > ? AND seq <= ? AND archived_at IS NOT NULL`

func (l *Ledger) noteArchive(tx *store.Tx, a Archive, to, taken int64) error {
	if taken > 0 {
		if err := tx.QueryRow(startOfLast, a.Mark, to).Scan(&a.Until); err != nil {
			return fmt.Errorf("read when the last of them started: %w", err)
		}
	}
	a.Mark, a.Calls = to, a.Calls+taken
	note, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeArchive, string(note))
	return err
}

// Archived says which calls have lost their details.
func (l *Ledger) Archived(ctx context.Context) (a Archive, err error) {
	if err := l.st.Read().QueryRowContext(ctx, selectArchive).Scan(text{&a}); err != nil {
		return a, fmt.Errorf("read what was archived: %w", err)
	}
	return a, nil
}
