package access

import (
	"context"
	"encoding/json"
	"fmt"
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
	ExpiresAt     *time.Time // zero: never
	AllowUnpriced *bool
	OnLimit       *gateway.Policy
}

// set returns the key with the change made.
func (c Change) set(k gateway.Key) gateway.Key {
	put(&k.Name, c.Name)
	put(&k.Models, c.Models)
	put(&k.ExpiresAt, c.ExpiresAt)
	put(&k.AllowUnpriced, c.AllowUnpriced)
	put(&k.OnLimit, c.OnLimit)
	return k
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

const updateKey = `UPDATE access_key SET name = ?, models = ?, allow_unpriced = ?, on_limit = ?, expires_at = ? WHERE id = ?`

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
		models, err := json.Marshal(k.Models)
		if err != nil {
			return err
		}
		_, err = tx.Exec(updateKey, k.Name, string(models), k.AllowUnpriced, k.OnLimit, millis(k.ExpiresAt), id)
		return err
	})
	if err != nil {
		return gateway.Key{}, fmt.Errorf("update %s: %w", id, err)
	}
	return a.Key(id)
}

// usable returns a key that was not revoked.
func (a *Access) usable(id string) (gateway.Key, error) {
	k, err := a.Key(id)
	if err == nil && k.State == gateway.KeyRevoked {
		err = &gateway.Error{Kind: gateway.Conflict, Field: "id", Message: i18n.T("error.access.revoked", "key", k.Name)}
	}
	return k, err
}

// named says that a key needs a name that can be shown. Two keys may have the same one: scripts make keys without looking.
func named(name string) error {
	if name == "" {
		return &gateway.Error{Kind: gateway.Invalid, Field: "name", Message: i18n.T("error.access.nameless")}
	}
	if !gateway.Nameable(name) {
		return &gateway.Error{Kind: gateway.Invalid, Field: "name", Message: i18n.T("error.access.name", "most", gateway.LongestName)}
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
