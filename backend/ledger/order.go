package ledger

import (
	"context"
	"fmt"
	"time"
)

// Entries have their times in the order in which they are written, whatever the clock does: by them a repricing knows
// what a call came before. A reset of a window, and a limit that begins with what was spent, divide the entries: those
// before them have their time or an earlier one, those after them a later one.

// entryTime is the time of an entry that is written now, in UTC milliseconds.
func (l *Ledger) entryTime() int64 {
	l.order = max(l.order, l.clock().UnixMilli())
	return l.order
}

// divide is the time of an act that divides the entries.
func (l *Ledger) divide() time.Time {
	at := l.entryTime()
	l.order = at + 1
	return time.UnixMilli(at)
}

const latestWritten = `SELECT max(t) FROM (
	SELECT ifnull(max(at), -1) + 1 AS t FROM limit_change
	UNION ALL SELECT ifnull(max(created_at), -1) + 1 FROM limit_rule
	UNION ALL SELECT ifnull((SELECT at FROM entry ORDER BY id DESC LIMIT 1), 0))`

// readWritten goes on where an earlier boot ended, unless its clock was wrong by far.
func (l *Ledger) readWritten(ctx context.Context) error {
	var latest int64
	if err := l.st.Read().QueryRowContext(ctx, latestWritten).Scan(&latest); err != nil {
		return fmt.Errorf("find the latest entry: %w", err)
	}
	if latest-l.now().UnixMilli() < farAhead.Milliseconds() {
		l.order = latest
	}
	return nil
}
