package store

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

var (
	errDamaged = errors.New("the file is damaged")
	errClosed  = errors.New("the store is closed")
	errShared  = errors.New("others may write to the folder")
	errTainted = errors.New("an operation failed after it wrote")
)

// faults are the sentences of the failures of the storage itself, by SQLite's primary code. They may
// undo the whole transaction; every other error undoes one statement.
var faults = map[int]string{
	sqlite3.SQLITE_FULL:      "error.store.full",
	sqlite3.SQLITE_IOERR:     "error.store.disk",
	sqlite3.SQLITE_BUSY:      "error.store.busy",
	sqlite3.SQLITE_LOCKED:    "error.store.busy",
	sqlite3.SQLITE_READONLY:  "error.store.read_only",
	sqlite3.SQLITE_PERM:      "error.store.forbidden",
	sqlite3.SQLITE_CANTOPEN:  "error.store.unopened",
	sqlite3.SQLITE_CORRUPT:   "error.store.damaged",
	sqlite3.SQLITE_NOTADB:    "error.store.damaged",
	sqlite3.SQLITE_NOMEM:     "error.store.memory",
	sqlite3.SQLITE_PROTOCOL:  "error.store.busy",
	sqlite3.SQLITE_INTERRUPT: "error.store.interrupted",
}

// code returns SQLite's primary code of an error, 0 where it has none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// fault returns the error that a user reads when the storage failed, nil for any other error.
func fault(err error) error {
	sentence, ok := faults[code(err)]
	if !ok {
		return nil
	}
	return &gateway.Error{Kind: gateway.Storage, Message: i18n.T(sentence), Err: err}
}

func damaged(err error) bool {
	c := code(err)
	return errors.Is(err, errDamaged) || c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}
