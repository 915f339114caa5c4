package access

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// Grace is how long the old secret of a rotated key is usually still accepted, and MaxGrace
// how long at most.
const (
	Grace    = 24 * time.Hour
	MaxGrace = 30 * 24 * time.Hour
)

// A Change is what of a key shall be different; nil stays as it is.
type Change struct {
	Name          *string
	Models        *[]string
	Denied        *[]string
	Networks      *[]netip.Prefix
	GroupID       *string    // empty: none
	ExpiresAt     *time.Time // zero: never
	AllowUnpriced *bool
	OnLimit       *gateway.Policy
	Clamp         *bool
	MostPerCall   *int64
	PauseOnBurn   *bool
	Pace          *gateway.Pace
}

// set returns the key with the change made.
func (c Change) set(k gateway.Key) gateway.Key {
	put(&k.Name, c.Name)
	put(&k.Models, c.Models)
	put(&k.Denied, c.Denied)
	put(&k.Networks, c.Networks)
	put(&k.GroupID, c.GroupID)
	put(&k.ExpiresAt, c.ExpiresAt)
	put(&k.AllowUnpriced, c.AllowUnpriced)
	put(&k.OnLimit, c.OnLimit)
	put(&k.Clamp, c.Clamp)
	put(&k.MostPerCall, c.MostPerCall)
	put(&k.PauseOnBurn, c.PauseOnBurn)
	put(&k.Pace, c.Pace)
	return k
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

const updateKey = `UPDATE access_key SET (` + keyColumns + `) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?`

// Update changes a key; its secret, limits and history stay. A revoked key cannot be changed.
func (a *Access) Update(ctx context.Context, id string, c Change) (gateway.Key, error) {
	err := a.apply(ctx, func(tx *store.Tx) error {
		k, err := a.usable(id)
		if err != nil {
			return err
		}
		k = c.set(k)
		if c.Name != nil {
			if err := named(k.Name); err != nil {
				return err
			}
		}
		if err := a.grouped(k.GroupID); err != nil {
			return err
		}
		args, err := keyArgs(k)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(updateKey, append(args, id)...); err != nil {
			return err
		}
		return setPace(tx, gateway.ScopeKey, id, k.Pace)
	})
	if err != nil {
		return gateway.Key{}, fmt.Errorf("update %s: %w", id, err)
	}
	return a.Key(id)
}

// usable returns a key that was not revoked.
func (a *Access) usable(id string) (gateway.Key, error) {
	k, err := a.Key(id)
	if err != nil {
		return k, err
	}
	return k, Usable(k)
}

// Usable returns a Conflict error for a key that was revoked.
func Usable(k gateway.Key) error {
	if k.State == gateway.KeyRevoked {
		return &gateway.Error{Kind: gateway.Conflict, Field: "id", Message: i18n.T("error.access.revoked", "key", k.Name)}
	}
	return nil
}

// retireDigests ends every older secret at an instant, or earlier where it ends earlier anyway.
const retireDigests = `UPDATE key_digest SET valid_until = min(ifnull(valid_until, ?1), ?1) WHERE key_id = ?2`

const updatePrefix = `UPDATE access_key SET prefix = ? WHERE id = ?`

// Rotate gives a key a new secret. Older ones are accepted for the grace, with none not at
// all; name, limits and history stay.
func (a *Access) Rotate(ctx context.Context, id string, grace time.Duration) (gateway.Key, string, error) {
	secret, err := newSecret()
	if err != nil {
		return gateway.Key{}, "", err
	}
	err = a.apply(ctx, func(tx *store.Tx) error {
		if _, err := a.usable(id); err != nil {
			return err
		}
		if _, err := tx.Exec(retireDigests, a.now().Add(grace).UnixMilli(), id); err != nil {
			return err
		}
		if _, err := tx.Exec(insertDigest, digestOf(secret), id); err != nil {
			return err
		}
		_, err := tx.Exec(updatePrefix, secret[:prefixLen], id)
		return err
	})
	if err != nil {
		return gateway.Key{}, "", fmt.Errorf("rotate %s: %w", id, err)
	}
	k, err := a.Key(id)
	return k, secret, err
}
