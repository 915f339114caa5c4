package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// Migrations run once each, in the order of their names, and are never edited
// after a release: a file's user_version counts those that it has had.
//
//go:embed sql/*.sql
var migrations embed.FS

// applicationID marks the file as a ledger of Weir: "weir" in ASCII.
const applicationID = 0x77656972

// prepareSchema checks a file and brings it to the newest schema.
func prepareSchema(ctx context.Context, conn *sql.Conn) error {
	files, err := migrations.ReadDir("sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	version, err := checkFile(ctx, conn, len(files))
	if err != nil {
		return err
	}
	for n := version; n < len(files); n++ {
		if err := migrate(ctx, conn, files[n].Name(), n+1); err != nil {
			return err
		}
	}
	return nil
}

// checkFile returns the version of a file that is ours and not newer than known.
func checkFile(ctx context.Context, conn *sql.Conn, known int) (int, error) {
	var app, version int
	for query, dest := range map[string]any{
		"PRAGMA application_id": &app,
		"PRAGMA user_version":   &version,
	} {
		if err := conn.QueryRowContext(ctx, query).Scan(dest); err != nil {
			return 0, fmt.Errorf("%s: %w", query, err)
		}
	}
	if version > known {
		return 0, &gateway.Error{
			Kind:    gateway.Storage,
			Message: i18n.T("error.store.newer"),
			Err:     fmt.Errorf("schema %d, known %d", version, known),
		}
	}
	if app != applicationID && (app != 0 || version != 0) {
		return 0, &gateway.Error{
			Kind:    gateway.Storage,
			Message: i18n.T("error.store.foreign"),
			Err:     fmt.Errorf("application id %#x", app),
		}
	}
	return version, nil
}

// migrate runs one file of SQL and notes it, both or neither.
func migrate(ctx context.Context, conn *sql.Conn, name string, version int) error {
	text, err := migrations.ReadFile("sql/" + name)
	if err != nil {
		return fmt.Errorf("read migration %s: %w", name, err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin migration %s: %w", name, err)
	}
	stamp := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, version)
	for _, script := range []string{string(text), stamp} {
		if _, err := tx.ExecContext(ctx, script); err != nil {
			return errors.Join(fmt.Errorf("migration %s: %w", name, err), tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit migration %s: %w", name, err)
	}
	return nil
}

// Schema returns the version of the file's schema.
func (s *Store) Schema(ctx context.Context) (version int, err error) {
	if err := s.Read().QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}
