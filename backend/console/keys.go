package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"weir/backend/access"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/frontend/src/i18n"
)

func (c *Console) listKeys(ctx context.Context, _ none) ([]Key, error) {
	out := []Key{}
	for _, k := range c.Access.Keys() {
		v, err := c.viewKey(ctx, k)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// viewKey shows a key with the figures that count now: simulated ones until the first real call.
func (c *Console) viewKey(ctx context.Context, k gateway.Key) (Key, error) {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Key{}, err
	}
	uses, err := c.Ledger.Uses(ctx, gateway.ScopeKey, k.ID, !real)
	return viewKey(k, uses), err
}

// AddKey is what keys.add takes. Limits read AMOUNT/WINDOW, such as 5usd/day.
type AddKey struct {
	Name          string     `json:"name"`
	Limits        []string   `json:"limits,omitempty"`
	Models        []string   `json:"models,omitempty"`
	Expires       *time.Time `json:"expires,omitempty"`
	AllowUnpriced bool       `json:"allow_unpriced,omitempty"`
	OnLimit       string     `json:"on_limit,omitempty"`
	KeyOptions
}

func (c *Console) addKey(ctx context.Context, a AddKey) (NewKey, error) {
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return NewKey{}, err
	}
	policy, err := policyOf(cmp.Or(a.OnLimit, string(gateway.Finish)))
	if err != nil {
		return NewKey{}, err
	}
	change, err := a.change(&a.Models)
	if err != nil {
		return NewKey{}, err
	}
	spec := access.Spec{Name: strings.TrimSpace(a.Name), AllowUnpriced: a.AllowUnpriced, OnLimit: policy}.With(change)
	if a.Expires != nil {
		if err := c.toCome(*a.Expires); err != nil {
			return NewKey{}, err
		}
		spec.ExpiresAt = *a.Expires
	}
	k, secret, err := c.Access.Create(ctx, spec)
	if err != nil {
		return NewKey{}, err
	}
	if err := c.Ledger.SetLimits(ctx, gateway.ScopeKey, k.ID, limits); err != nil {
		// A key without the limits that were asked for must not stay usable.
		_, undo := c.Access.SetState(ctx, k.ID, gateway.KeyRevoked)
		return NewKey{}, errors.Join(err, undo)
	}
	return c.withSecret(ctx, k, secret)
}

func policyOf(text string) (gateway.Policy, error) {
	if p := gateway.Policy(text); p == gateway.Finish || p == gateway.Cut {
		return p, nil
	}
	return "", invalid("on_limit", i18n.T("error.console.on_limit"))
}

// toCome refuses an end that has passed.
func (c *Console) toCome(end time.Time) error {
	if !end.After(c.Now()) {
		return invalid("expires", i18n.T("error.console.expired"))
	}
	return nil
}

// UpdateKey is what keys.update takes. What is left out stays as it is.
type UpdateKey struct {
	ID            string    `json:"id"`
	Name          *string   `json:"name,omitempty"`
	Models        *[]string `json:"models,omitempty"`
	Expires       Expiry    `json:"expires,omitzero"`
	AllowUnpriced *bool     `json:"allow_unpriced,omitempty"`
	OnLimit       *string   `json:"on_limit,omitempty"`
	KeyOptions
}

// An Expiry is when a key ends; null, which is not the same as nothing, means never.
type Expiry struct {
	Given bool
	At    time.Time // zero: never
}

// UnmarshalJSON reads a time or null.
func (e *Expiry) UnmarshalJSON(text []byte) error {
	e.Given = true
	return json.Unmarshal(text, &e.At) // null leaves it zero
}

// MarshalJSON writes a time or null.
func (e Expiry) MarshalJSON() ([]byte, error) { return json.Marshal(stampOrNull(e.At)) }

func (c *Console) updateKey(ctx context.Context, a UpdateKey) (Key, error) {
	change, err := a.change(a.Models)
	if err != nil {
		return Key{}, err
	}
	change.AllowUnpriced = a.AllowUnpriced
	if a.Name != nil {
		name := strings.TrimSpace(*a.Name)
		change.Name = &name
	}
	if a.OnLimit != nil {
		policy, err := policyOf(*a.OnLimit)
		if err != nil {
			return Key{}, err
		}
		change.OnLimit = &policy
	}
	if a.Expires.Given {
		if at := a.Expires.At; !at.IsZero() {
			if err := c.toCome(at); err != nil {
				return Key{}, err
			}
		}
		change.ExpiresAt = &a.Expires.At
	}
	k, err := c.Access.Update(ctx, a.ID, change)
	if err != nil {
		return Key{}, err
	}
	c.changes.tell("keys")
	return c.viewKey(ctx, k)
}

func (c *Console) withSecret(ctx context.Context, k gateway.Key, secret string) (NewKey, error) {
	c.changes.tell("keys")
	v, err := c.viewKey(ctx, k)
	return NewKey{Key: v, Secret: secret}, err
}

func (c *Console) parseLimits(texts []string) ([]gateway.Limit, error) {
	var limits []gateway.Limit
	for _, text := range texts {
		l, err := ledger.ParseLimit(text, c.Ledger.Zone())
		if err != nil {
			return nil, err
		}
		limits = append(limits, l)
	}
	return limits, nil
}

// LimitKey is what keys.limit takes: the key's limits from now on.
type LimitKey struct {
	ID     string   `json:"id"`
	Limits []string `json:"limits"`
}

func (c *Console) limitKey(ctx context.Context, a LimitKey) (Key, error) {
	k, err := c.Access.Key(a.ID)
	if err != nil {
		return Key{}, err
	}
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return Key{}, err
	}
	if err := c.Ledger.SetLimits(ctx, gateway.ScopeKey, k.ID, limits); err != nil {
		return Key{}, err
	}
	c.changes.tell("keys")
	return c.viewKey(ctx, k)
}

func (c *Console) setKeyState(ctx context.Context, id string, state gateway.KeyState) (Key, error) {
	k, err := c.Access.SetState(ctx, id, state)
	if err != nil {
		return Key{}, err
	}
	c.changes.tell("keys")
	return c.viewKey(ctx, k)
}

func (c *Console) pauseKey(ctx context.Context, a byID) (Key, error) {
	return c.setKeyState(ctx, a.ID, gateway.KeyPaused)
}

func (c *Console) resumeKey(ctx context.Context, a byID) (Key, error) {
	return c.setKeyState(ctx, a.ID, gateway.KeyActive)
}

func (c *Console) revokeKey(ctx context.Context, a byID) (Key, error) {
	return c.setKeyState(ctx, a.ID, gateway.KeyRevoked)
}

// RotateKey is what keys.rotate takes. Grace is how long the old secret works on, such as
// 24h, which is usual, or 0s.
type RotateKey struct {
	ID    string `json:"id"`
	Grace string `json:"grace,omitempty"`
}

func (c *Console) rotateKey(ctx context.Context, a RotateKey) (NewKey, error) {
	grace, err := time.ParseDuration(cmp.Or(a.Grace, access.Grace.String()))
	if err != nil || grace < 0 || grace > access.MaxGrace {
		return NewKey{}, invalid("grace", i18n.T("error.console.grace"))
	}
	k, secret, err := c.Access.Rotate(ctx, a.ID, grace)
	if err != nil {
		return NewKey{}, err
	}
	return c.withSecret(ctx, k, secret)
}

type quotaArgs struct {
	KeyID string `json:"key_id"`
}

func (c *Console) quota(ctx context.Context, a quotaArgs) (Quota, error) {
	payer := ledger.Payer{KeyID: a.KeyID}
	if a.KeyID != "" {
		k, err := c.Access.Key(a.KeyID)
		if err != nil {
			return Quota{}, err
		}
		payer.GroupID = k.GroupID
	}
	q, err := c.Ledger.Quota(ctx, payer)
	return viewQuota(q), err
}
