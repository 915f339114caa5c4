package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// A statement is prepared once on the writer's connection and run by the driver itself:
// the pool's locks and retries are for connections that several goroutines share.
type statement struct {
	driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
}

var errNoExec = errors.New("the driver runs no statements")

// prepared returns the statement of a text, prepared when it is run first.
func (w *writer) prepared(query string) (statement, error) {
	if stmt, ok := w.stmts[query]; ok {
		return stmt, nil
	}
	prepared, err := w.driver.PrepareContext(context.Background(), query)
	if err != nil {
		return statement{}, fmt.Errorf("prepare %q: %w", query, err)
	}
	exec, execs := prepared.(driver.StmtExecContext)
	reads, queries := prepared.(driver.StmtQueryContext)
	if !execs || !queries {
		return statement{}, errors.Join(errNoExec, prepared.Close())
	}
	stmt := statement{prepared, exec, reads}
	w.stmts[query] = stmt
	return stmt, nil
}

// exec runs a statement that returns no rows.
func (w *writer) exec(query string, args []any) (driver.Result, error) {
	stmt, err := w.prepared(query)
	if err == nil {
		err = w.bind(args)
	}
	if err != nil {
		return nil, err
	}
	return stmt.exec.ExecContext(context.Background(), w.args)
}

// first runs a statement and returns its first row, nil where there is none.
func (w *writer) first(query string, args []any) (row []driver.Value, err error) {
	stmt, err := w.prepared(query)
	if err == nil {
		err = w.bind(args)
	}
	if err != nil {
		return nil, err
	}
	rows, err := stmt.query.QueryContext(context.Background(), w.args)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row = make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(row); err == io.EOF {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return row, nil
}

// bind makes of arguments what the driver takes.
func (w *writer) bind(args []any) error {
	w.args = w.args[:0]
	for i, arg := range args {
		value, err := plain(arg)
		if err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		w.args = append(w.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return nil
}

// plain makes of an argument what the driver takes.
func plain(arg any) (driver.Value, error) {
	switch v := arg.(type) {
	case nil, int64, string, bool:
		return v, nil
	case int:
		return int64(v), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(arg)
}

// reading returns a query that is prepared once. Queries go through the pool's types, which scan rows.
func (w *writer) reading(query string) (*sql.Stmt, error) {
	if stmt, ok := w.queries[query]; ok {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	w.queries[query] = stmt
	return stmt, nil
}

// closeStatements frees what was prepared.
func (w *writer) closeStatements() error {
	var errs []error
	for _, stmt := range w.stmts {
		errs = append(errs, stmt.Close())
	}
	for _, stmt := range w.queries {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}
