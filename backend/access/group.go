package access

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

const (
	insertGroup = `INSERT INTO key_group (id, name, created_at) VALUES (?, ?, ?)`
	renameGroup = `UPDATE key_group SET name = ? WHERE id = ?`
	deleteGroup = `DELETE FROM key_group WHERE id = ?`
	leaveGroup  = `UPDATE access_key SET group_id = '' WHERE group_id = ?`
	writePace   = `INSERT INTO pace (scope, scope_id, requests, tokens, running) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET requests = excluded.requests, tokens = excluded.tokens, running = excluded.running`
	deletePace = `DELETE FROM pace WHERE scope = ? AND scope_id = ?`
)

// CreateGroup makes a group without keys.
func (a *Access) CreateGroup(ctx context.Context, name string, pace gateway.Pace) (gateway.Group, error) {
	id := "grp_" + newID()
	err := a.apply(ctx, func(tx *store.Tx) error {
		if err := groupNamed(name); err != nil {
			return err
		}
		if _, err := tx.Exec(insertGroup, id, name, a.now().UnixMilli()); err != nil {
			return err
		}
		return setPace(tx, gateway.ScopeGroup, id, pace)
	})
	if err != nil {
		return gateway.Group{}, fmt.Errorf("create group: %w", err)
	}
	return a.Group(id)
}

// A GroupChange is what of a group shall be different; nil stays as it is.
type GroupChange struct {
	Name *string
	Pace *gateway.Pace
}

// UpdateGroup changes a group; its keys and limits stay.
func (a *Access) UpdateGroup(ctx context.Context, id string, c GroupChange) (gateway.Group, error) {
	err := a.apply(ctx, func(tx *store.Tx) error {
		g, err := a.Group(id)
		if err != nil {
			return err
		}
		put(&g.Name, c.Name)
		put(&g.Pace, c.Pace)
		if err := groupNamed(g.Name); err != nil {
			return err
		}
		if _, err := tx.Exec(renameGroup, g.Name, id); err != nil {
			return err
		}
		return setPace(tx, gateway.ScopeGroup, id, g.Pace)
	})
	if err != nil {
		return gateway.Group{}, fmt.Errorf("update %s: %w", id, err)
	}
	return a.Group(id)
}

// RemoveGroup forgets a group. Its keys stay, in no group.
func (a *Access) RemoveGroup(ctx context.Context, id string) error {
	err := a.apply(ctx, func(tx *store.Tx) error {
		if _, err := a.Group(id); err != nil {
			return err
		}
		if _, err := tx.Exec(leaveGroup, id); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteGroup, id); err != nil {
			return err
		}
		return setPace(tx, gateway.ScopeGroup, id, gateway.Pace{})
	})
	if err != nil {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return nil
}

// Group returns one group, or a NotFound error.
func (a *Access) Group(id string) (gateway.Group, error) {
	g, ok := a.snapshot.Load().groups[id]
	if !ok {
		return g, &gateway.Error{Kind: gateway.NotFound, Field: "group_id", Message: i18n.T("error.access.no_such_group", "id", id)}
	}
	return g, nil
}

// Groups returns all groups, newest first.
func (a *Access) Groups() []gateway.Group {
	snap := a.snapshot.Load()
	groups := make([]gateway.Group, 0, len(snap.groups))
	for _, g := range snap.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b gateway.Group) int { return cmp.Compare(b.ID, a.ID) })
	return groups
}

// AccountPace is how fast all keys together may go.
func (a *Access) AccountPace() gateway.Pace { return a.snapshot.Load().account }

// SetAccountPace says how fast all keys together may go.
func (a *Access) SetAccountPace(ctx context.Context, pace gateway.Pace) error {
	err := a.apply(ctx, func(tx *store.Tx) error { return setPace(tx, gateway.ScopeAccount, "", pace) })
	if err != nil {
		return fmt.Errorf("set the account's pace: %w", err)
	}
	return nil
}

func groupNamed(name string) error {
	if name == "" || !gateway.Nameable(name) {
		return &gateway.Error{Kind: gateway.Invalid, Field: "name", Message: i18n.T("error.access.group_name", "most", gateway.LongestName)}
	}
	return nil
}

// setPace writes a pace; one without bounds leaves no row.
func setPace(tx *store.Tx, kind gateway.Scope, id string, p gateway.Pace) error {
	if p.Requests < 0 || p.Tokens < 0 || p.Running < 0 {
		return &gateway.Error{Kind: gateway.Invalid, Field: "pace", Message: i18n.T("error.access.pace")}
	}
	if p == (gateway.Pace{}) {
		_, err := tx.Exec(deletePace, kind, id)
		return err
	}
	_, err := tx.Exec(writePace, kind, id, p.Requests, p.Tokens, p.Running)
	return err
}

const (
	selectGroups = `SELECT id, name, created_at FROM key_group`
	selectPaces  = `SELECT scope, scope_id, requests, tokens, running FROM pace`
)

// readGroups reads the groups, and everybody's pace.
func (snap *snapshot) readGroups(ctx context.Context, db *sql.DB) error {
	err := each(ctx, db, selectGroups, func(rows *sql.Rows) error {
		var g gateway.Group
		var created int64
		err := rows.Scan(&g.ID, &g.Name, &created)
		g.CreatedAt = time.UnixMilli(created).UTC()
		snap.groups[g.ID] = g
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, db, selectPaces, func(rows *sql.Rows) error {
		var kind gateway.Scope
		var id string
		var p gateway.Pace
		if err := rows.Scan(&kind, &id, &p.Requests, &p.Tokens, &p.Running); err != nil {
			return err
		}
		switch kind {
		case gateway.ScopeKey:
			if k, ok := snap.keys[id]; ok {
				k.Pace = p
				snap.keys[id] = k
			}
		case gateway.ScopeGroup:
			if g, ok := snap.groups[id]; ok {
				g.Pace = p
				snap.groups[id] = g
			}
		default:
			snap.account = p
		}
		return nil
	})
}

// grant is what a key may do.
func (snap *snapshot) grant(k gateway.Key) gateway.Grant {
	group := snap.groups[k.GroupID]
	return gateway.Grant{KeyID: k.ID, KeyName: k.Name, GroupID: group.ID, GroupName: group.Name, Models: k.Models, Denied: k.Denied,
		Networks: k.Networks, AllowUnpriced: k.AllowUnpriced, OnLimit: k.OnLimit, Clamp: k.Clamp, MostPerCall: k.MostPerCall,
		Paces: gateway.Paces{Key: k.Pace, Group: group.Pace, Account: snap.account}}
}
