// Package access keeps the access keys that clients call with. It stores digests, never secrets.
package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// Access admits clients. It is safe for concurrent use: keys are read from a snapshot
// in memory, which each change replaces.
type Access struct {
	st  *store.Store
	now func() time.Time

	snapshot atomic.Pointer[snapshot]
	change   sync.Mutex // one change at a time

	mu   sync.Mutex
	used map[string]time.Time // last uses not yet written
}

type snapshot struct {
	keys    map[string]gateway.Key
	digests map[[sha256.Size]byte]digest
	groups  map[string]gateway.Group
	account gateway.Pace
}

type digest struct {
	keyID      string
	validUntil time.Time // zero: the key's current secret
}

// Open reads the keys of a store.
func Open(ctx context.Context, st *store.Store, now func() time.Time) (*Access, error) {
	a := &Access{st: st, now: now, used: map[string]time.Time{}}
	return a, a.reload(ctx)
}

// Admit returns what the key with this secret may do, or an Unauthorized error that says
// why the secret is not accepted, and the reason as a word for counters.
func (a *Access) Admit(secret string) (gateway.Grant, *gateway.Error, string) {
	if secret == "" {
		return refuse("no_key", i18n.T("error.access.no_key"))
	}
	snap, now := a.snapshot.Load(), a.now()
	d, ok := snap.digests[sha256.Sum256([]byte(secret))]
	if !ok || !d.validUntil.IsZero() && !now.Before(d.validUntil) {
		return refuse("unknown_key", i18n.T("error.access.unknown_key"))
	}
	key := snap.keys[d.keyID]
	switch stateAt(key, now) {
	case gateway.KeyPaused:
		return refuse("paused_key", i18n.T("error.access.paused_key", "key", key.Name))
	case gateway.KeyExpired:
		return refuse("expired_key", i18n.T("error.access.expired_key", "key", key.Name, "time", key.ExpiresAt.UTC().Format("2 January 2006 15:04 MST")))
	case gateway.KeyRevoked:
		return refuse("revoked_key", i18n.T("error.access.revoked_key", "key", key.Name))
	}
	a.mu.Lock()
	a.used[key.ID] = now
	a.mu.Unlock()
	return snap.grant(key), nil, ""
}

// Owner returns the key that a secret is accepted for, whatever the key's state, and until when: zero, unless the
// key was rotated since. It is no use of it.
func (a *Access) Owner(secret string) (key gateway.Key, until time.Time, ok bool) {
	d, ok := a.snapshot.Load().digests[sha256.Sum256([]byte(secret))]
	if !ok || !d.validUntil.IsZero() && !a.now().Before(d.validUntil) {
		return gateway.Key{}, time.Time{}, false
	}
	key, err := a.Key(d.keyID)
	return key, d.validUntil, err == nil
}

func refuse(reason, message string) (gateway.Grant, *gateway.Error, string) {
	return gateway.Grant{}, &gateway.Error{Kind: gateway.Unauthorized, Message: message}, reason
}

func stateAt(k gateway.Key, now time.Time) gateway.KeyState {
	if k.State == gateway.KeyActive && !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) {
		return gateway.KeyExpired
	}
	return k.State
}

// A Spec is what a new key shall be. Its id, secret, state and times are made with it.
type Spec gateway.Key

// With returns the spec with a change made.
func (s Spec) With(c Change) Spec { return Spec(c.set(gateway.Key(s))) }

const insertKey = `INSERT INTO access_key (id, prefix, state, created_at, ` + keyColumns + `)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const insertDigest = `INSERT INTO key_digest (digest, key_id, valid_until) VALUES (?, ?, NULL)`

// Create makes a key and returns its secret, which is shown once and never kept.
func (a *Access) Create(ctx context.Context, s Spec) (gateway.Key, string, error) {
	secret, err := newSecret()
	if err != nil {
		return gateway.Key{}, "", err
	}
	k := gateway.Key(s)
	k.ID, k.OnLimit = "key_"+newID(), cmp.Or(s.OnLimit, gateway.Finish)
	args, err := keyArgs(k)
	if err = cmp.Or(named(s.Name), err); err != nil {
		return gateway.Key{}, "", err
	}
	err = a.apply(ctx, func(tx *store.Tx) error {
		if err := a.grouped(k.GroupID); err != nil {
			return err
		}
		head := []any{k.ID, secret[:prefixLen], gateway.KeyActive, a.now().UnixMilli()}
		if _, err := tx.Exec(insertKey, append(head, args...)...); err != nil {
			return err
		}
		if err := setPace(tx, gateway.ScopeKey, k.ID, k.Pace); err != nil {
			return err
		}
		_, err := tx.Exec(insertDigest, digestOf(secret), k.ID)
		return err
	})
	if err != nil {
		return gateway.Key{}, "", fmt.Errorf("create key: %w", err)
	}
	k, err = a.Key(k.ID)
	return k, secret, err
}

// grouped says that a group is none or there.
func (a *Access) grouped(id string) error {
	if id == "" {
		return nil
	}
	_, err := a.Group(id)
	return err
}

const updateState = `UPDATE access_key SET state = ? WHERE id = ? AND state <> 'revoked'`

// SetState pauses, resumes or revokes a key. A revoked key stays revoked.
func (a *Access) SetState(ctx context.Context, id string, state gateway.KeyState) (gateway.Key, error) {
	k, err := a.Key(id)
	if err != nil {
		return k, err
	}
	if k.State == gateway.KeyRevoked && state != gateway.KeyRevoked {
		return k, &gateway.Error{Kind: gateway.Conflict, Field: "id", Message: i18n.T("error.access.revoked", "key", k.Name)}
	}
	err = a.apply(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(updateState, state, id)
		return err
	})
	if err != nil {
		return k, fmt.Errorf("set state of %s: %w", id, err)
	}
	return a.Key(id)
}

// Key returns one key, or a NotFound error.
func (a *Access) Key(id string) (gateway.Key, error) {
	k, ok := a.snapshot.Load().keys[id]
	if !ok {
		return k, &gateway.Error{Kind: gateway.NotFound, Field: "id", Message: i18n.T("error.access.no_such_key", "id", id)}
	}
	return a.current(k), nil
}

// current adds what only the clock and the last minute know.
func (a *Access) current(k gateway.Key) gateway.Key {
	now := a.now()
	k.State = stateAt(k, now)
	if !k.OldSecretUntil.After(now) {
		k.OldSecretUntil = time.Time{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if t, ok := a.used[k.ID]; ok {
		k.LastUsedAt = t
	}
	return k
}

// Keys returns all keys, newest first.
func (a *Access) Keys() []gateway.Key {
	snap := a.snapshot.Load()
	keys := make([]gateway.Key, 0, len(snap.keys))
	for _, k := range snap.keys {
		keys = append(keys, a.current(k))
	}
	sortNewest(keys)
	return keys
}

const updateUsed = `UPDATE access_key SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)`

// SaveUses writes the times of last use. The backend calls it now and then, and at the end.
func (a *Access) SaveUses(ctx context.Context) error {
	a.mu.Lock()
	used := a.used
	a.used = map[string]time.Time{}
	a.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return a.apply(ctx, func(tx *store.Tx) error {
		for id, t := range used {
			if _, err := tx.Exec(updateUsed, t.UnixMilli(), id, t.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// apply makes a change durable and then visible.
func (a *Access) apply(ctx context.Context, op func(tx *store.Tx) error) error {
	a.change.Lock()
	defer a.change.Unlock()
	if err := a.st.Do(ctx, op); err != nil {
		return err
	}
	return a.reload(context.WithoutCancel(ctx))
}

const selectDigests = `SELECT digest, key_id, valid_until FROM key_digest`

func (a *Access) reload(ctx context.Context) error {
	snap := &snapshot{keys: map[string]gateway.Key{}, digests: map[[sha256.Size]byte]digest{}, groups: map[string]gateway.Group{}}
	err := each(ctx, a.st.Read(), selectKeys, func(rows *sql.Rows) error {
		k, err := scanKey(rows)
		snap.keys[k.ID] = k
		return err
	})
	err = errors.Join(err, each(ctx, a.st.Read(), selectDigests, func(rows *sql.Rows) error {
		var raw []byte
		var d digest
		var until sql.NullInt64
		if err := rows.Scan(&raw, &d.keyID, &until); err != nil {
			return err
		}
		d.validUntil = fromMillis(until)
		snap.digests[[sha256.Size]byte(raw)] = d
		if k, ok := snap.keys[d.keyID]; ok && d.validUntil.After(k.OldSecretUntil) {
			k.OldSecretUntil = d.validUntil
			snap.keys[d.keyID] = k
		}
		return nil
	}), snap.readGroups(ctx, a.st.Read()))
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	a.snapshot.Store(snap)
	return nil
}

func each(ctx context.Context, db *sql.DB, query string, scan func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func digestOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
