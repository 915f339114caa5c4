package console

import (
	"context"
	"errors"
	"slices"
	"strings"

	"weir/backend/access"
	"weir/backend/gateway"
)

// A Group is keys that share limits.
type Group struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Limits    []Limit  `json:"limits"`
	Pace      Pace     `json:"pace"`
	KeyIDs    []string `json:"key_ids"`   // in it now
	SpentUSD  string   `json:"spent_usd"` // ever, by the keys that are in it now
	CreatedAt string   `json:"created_at"`
}

func (c *Console) listGroups(ctx context.Context, _ none) ([]Group, error) {
	out := []Group{}
	for _, g := range c.Access.Groups() {
		v, err := c.viewGroup(ctx, g)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (c *Console) viewGroup(ctx context.Context, g gateway.Group) (Group, error) {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Group{}, err
	}
	uses, err := c.Ledger.Uses(ctx, gateway.ScopeGroup, g.ID, !real)
	if err != nil {
		return Group{}, err
	}
	spent, _, err := c.Ledger.Spent(ctx, gateway.ScopeGroup, g.ID, !real)
	return Group{ID: g.ID, Name: g.Name, Limits: viewLimits(uses), Pace: viewPace(g.Pace), KeyIDs: c.membersOf(g.ID),
		SpentUSD: spent.String(), CreatedAt: stamp(g.CreatedAt)}, err
}

// membersOf returns the ids of the keys in a group.
func (c *Console) membersOf(id string) []string {
	ids := []string{}
	for _, k := range c.Access.Keys() {
		if k.GroupID == id {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// AddGroup is what groups.add takes.
type AddGroup struct {
	Name   string   `json:"name"`
	Limits []string `json:"limits,omitempty"`
	Pace   *Pace    `json:"pace,omitempty"`
	KeyIDs []string `json:"key_ids,omitempty"`
}

func (c *Console) addGroup(ctx context.Context, a AddGroup) (Group, error) {
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return Group{}, err
	}
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	if err := c.usableKeys(a.KeyIDs); err != nil {
		return Group{}, err
	}
	var pace gateway.Pace
	if a.Pace != nil {
		pace = a.Pace.read()
	}
	g, err := c.Access.CreateGroup(ctx, strings.TrimSpace(a.Name), pace)
	if err != nil {
		return Group{}, err
	}
	// Its keys come first: a new limit begins with what they have spent.
	err = c.setMembers(ctx, g.ID, a.KeyIDs)
	if err == nil {
		err = c.Ledger.SetLimits(ctx, gateway.ScopeGroup, g.ID, limits)
	}
	if err != nil {
		// A group without the limits that were asked for must not stay.
		return Group{}, errors.Join(err, c.Access.RemoveGroup(context.WithoutCancel(ctx), g.ID))
	}
	c.changes.tell("keys")
	return c.viewGroup(ctx, g)
}

// usableKeys says that all of these keys are there and not revoked.
func (c *Console) usableKeys(ids []string) error {
	for _, id := range ids {
		k, err := c.Access.Key(id)
		if err != nil {
			return err
		}
		if err := access.Usable(k); err != nil {
			return err
		}
	}
	return nil
}

// setMembers puts exactly these keys into a group.
func (c *Console) setMembers(ctx context.Context, id string, keys []string) error {
	outside := ""
	for _, old := range c.membersOf(id) {
		if slices.Contains(keys, old) {
			continue
		}
		if k, err := c.Access.Key(old); err != nil || k.State == gateway.KeyRevoked {
			continue // what it spent stays the group's
		}
		if _, err := c.Access.Update(ctx, old, access.Change{GroupID: &outside}); err != nil {
			return err
		}
	}
	for _, key := range keys {
		k, err := c.Access.Key(key)
		if err == nil && k.GroupID != id {
			_, err = c.Access.Update(ctx, key, access.Change{GroupID: &id})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// UpdateGroup is what groups.update takes. What is left out stays as it is; KeyIDs are all of its keys.
type UpdateGroup struct {
	ID     string    `json:"id"`
	Name   *string   `json:"name,omitempty"`
	Pace   *Pace     `json:"pace,omitempty"`
	KeyIDs *[]string `json:"key_ids,omitempty"`
}

func (c *Console) updateGroup(ctx context.Context, a UpdateGroup) (Group, error) {
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	var change access.GroupChange
	if a.Name != nil {
		name := strings.TrimSpace(*a.Name)
		change.Name = &name
	}
	if a.Pace != nil {
		pace := a.Pace.read()
		change.Pace = &pace
	}
	if a.KeyIDs != nil {
		if err := c.usableKeys(*a.KeyIDs); err != nil {
			return Group{}, err
		}
	}
	g, err := c.Access.UpdateGroup(ctx, a.ID, change)
	if err != nil {
		return Group{}, err
	}
	if a.KeyIDs != nil {
		if err := c.setMembers(ctx, g.ID, *a.KeyIDs); err != nil {
			return Group{}, err
		}
	}
	c.changes.tell("keys")
	return c.viewGroup(ctx, g)
}

// LimitGroup is what groups.limit takes: the group's limits from now on.
type LimitGroup struct {
	ID     string   `json:"id"`
	Limits []string `json:"limits"`
}

func (c *Console) limitGroup(ctx context.Context, a LimitGroup) (Group, error) {
	g, err := c.groupByID(a.ID)
	if err != nil {
		return Group{}, err
	}
	limits, err := c.parseLimits(a.Limits)
	if err != nil {
		return Group{}, err
	}
	if err := c.Ledger.SetLimits(ctx, gateway.ScopeGroup, g.ID, limits); err != nil {
		return Group{}, err
	}
	c.changes.tell("keys")
	return c.viewGroup(ctx, g)
}

// groupByID returns a group that an operation names by its id.
func (c *Console) groupByID(id string) (gateway.Group, error) {
	g, err := c.Access.Group(id)
	var e *gateway.Error
	if errors.As(err, &e) {
		e.Field = "id"
	}
	return g, err
}

func (c *Console) removeGroup(ctx context.Context, a byID) (byID, error) {
	c.stepwise.Lock()
	defer c.stepwise.Unlock()
	if _, err := c.groupByID(a.ID); err != nil {
		return byID{}, err
	}
	if err := c.Access.RemoveGroup(ctx, a.ID); err != nil {
		return byID{}, err
	}
	// Nobody is in it any more: its limits bound nothing, whether or not this succeeds.
	err := c.Ledger.SetLimits(context.WithoutCancel(ctx), gateway.ScopeGroup, a.ID, nil)
	c.changes.tell("keys")
	return a, err
}
