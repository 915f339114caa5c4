package reuse

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"weir/backend/prompt"
	"weir/backend/store"
)

// detailName is the file of what may be lost: it can be deleted while Weir is stopped.
const detailName = "detail.db"

// schema of detail.db. Times are UTC milliseconds.
const schema = `
CREATE TABLE salt (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  value BLOB    NOT NULL,
  open  INTEGER NOT NULL                         -- a run of Weir has the file, or ended without closing it
) STRICT;
CREATE TABLE conversation (
  id       INTEGER PRIMARY KEY,
  used_at  INTEGER NOT NULL,
  key_id   TEXT    NOT NULL,
  channel  TEXT    NOT NULL,
  provider TEXT    NOT NULL,
  model    TEXT    NOT NULL,
  blocks   BLOB    NOT NULL,                     -- salted hashes
  points   TEXT    NOT NULL                      -- JSON list: its calls, and what of the blocks they had
) STRICT;
CREATE TABLE first_call (
  call_id TEXT    PRIMARY KEY,
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID`

const schemaVersion = 1

// A detail is the open file.
type detail struct {
	db      *sql.DB
	salt    *prompt.Salt
	crashed time.Time // when the file was opened after a run that did not close it
}

func openDetail(ctx context.Context, home string, now time.Time) (*detail, error) {
	db, err := store.OpenSide(ctx, home, detailName, schema, schemaVersion)
	if err != nil {
		return nil, err
	}
	d := &detail{db: db}
	if err := d.season(ctx, now); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

const (
	selectSalt = `SELECT value, open FROM salt WHERE id = 1`
	insertSalt = `INSERT INTO salt (id, value, open) VALUES (1, ?, 1)`
	markOpen   = `UPDATE salt SET open = ?`
)

// season reads the salt, or makes one.
func (d *detail) season(ctx context.Context, now time.Time) error {
	var value []byte
	var open bool
	err := d.db.QueryRowContext(ctx, selectSalt).Scan(&value, &open)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		random := randomBytes()
		d.salt, value = prompt.NewSalt(random), random[:]
		_, err = d.db.ExecContext(ctx, insertSalt, value)
	case err == nil && len(value) == 32:
		d.salt = prompt.NewSalt([32]byte(value))
		if open {
			d.crashed = now
		}
		_, err = d.db.ExecContext(ctx, markOpen, true)
	case err == nil:
		err = errors.New("the salt has another length")
	}
	if err != nil {
		return fmt.Errorf("read the salt: %w", err)
	}
	return nil
}

func randomBytes() (b [32]byte) {
	_, _ = rand.Read(b[:]) // it never fails
	return b
}

func randomSalt() *prompt.Salt { return prompt.NewSalt(randomBytes()) }

func (d *detail) close() error {
	if d == nil {
		return nil
	}
	_, err := d.db.Exec(markOpen, false)
	return errors.Join(err, d.db.Close())
}

// erase deletes all that the file has, and its salt with it.
func (d *detail) erase(ctx context.Context) error {
	random := randomBytes()
	for _, query := range []string{`DELETE FROM conversation`, `DELETE FROM first_call`, `DELETE FROM salt`} {
		if _, err := d.db.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("erase detail.db: %w", err)
		}
	}
	if _, err := d.db.ExecContext(ctx, insertSalt, random[:]); err != nil {
		return fmt.Errorf("erase detail.db: %w", err)
	}
	d.salt = prompt.NewSalt(random)
	// What was deleted is still in the log until it is moved into the file.
	_, err := d.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// changes are what of the memory is not in the file yet.
type changes struct {
	heads []*head
	gone  []int64
}

const (
	insertHead = `INSERT INTO conversation (used_at, key_id, channel, provider, model, blocks, points) VALUES (?, ?, ?, ?, ?, ?, ?)`
	updateHead = `UPDATE conversation SET used_at = ?, blocks = ?, points = ? WHERE id = ?`
	deleteHead = `DELETE FROM conversation WHERE id = ?`
	addFirst   = `INSERT OR IGNORE INTO first_call (call_id, at) VALUES (?, ?)`
)

// save writes what changed in one transaction.
func (d *detail) save(ctx context.Context, c changes, firsts []first) error {
	if len(c.heads)+len(c.gone)+len(firsts) == 0 {
		return nil
	}
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write detail.db: %w", err)
	}
	for _, h := range c.heads {
		err = errors.Join(err, h.save(ctx, tx))
	}
	for _, id := range c.gone {
		_, failed := tx.ExecContext(ctx, deleteHead, id)
		err = errors.Join(err, failed)
	}
	for _, f := range firsts {
		_, failed := tx.ExecContext(ctx, addFirst, f.call, f.at)
		err = errors.Join(err, failed)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write detail.db: %w", err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write detail.db: %w", err)
	}
	for _, h := range c.heads {
		h.dirty = false
	}
	return nil
}

func (h *head) save(ctx context.Context, tx *sql.Tx) error {
	points, err := json.Marshal(h.points)
	if err != nil {
		return err
	}
	at, blocks := h.last().UnixMilli(), pack(h.blocks)
	if h.id != 0 {
		_, err = tx.ExecContext(ctx, updateHead, at, blocks, string(points), h.id)
		return err
	}
	res, err := tx.ExecContext(ctx, insertHead, at, h.key, h.lane.Channel, h.lane.Provider, h.lane.Model, blocks, string(points))
	if err != nil {
		return err
	}
	h.id, err = res.LastInsertId()
	return err
}

const selectHeads = `SELECT id, key_id, channel, provider, model, blocks, points FROM conversation ORDER BY used_at DESC LIMIT ?`

// heads reads the conversations, the one that was used longest ago first.
func (d *detail) heads(ctx context.Context) ([]*head, error) {
	rows, err := d.db.QueryContext(ctx, selectHeads, mostHeads)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	defer rows.Close()
	var all []*head
	for rows.Next() {
		h := &head{}
		var blocks, points []byte
		if err := rows.Scan(&h.id, &h.key, &h.lane.Channel, &h.lane.Provider, &h.lane.Model, &blocks, &points); err != nil {
			return nil, fmt.Errorf("read a conversation: %w", err)
		}
		var ok bool
		if h.blocks, ok = unpack(blocks); !ok || json.Unmarshal(points, &h.points) != nil || !h.sane() {
			continue // it is worth nothing
		}
		h.first = firstMessage(h.blocks)
		all = append(all, h)
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all, rows.Err()
}

func (h *head) sane() bool {
	for i := range h.points {
		if n := h.points[i].Blocks; n < 0 || n > len(h.blocks) {
			return false
		}
	}
	return len(h.points) > 0
}

const selectFirst = `SELECT 1 FROM first_call WHERE call_id = ?`

// first says whether a call was the first of its conversation.
func (d *detail) first(ctx context.Context, call string) (*Explanation, error) {
	var is int
	err := d.db.QueryRowContext(ctx, selectFirst, call).Scan(&is)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a conversation's first call: %w", err)
	}
	return &Explanation{Cause: First}, nil
}

// prune deletes what is older than a time.
func (d *detail) prune(ctx context.Context, before int64) error {
	for _, query := range []string{`DELETE FROM conversation WHERE used_at < ?`, `DELETE FROM first_call WHERE at < ?`} {
		if _, err := d.db.ExecContext(ctx, query, before); err != nil {
			return fmt.Errorf("prune detail.db: %w", err)
		}
	}
	return nil
}

// packed is how many bytes a block takes.
const packed = 4 + 4 + 4 + 4 + 8 + 8

// pack writes blocks as the file keeps them.
func pack(blocks []prompt.Block) []byte {
	out := make([]byte, 0, len(blocks)*packed)
	for _, b := range blocks {
		model := byte(0)
		if b.Model {
			model = 1
		}
		out = append(out, byte(b.Part), byte(b.Kind), byte(b.Mark), model)
		out = binary.LittleEndian.AppendUint32(out, uint32(b.Message))
		out = binary.LittleEndian.AppendUint32(out, uint32(b.Inner))
		out = binary.LittleEndian.AppendUint32(out, b.Size)
		out = binary.LittleEndian.AppendUint64(out, b.Hash)
		out = binary.LittleEndian.AppendUint64(out, b.Loose)
	}
	return out
}

func unpack(in []byte) ([]prompt.Block, bool) {
	if len(in)%packed != 0 {
		return nil, false
	}
	blocks := make([]prompt.Block, 0, len(in)/packed)
	for ; len(in) > 0; in = in[packed:] {
		blocks = append(blocks, prompt.Block{Part: prompt.Part(in[0]), Kind: prompt.Kind(in[1]), Mark: prompt.Life(in[2]), Model: in[3] == 1,
			Message: int32(binary.LittleEndian.Uint32(in[4:])), Inner: int32(binary.LittleEndian.Uint32(in[8:])), Size: binary.LittleEndian.Uint32(in[12:]),
			Hash: binary.LittleEndian.Uint64(in[16:]), Loose: binary.LittleEndian.Uint64(in[24:])})
	}
	return blocks, true
}
