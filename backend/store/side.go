package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// sidePragmas are for what may be lost: nobody waits for the disk, and a file that another program holds is not waited for long.
var sidePragmas = []string{
	"busy_timeout(500)",
	"journal_mode(WAL)",
	"synchronous(NORMAL)",
	"secure_delete(ON)",
	"temp_store(MEMORY)",
	"cache_size(-1024)",
	"journal_size_limit(4194304)",
}

// OpenSide opens a file beside the ledger, of which the ledger has no need: one that is damaged, foreign or of another
// schema is thrown away and made anew. schema is SQL for an empty file, and changes when the version does.
func OpenSide(ctx context.Context, home, name, schema string, version int) (*sql.DB, error) {
	path := filepath.Join(home, name)
	db, err := openSide(ctx, path, schema, version)
	if !damaged(err) && !errors.Is(err, errOther) {
		return db, err
	}
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if gone := os.Remove(file); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			return nil, errors.Join(err, gone)
		}
	}
	return openSide(ctx, path, schema, version)
}

func openSide(ctx context.Context, path, schema string, version int) (*sql.DB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	db, err := sql.Open("sqlite", dsn(path, sidePragmas))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	db.SetMaxOpenConns(2)
	if err := sideSchema(ctx, db, schema, version); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// errOther says that a file is of another schema.
var errOther = errors.New("another schema")

func sideSchema(ctx context.Context, db *sql.DB, schema string, version int) error {
	var has int
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&has); err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if has == 0 {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("BEGIN; %s; PRAGMA user_version = %d; COMMIT", schema, version)); err != nil {
			return fmt.Errorf("make the schema: %w", err)
		}
		return nil
	}
	if has != version {
		return errOther
	}
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("quick check: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%s: %w", verdict, errDamaged)
	}
	return nil
}
