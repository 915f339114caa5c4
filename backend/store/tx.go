package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"runtime/debug"
)

// A Tx is what an op of Do sees of the writer's transaction. It is valid only
// while the op runs.
type Tx struct {
	w       *writer
	guarded bool  // a savepoint parts the op from others, set before its first write
	wrote   bool  // it has written, or tried to
	failed  error // the storage failed: nothing more can be written
	rows    []*sql.Rows
}

// Exec runs a statement that returns no rows. Statements are prepared once per
// text and kept, so a text with values in it has no place here.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	if tx.failed != nil {
		return nil, tx.failed
	}
	if err := tx.mark(); err != nil {
		return nil, err
	}
	res, err := tx.w.exec(query, args)
	if err != nil {
		return nil, tx.note(err)
	}
	return res, nil
}

// Change runs a statement that changes at most one row and returns something of it. The
// row is nil when there was none; its values are int64, string, []byte or nil.
func (tx *Tx) Change(query string, args ...any) ([]driver.Value, error) {
	if tx.failed != nil {
		return nil, tx.failed
	}
	if err := tx.mark(); err != nil {
		return nil, err
	}
	row, err := tx.w.first(query, args)
	if err != nil {
		return nil, tx.note(err)
	}
	return row, nil
}

// QueryRow runs a query for one row, which must be scanned.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	stmt, err := tx.w.reading(query)
	if err != nil {
		// The connection gives the same error again, in the form that a Row carries.
		return tx.w.conn.QueryRowContext(context.Background(), query, args...)
	}
	return stmt.QueryRowContext(context.Background(), args...)
}

// Query runs a query. Its rows are closed at the latest when the op ends; the same
// text must not be run again before.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := tx.w.reading(query)
	if err != nil {
		return nil, tx.note(err)
	}
	rows, err := stmt.QueryContext(context.Background(), args...)
	if err != nil {
		return nil, tx.note(err)
	}
	tx.rows = append(tx.rows, rows)
	return rows, nil
}

// mark notes the op's first write, and sets the savepoint before it.
func (tx *Tx) mark() error {
	if tx.wrote {
		return nil
	}
	if tx.guarded {
		if err := tx.w.run("SAVEPOINT op"); err != nil {
			return tx.note(err)
		}
	}
	tx.wrote = true
	return nil
}

// note remembers a failure of the storage: SQLite may have undone the whole
// transaction, so that a later statement would stand alone.
func (tx *Tx) note(err error) error {
	if f := fault(err); f != nil {
		tx.failed = f
		return f
	}
	return err
}

// run calls the op, turns a panic into its error and closes what it left open. An op that
// stands alone writes its sums at once.
func (tx *Tx) run(op func(*Tx) error, alone bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
		for _, rows := range tx.rows {
			if closing := rows.Close(); err == nil {
				err = closing
			}
		}
		if f := fault(err); f != nil && tx.failed == nil {
			tx.failed = f
		}
		if tx.failed != nil {
			err = tx.failed
		}
	}()
	if err := op(tx); err != nil || !alone {
		return err
	}
	return tx.Flush()
}

// A panicError is a panic within an op, given to the op's caller.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string {
	return fmt.Sprintf("panic in a ledger operation: %v\n%s", e.value, e.stack)
}
