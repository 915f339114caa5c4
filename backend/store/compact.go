package store

import (
	"context"
	"fmt"
)

// An errand is work that needs the writer's connection outside of a transaction.
type errand struct {
	do     func(w *writer) error
	answer chan error
}

// Compact writes the file anew without its free pages. Until it ends, which takes about a second for a hundred
// megabytes, every Do waits; readers go on. It needs as much room on the disk as the file takes.
func (s *Store) Compact(ctx context.Context) error {
	e := errand{do: (*writer).compact, answer: make(chan error, 1)}
	s.writer.mu.RLock()
	if s.writer.closed {
		s.writer.mu.RUnlock()
		return errClosed
	}
	select {
	case s.writer.errands <- e:
		s.writer.mu.RUnlock()
	case <-ctx.Done():
		s.writer.mu.RUnlock()
		return ctx.Err()
	}
	return <-e.answer
}

// compact lets the file shrink at once: what was written anew lies in the log until that is moved into it.
func (w *writer) compact() error {
	if err := w.broken.Load(); err != nil {
		return err
	}
	for _, step := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := w.conn.ExecContext(context.Background(), step); err != nil {
			return orPlain(err, fmt.Sprintf("compact: %s", step))
		}
	}
	return nil
}
