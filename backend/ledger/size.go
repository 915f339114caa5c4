package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Size is what the ledger's file takes, in bytes.
type Size struct {
	File int64 // all of it
	Free int64 // of it, what the next calls will fill before it grows
}

// Used is what is in the file.
func (s Size) Used() int64 { return s.File - s.Free }

const selectSize = `SELECT page_count * page_size, freelist_count * page_size FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()`

// Size returns what the ledger's file takes.
func (l *Ledger) Size(ctx context.Context) (s Size, err error) {
	if err := l.st.Read().QueryRowContext(ctx, selectSize).Scan(&s.File, &s.Free); err != nil {
		return s, fmt.Errorf("read the ledger's size: %w", err)
	}
	return s, nil
}

// A Foresight is what a retention would do now.
type Foresight struct {
	Calls  int64     // that would lose their details
	Before time.Time // they started before this; zero: none would
	Bytes  int64     // about so many would be free then
	Enough bool      // the ledger would be no larger than wanted
}

const (
	// What a call's details take, of some of those that would lose them first; a page is never quite full.
	detailBytes = `SELECT ifnull(avg(ifnull(length(lines), 0) + ifnull(length(usage), 0) + ifnull(length(flags), 0) + ifnull(length(attempts), 0)
		+ ifnull(length(priced_by), 0) + iif(basis = 'exact', length(note), 0)), 0)
		FROM (SELECT lines, usage, flags, attempts, priced_by, basis, note FROM call WHERE seq > ? ORDER BY seq LIMIT 500)`
	callsBefore = `SELECT count(*) FROM call WHERE started_at < ?1 AND +seq > ?2` // by the index of times
	startAfter  = `SELECT started_at FROM call WHERE seq > ? ORDER BY seq LIMIT 1`
)

// Foresee says what a retention would do now, without doing it.
func (l *Ledger) Foresee(ctx context.Context, r Retention) (f Foresight, err error) {
	if err := r.flaw(); err != nil {
		return f, err
	}
	tx, err := l.st.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return f, fmt.Errorf("foresee a retention: %w", err)
	}
	defer tx.Rollback() // nothing was written: its error says nothing
	var a Archive
	var size Size
	var each float64
	err = tx.QueryRowContext(ctx, selectArchive).Scan(text{&a})
	if err == nil {
		err = tx.QueryRowContext(ctx, selectSize).Scan(&size.File, &size.Free)
	}
	if err == nil {
		err = tx.QueryRowContext(ctx, detailBytes, a.Mark).Scan(&each)
	}
	if err != nil {
		return f, fmt.Errorf("foresee a retention: %w", err)
	}
	now := l.clock()
	if r.Months > 0 {
		f.Before = r.byAge(now, l.loc)
	}
	if f.Calls, err = countBefore(ctx, tx, f.Before, a.Mark); err != nil {
		return f, err
	}
	spare := size.Used() - r.Megabytes*megabyte - int64(float64(f.Calls)*each)
	if r.Megabytes > 0 && spare > 0 && each > 0 {
		if f.Before, err = afterSome(ctx, tx, a.Mark+f.Calls+int64(float64(spare)/each)+1, now.Add(-keptAtLeast)); err != nil {
			return f, err
		}
		if f.Calls, err = countBefore(ctx, tx, f.Before, a.Mark); err != nil {
			return f, err
		}
	}
	f.Bytes = int64(float64(f.Calls) * each)
	f.Enough = r.Megabytes == 0 || size.Used()-f.Bytes <= r.Megabytes*megabyte
	return f, nil
}

func countBefore(ctx context.Context, tx *sql.Tx, before time.Time, mark int64) (n int64, err error) {
	if before.IsZero() {
		return 0, nil
	}
	if err := tx.QueryRowContext(ctx, callsBefore, before.UnixMilli(), mark).Scan(&n); err != nil {
		return 0, fmt.Errorf("count old calls: %w", err)
	}
	return n, nil
}

// afterSome is when the first call after a row started, or the latest time that is allowed.
func afterSome(ctx context.Context, tx *sql.Tx, seq int64, latest time.Time) (time.Time, error) {
	var started int64
	err := tx.QueryRowContext(ctx, startAfter, seq).Scan(&started)
	if errors.Is(err, sql.ErrNoRows) || err == nil && utc(started).After(latest) {
		return latest, nil
	}
	if err != nil {
		return latest, fmt.Errorf("find where old calls end: %w", err)
	}
	return utc(started), nil
}

// OldestWhole is when the oldest call started that has its details; zero: none has.
func (l *Ledger) OldestWhole(ctx context.Context) (time.Time, error) {
	a, err := l.Archived(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var started int64
	err = l.st.Read().QueryRowContext(ctx, startAfter, a.Mark).Scan(&started)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("find the oldest call with details: %w", err)
	}
	return utc(started), nil
}

// Compact writes the ledger's file anew without what is free in it. All calls that begin or end meanwhile wait.
func (l *Ledger) Compact(ctx context.Context) error { return l.st.Compact(ctx) }
