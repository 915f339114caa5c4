package setup

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"weir/backend/edit"
	"weir/backend/secret"
	"weir/backend/store"
)

// A journal remembers what was written. New values are kept as digests, since one of them is a secret; old ones are
// sealed, since they may be.
type journal struct {
	store *store.Store
	box   *secret.Box
}

// A record is one connection.
type record struct {
	file        string
	madeFile    bool
	keyID       string
	madeKey     bool
	connectedAt time.Time
	endedAt     time.Time
	values      []written
}

// active says whether the connection is not ended.
func (r *record) active() bool { return r.endedAt.IsZero() }

// A written value is the trace of a change and what was put there.
type written struct {
	edit.Trace
	hash [sha256.Size]byte // of the new text; a branch has none
}

// is says whether a value is still the one that was written.
func (w written) is(v *edit.Value) bool {
	return v != nil && v.IsText && sha256.Sum256([]byte(v.Text)) == w.hash
}

const (
	selectConnection = `SELECT file, made_file, key_id, made_key, connected_at, ended_at FROM connection WHERE tool = ?`
	selectValues     = `SELECT place, path, branch, old, around, new_hash FROM connection_value WHERE tool = ? ORDER BY place`
)

// read returns the record of a tool, nil when it was never connected.
func (j journal) read(ctx context.Context, tool string) (*record, error) {
	var r record
	var at int64
	var ended sql.NullInt64
	err := j.store.Read().QueryRowContext(ctx, selectConnection, tool).Scan(&r.file, &r.madeFile, &r.keyID, &r.madeKey, &at, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the connection of %s: %w", tool, err)
	}
	r.connectedAt = time.UnixMilli(at).UTC()
	if ended.Valid {
		r.endedAt = time.UnixMilli(ended.Int64).UTC()
	}
	return &r, nil
}

// fill reads what was written, with the old values opened.
func (j journal) fill(ctx context.Context, tool string, r *record) error {
	rows, err := j.store.Read().QueryContext(ctx, selectValues, tool)
	if err != nil {
		return fmt.Errorf("read what %s was given: %w", tool, err)
	}
	defer rows.Close()
	for rows.Next() {
		var w written
		var place int
		var path string
		var old, hash []byte
		if err := rows.Scan(&place, &path, &w.Branch, &old, &w.Around, &hash); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(path), &w.Key); err != nil {
			return fmt.Errorf("read the path %s: %w", path, err)
		}
		if old != nil {
			plain, err := j.box.Open(ctx, "connection_value", rowOf(tool, place), "old", old)
			if err != nil {
				return err
			}
			text := string(plain)
			w.Old = &text
		}
		copy(w.hash[:], hash)
		r.values = append(r.values, w)
	}
	return rows.Err()
}

func rowOf(tool string, place int) string { return tool + "|" + strconv.Itoa(place) }

const (
	putConnection = `INSERT INTO connection (tool, file, made_file, key_id, made_key, connected_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET file = excluded.file, made_file = excluded.made_file, key_id = excluded.key_id, made_key = excluded.made_key,
connected_at = excluded.connected_at, ended_at = excluded.ended_at`
	dropValues       = `DELETE FROM connection_value WHERE tool = ?`
	putValue         = `INSERT INTO connection_value (tool, place, path, branch, old, around, new_hash) VALUES (?, ?, ?, ?, ?, ?, ?)`
	deleteConnection = `DELETE FROM connection WHERE tool = ?`
)

// write stores a record in the place of the one before; nil forgets it.
func (j journal) write(ctx context.Context, tool string, r *record) error {
	var sealed [][]byte
	if r != nil {
		for i, w := range r.values {
			var box []byte
			var err error
			if w.Old != nil {
				if box, err = j.box.Seal(ctx, "connection_value", rowOf(tool, i), "old", []byte(*w.Old)); err != nil {
					return err
				}
			}
			sealed = append(sealed, box)
		}
	}
	err := j.store.Do(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(dropValues, tool); err != nil {
			return err
		}
		if r == nil {
			_, err := tx.Exec(deleteConnection, tool)
			return err
		}
		ended := sql.NullInt64{Int64: r.endedAt.UnixMilli(), Valid: !r.active()}
		if _, err := tx.Exec(putConnection, tool, r.file, r.madeFile, r.keyID, r.madeKey, r.connectedAt.UnixMilli(), ended); err != nil {
			return err
		}
		for i, w := range r.values {
			if err := putOne(tx, tool, i, w, sealed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note the connection of %s: %w", tool, err)
	}
	return nil
}

func putOne(tx *store.Tx, tool string, place int, w written, old []byte) error {
	path, err := json.Marshal(w.Key)
	if err != nil {
		return err
	}
	var hash any
	if !w.Branch {
		hash = w.hash[:]
	}
	var sealed any
	if old != nil {
		sealed = old
	}
	_, err = tx.Exec(putValue, tool, place, string(path), w.Branch, sealed, w.Around, hash)
	return err
}
