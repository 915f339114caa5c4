package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// checkedAtOnce is how large a file may be that is checked whole before anything else happens: that takes a few
// hundredths of a second. A larger one that was closed well is checked while it is already in use.
const checkedAtOnce = 16 << 20

var checkPragmas = []string{
	"busy_timeout(5000)",
	"query_only(ON)",
	"cache_size(-512)", // each page is read once
}

// waits says whether a file must be checked before it is used: it is small, or whoever had it did not close it.
func waits(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return true, err
	}
	log, err := os.Stat(path + "-wal")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return true, err
	}
	return info.Size() <= checkedAtOnce || err == nil && log.Size() > 0, nil
}

// check reads the whole file on a connection of its own, whose memory goes with it. The error is errDamaged
// or SQLite's own.
func check(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path, checkPragmas))
	if err != nil {
		return fmt.Errorf("open the file for its check: %w", err)
	}
	var verdict string
	err = db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict)
	if err == nil && verdict != "ok" {
		err = fmt.Errorf("%s: %w", verdict, errDamaged)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("quick check: %w", err)
	}
	return nil
}

// checkInUse checks a file that is in use already. When it is damaged, nothing more is written to it.
func (s *Store) checkInUse(ctx context.Context, path string) {
	defer close(s.checked)
	if err := check(ctx, path); damaged(err) {
		s.writer.broken.Store(&gateway.Error{Kind: gateway.Storage, Message: i18n.T("error.store.damaged"), Err: err})
	}
}
