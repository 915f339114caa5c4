package store

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"weir/backend/gateway"
)

var (
	errDamaged = errors.New("the file is damaged")
	errClosed  = errors.New("the store is closed")
	errShared  = errors.New("it is shared with others")
	errTainted = errors.New("an operation failed after it wrote")
)

// faults are the failures of the storage itself, by SQLite's primary code. They may
// undo the whole transaction; every other error undoes one statement.
var faults = map[int]string{
	sqlite3.SQLITE_FULL:      "The disk is full: the ledger cannot be written.",
	sqlite3.SQLITE_IOERR:     "The disk reports an error: the ledger cannot be written.",
	sqlite3.SQLITE_BUSY:      "Another program keeps the ledger locked.",
	sqlite3.SQLITE_LOCKED:    "Another program keeps the ledger locked.",
	sqlite3.SQLITE_READONLY:  "The ledger's file is read-only.",
	sqlite3.SQLITE_PERM:      "The ledger's file may not be written.",
	sqlite3.SQLITE_CANTOPEN:  "The ledger's file cannot be opened.",
	sqlite3.SQLITE_CORRUPT:   "The ledger's file is damaged.",
	sqlite3.SQLITE_NOTADB:    "The ledger's file is damaged.",
	sqlite3.SQLITE_NOMEM:     "There is no memory left: the ledger cannot be written.",
	sqlite3.SQLITE_PROTOCOL:  "Another program keeps the ledger locked.",
	sqlite3.SQLITE_INTERRUPT: "Writing the ledger was interrupted.",
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
	message, ok := faults[code(err)]
	if !ok {
		return nil
	}
	return &gateway.Error{Kind: gateway.Storage, Message: message, Err: err}
}

func damaged(err error) bool {
	c := code(err)
	return errors.Is(err, errDamaged) || c == sqlite3.SQLITE_CORRUPT || c == sqlite3.SQLITE_NOTADB
}
