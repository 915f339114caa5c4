package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

const (
	defaultPage = 100
	largestPage = 1000
)

// A Filter chooses calls. Zero fields do not restrict.
type Filter struct {
	Limit int               // at most so many; 0: 100; never more than 1000
	After string            // only calls that come after this one in the list, thus older ones
	Since time.Time         // only calls that started then or later
	KeyID string            // only calls of this key
	State gateway.CallState // only calls in this state
}

const selectCall = `SELECT ` + callColumns + ` FROM call WHERE id = ?`

// Call returns one call, or a NotFound error.
func (l *Ledger) Call(ctx context.Context, id string) (gateway.Call, error) {
	c, err := scanCall(l.st.Read().QueryRowContext(ctx, selectCall, id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, noCall(id)
	}
	return c, err
}

func noCall(id string) error {
	return &gateway.Error{Kind: gateway.NotFound, Field: "id", Message: i18n.T("error.ledger.no_such_call", "id", id)}
}

// Calls returns calls, newest first.
func (l *Ledger) Calls(ctx context.Context, f Filter) ([]gateway.Call, error) {
	query, args, err := l.listing(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := l.st.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	defer rows.Close()
	var calls []gateway.Call
	for rows.Next() {
		c, err := scanCall(rows)
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	return calls, rows.Err()
}

const selectPlace = `SELECT started_at, seq FROM call WHERE id = ?`

// listing writes the query of a filter. Its conditions are of constant text, so that each shape finds its index.
func (l *Ledger) listing(ctx context.Context, f Filter) (query string, args []any, err error) {
	query = "SELECT " + callColumns + " FROM call WHERE true"
	where := func(condition string, values ...any) {
		query += " AND " + condition
		args = append(args, values...)
	}
	if f.KeyID != "" {
		where("key_id = ?", f.KeyID)
	}
	if f.State != "" {
		where("state = ?", string(f.State))
	}
	if f.State != "" && f.State != gateway.Settled {
		where("state <> 'settled'") // lets SQLite use the index of these
	}
	if !f.Since.IsZero() {
		where("started_at >= ?", f.Since.UnixMilli())
	}
	if f.After != "" {
		var started, seq int64
		err := l.st.Read().QueryRowContext(ctx, selectPlace, f.After).Scan(&started, &seq)
		if errors.Is(err, sql.ErrNoRows) {
			return "", nil, noCall(f.After)
		}
		if err != nil {
			return "", nil, fmt.Errorf("find the call to list after: %w", err)
		}
		where("(started_at, seq) < (?, ?)", started, seq)
	}
	n := f.Limit
	if n <= 0 {
		n = defaultPage
	}
	query += " ORDER BY started_at DESC, seq DESC LIMIT ?"
	return query, append(args, min(n, largestPage)), nil
}

const (
	anyCall = `SELECT EXISTS (SELECT 1 FROM call)`
	anyReal = `SELECT EXISTS (SELECT 1 FROM rollup WHERE simulated = 0)
		OR EXISTS (SELECT 1 FROM call WHERE state = 'open' AND state <> 'settled' AND simulated = 0)` // the index is of what is not settled
)

// HasCalls says whether there is any call.
func (l *Ledger) HasCalls(ctx context.Context) (bool, error) { return l.exists(ctx, anyCall) }

// HasReal says whether a call that was not simulated runs or has been settled.
func (l *Ledger) HasReal(ctx context.Context) (bool, error) { return l.exists(ctx, anyReal) }

func (l *Ledger) exists(ctx context.Context, query string) (found bool, err error) {
	if err := l.st.Read().QueryRowContext(ctx, query).Scan(&found); err != nil {
		return false, fmt.Errorf("look for calls: %w", err)
	}
	return found, nil
}
