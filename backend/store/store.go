// Package store opens the ledger's file, migrates it and runs its one writer and its readers. It knows no table's meaning.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	_ "modernc.org/sqlite" // the driver "sqlite" of database/sql

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// fileName is the ledger's file within a home.
const fileName = "ledger.db"

// readers bounds the connections that read beside the writer.
const readers = 4

// A Store is an open ledger file: one connection that writes, a few that read.
type Store struct {
	writeDB *sql.DB
	readDB  *sql.DB
	writer  *writer
	closed  sync.Once

	leave   context.CancelFunc // ends the check of a file in use
	checked chan struct{}      // closed when that check is over
}

// Open opens the ledger of a home, makes it where there is none, checks it and
// brings its schema up to date. A damaged file, or one of a newer version, is a
// *gateway.Error that says so; a large file that was closed well is checked while
// it is in use, and when it is damaged, Do fails with that error.
func Open(ctx context.Context, home string) (*Store, error) {
	path, err := prepareFile(home)
	if err != nil {
		return nil, err
	}
	s := &Store{}
	if err := s.open(ctx, path); err != nil {
		s.closeDBs()
		return nil, openError(path, err)
	}
	return s, nil
}

// prepareFile makes the folder and the file with permissions for their owner
// alone. SQLite gives its companion files those of the main file.
func prepareFile(home string) (string, error) {
	abs, err := filepath.Abs(home)
	if err != nil {
		return "", fmt.Errorf("find the home: %w", err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return "", unusable(abs, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", unusable(abs, err)
	}
	if info.Mode()&os.ModeSticky != 0 {
		// Such as /tmp: to close it would lock others out.
		return "", &gateway.Error{Kind: gateway.Storage, Message: i18n.T("error.store.home_shared", "path", abs), Err: errShared}
	}
	path := filepath.Join(abs, fileName)
	if err := os.Chmod(abs, 0o700); err != nil {
		return "", unusable(abs, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", unusable(abs, err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return "", unusable(abs, err)
	}
	return path, nil
}

// unusable says that a folder cannot be a home.
func unusable(path string, err error) error {
	reason := err
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		reason = e.Err
	}
	return &gateway.Error{
		Kind:    gateway.Storage,
		Message: i18n.T("error.store.home", "path", path, "reason", reason),
		Err:     err,
	}
}

func (s *Store) open(ctx context.Context, path string) error {
	wait, err := waits(path)
	if err != nil {
		return err
	}
	if s.writeDB, err = sql.Open("sqlite", dsn(path, writePragmas)); err != nil {
		return fmt.Errorf("open the writer: %w", err)
	}
	s.writeDB.SetMaxOpenConns(1)
	conn, err := s.writeDB.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect the writer: %w", err)
	}
	if wait {
		err = check(ctx, path)
	}
	if err == nil {
		err = prepareSchema(ctx, conn)
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	if s.readDB, err = sql.Open("sqlite", dsn(path, readPragmas)); err != nil {
		return errors.Join(fmt.Errorf("open the readers: %w", err), conn.Close())
	}
	s.readDB.SetMaxOpenConns(readers)
	s.readDB.SetMaxIdleConns(readers)
	if s.writer, err = startWriter(conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	inUse, leave := context.WithCancel(context.WithoutCancel(ctx))
	s.leave, s.checked = leave, make(chan struct{})
	if wait {
		close(s.checked)
	} else {
		go s.checkInUse(inUse, path)
	}
	return nil
}

// writePragmas make a commit survive a power cut: with synchronous=FULL each one
// waits for the disk, and on macOS fullfsync makes the disk really write.
// Deleted content is zeroed.
var writePragmas = []string{
	"busy_timeout(5000)",
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"fullfsync(1)",
	"checkpoint_fullfsync(1)",
	"secure_delete(ON)",
	"foreign_keys(ON)",
	"temp_store(MEMORY)",
	"cache_size(-6144)",
	"wal_autocheckpoint(4000)",
	"journal_size_limit(33554432)",
}

var readPragmas = []string{
	"busy_timeout(5000)",
	"query_only(ON)",
	"temp_store(MEMORY)",
}

// dsn names the file as a URI, since a path may hold signs such as "?" or "#".
func dsn(path string, pragmas []string) string {
	slashed := filepath.ToSlash(path)
	if slashed[0] != '/' {
		slashed = "/" + slashed // C:/… is written file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String()
}

// Read returns the readers' pool. Its connections refuse to write and see what
// was committed when their query began.
func (s *Store) Read() *sql.DB { return s.readDB }

// Checked is closed once the check of a file that is in use already is over.
func (s *Store) Checked() <-chan struct{} { return s.checked }

// Close runs what is queued, moves the log into the file and closes both.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		s.leave()
		<-s.checked
		err = s.writer.stop()
		err = errors.Join(err, s.closeDBs())
	})
	return err
}

func (s *Store) closeDBs() error {
	var errs []error
	for _, db := range []*sql.DB{s.readDB, s.writeDB} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// openError says in a sentence why a ledger could not be opened.
func openError(path string, err error) error {
	var known *gateway.Error
	if errors.As(err, &known) {
		return err
	}
	if damaged(err) {
		return &gateway.Error{
			Kind:    gateway.Storage,
			Message: i18n.T("error.store.damaged_at", "path", path),
			Err:     err,
		}
	}
	return fmt.Errorf("open the ledger %s: %w", path, err)
}
