package console

import (
	"cmp"
	"context"
	"slices"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/frontend/src/i18n"
)

const (
	nearLimit = 800 // permille from which a limit is worth a look
	atLimit   = 1000
)

// keyLimits returns the limits of the account, of every group and of every active key, the fullest first.
func (c *Console) keyLimits(ctx context.Context, simulated bool) ([]KeyLimit, error) {
	all := []KeyLimit{}
	add := func(kind gateway.Scope, id, name string) error {
		uses, err := c.Ledger.Uses(ctx, kind, id, simulated)
		for i, l := range viewLimits(uses) {
			full := permille(uses[i].Spent+uses[i].Held, uses[i].Ceiling())
			of := KeyLimit{Name: name, Permille: *full, Limit: l}
			switch kind {
			case gateway.ScopeKey:
				of.KeyID = &id
			case gateway.ScopeGroup:
				of.GroupID = &id
			}
			all = append(all, of)
		}
		return err
	}
	if err := add(gateway.ScopeAccount, "", i18n.T("account")); err != nil {
		return nil, err
	}
	for _, g := range c.Access.Groups() {
		if err := add(gateway.ScopeGroup, g.ID, g.Name); err != nil {
			return nil, err
		}
	}
	for _, k := range c.Access.Keys() {
		if k.State != gateway.KeyActive {
			continue
		}
		if err := add(gateway.ScopeKey, k.ID, k.Name); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b KeyLimit) int { return cmp.Compare(b.Permille, a.Permille) })
	return all, nil
}

// attention lists what a person should look at, grave things first.
func (c *Console) attention(parts []ledger.Part, limits []KeyLimit) []Attention {
	all := c.troubles()
	for _, ch := range c.Channels.All() {
		if ch.Enabled && (ch.State == gateway.ChannelBadKey || ch.State == gateway.ChannelUnreachable) {
			all = append(all, Attention{Kind: "provider", Grave: true, ID: ch.ID, Name: ch.Name, Message: orNull(ch.Message)})
		}
	}
	for _, l := range limits {
		if l.Permille < nearLimit {
			break
		}
		all = append(all, Attention{Kind: "limit", Grave: l.Permille >= atLimit && l.Limit.Hard, ID: l.owner(), Name: l.Name, Permille: l.Permille, Limit: &l.Limit})
	}
	for _, b := range c.burning() {
		all = append(all, Attention{Kind: "burn", Grave: b.Paused, ID: orEmpty(b.KeyID), Name: b.Name, Burn: &b})
	}
	unpriced := groups(parts, func(p ledger.Part) string { return p.Model }, len(parts))
	slices.SortStableFunc(unpriced, func(a, b group) int { return cmp.Compare(b.Unpriced, a.Unpriced) })
	for _, g := range unpriced {
		if g.Unpriced > 0 {
			all = append(all, Attention{Kind: "unpriced", ID: g.id, Name: g.id, Count: g.Unpriced})
		}
	}
	slices.SortStableFunc(all, func(a, b Attention) int { return graveFirst(a.Grave, b.Grave) })
	return all
}

// owner is the id of the key or group whose limit it is, empty for the account's.
func (l KeyLimit) owner() string { return cmp.Or(orEmpty(l.KeyID), orEmpty(l.GroupID)) }

func graveFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// troubles are what keeps Weir as a whole from working.
func (c *Console) troubles() []Attention {
	all := []Attention{}
	if healthy, message := c.Ledger.Healthy(); !healthy {
		all = append(all, Attention{Kind: "storage", Grave: true, Message: orNull(message)})
	}
	if d := c.door(); !d.Open {
		all = append(all, Attention{Kind: "port", Grave: true, Message: d.Message})
	}
	if box := c.Box.State(); box.Locked {
		all = append(all, Attention{Kind: "keychain", Grave: true, Message: orNull(box.Message)})
	}
	if c.Relay.Paused() {
		all = append(all, Attention{Kind: "paused"})
	}
	return all
}
