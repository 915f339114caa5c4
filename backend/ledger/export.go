package ledger

import (
	"context"
	"fmt"
	"iter"

	"weir/backend/gateway"
)

// Every returns all calls that fit a filter, newest first, as they were at the moment when the
// reading began; its Limit and After do not count. Calls are read one by one, however many there
// are, and a reader of the store is taken until the last one. An error is the last thing that comes.
func (l *Ledger) Every(ctx context.Context, f Filter) iter.Seq2[gateway.Call, error] {
	return func(yield func(gateway.Call, error) bool) {
		query, args := f.every()
		rows, err := l.st.Read().QueryContext(ctx, query, args...)
		if err != nil {
			yield(gateway.Call{}, fmt.Errorf("read all calls: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanCall(rows)
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(gateway.Call{}, fmt.Errorf("read all calls: %w", err))
		}
	}
}

// every writes one query, since one query sees one moment. Each index that a filter finds its
// calls by has them in order, so that nothing is gathered to be sorted.
func (f Filter) every() (query string, args []any) {
	w := f.where()
	return "SELECT " + callColumns + " FROM call WHERE " + w.text + " ORDER BY started_at DESC, seq DESC", w.args
}
