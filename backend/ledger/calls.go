package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"weir/backend/gateway"
	"weir/billing"
	"weir/frontend/src/i18n"
)

const (
	defaultPage = 100
	largestPage = 1000
)

// A Filter chooses calls. Zero fields do not restrict.
type Filter struct {
	Limit     int               // at most so many; 0: 100; never more than 1000
	After     string            // only calls that come after this one in the list, thus older ones
	Since     time.Time         // only calls that started then or later
	Until     time.Time         // only calls that started before
	KeyID     string            // only calls of this key
	ChannelID string            // only calls that this channel answered
	Model     string            // only calls of this model, as the client named it
	State     gateway.CallState // only calls in this state
	Failed    bool              // only calls that were released, or cut by the upstream
	Unpriced  bool              // only settled calls without a cost
	Over      *billing.Money    // only calls that cost more
}

const selectCall = `SELECT ` + callColumns + ` FROM call WHERE id = ?`

// Call returns one call, or a NotFound error.
func (l *Ledger) Call(ctx context.Context, id string) (gateway.Call, error) {
	c, err := scanCall(l.st.Read().QueryRowContext(ctx, selectCall, id))
	if errors.Is(err, sql.ErrNoRows) {
		return c, noCall("id", id)
	}
	return c, err
}

func noCall(field, id string) error {
	return &gateway.Error{Kind: gateway.NotFound, Field: field, Message: i18n.T("error.ledger.no_such_call", "id", id)}
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
	return scanCalls(rows)
}

// scanCalls reads and closes rows of callColumns.
func scanCalls(rows *sql.Rows) ([]gateway.Call, error) {
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

// listing writes the query of a filter.
func (l *Ledger) listing(ctx context.Context, f Filter) (query string, args []any, err error) {
	w := f.where()
	if f.After != "" {
		var started, seq int64
		err := l.st.Read().QueryRowContext(ctx, selectPlace, f.After).Scan(&started, &seq)
		if errors.Is(err, sql.ErrNoRows) {
			return "", nil, noCall("after", f.After)
		}
		if err != nil {
			return "", nil, fmt.Errorf("find the call to list after: %w", err)
		}
		w.and("(started_at, seq) < (?, ?)", started, seq)
	}
	query = "SELECT " + callColumns + " FROM call WHERE " + w.text + " ORDER BY started_at DESC, seq DESC LIMIT ?"
	return query, append(w.args, f.most()), nil
}

func (f Filter) most() int {
	if f.Limit <= 0 {
		return defaultPage
	}
	return min(f.Limit, largestPage)
}

// A where is a query's condition with its values.
type where struct {
	text string
	args []any
}

func (w *where) and(condition string, values ...any) {
	w.text += " AND " + condition
	w.args = append(w.args, values...)
}

// unsettled, unpriced and failed are the conditions of indexes, which SQLite knows again by their text.
const (
	unsettled = "state <> 'settled'"
	unpriced  = "state = 'settled' AND cost_pico IS NULL"
	paid      = "NOT covered" // what a subscription covers lacks in no sum
	failed    = "(state = 'released' OR state = 'settled' AND (ending = 'upstream_cut' OR ending = 'failed'))"
)

// where is a filter's condition, of constant text, so that each shape finds its index.
func (f Filter) where() where {
	w := f.span()
	if f.State != "" {
		w.and("state = ?", string(f.State))
	}
	if f.State != "" && f.State != gateway.Settled {
		w.and(unsettled)
	}
	if f.Failed {
		w.and(failed)
	}
	if f.Unpriced {
		w.and(unpriced)
		w.and(paid)
	}
	if f.Over != nil {
		w.and("cost_pico > ? AND cost_pico > 0", f.Over.Pico())
	}
	return w
}

// span is the part of a filter that chooses among calls whatever became of them.
func (f Filter) span() where {
	w := f.whose()
	if !f.Since.IsZero() {
		w.and("started_at >= ?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		w.and("started_at < ?", f.Until.UnixMilli())
	}
	return w
}

// whose is the part of a filter that the rollup knows too.
func (f Filter) whose() where {
	w := where{text: "true"}
	if f.KeyID != "" {
		w.and("key_id = ?", f.KeyID)
	}
	if f.ChannelID != "" {
		w.and("channel_id = ? AND channel_id <> ''", f.ChannelID)
	}
	if f.Model != "" {
		w.and("model = ?", f.Model)
	}
	return w
}

const (
	anyCall = `SELECT EXISTS (SELECT 1 FROM call)`
	anyReal = `SELECT EXISTS (SELECT 1 FROM key_total WHERE simulated = 0)
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
