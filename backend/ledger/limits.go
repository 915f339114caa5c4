package ledger

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/frontend/src/i18n"
)

// A rule is a limit in force with its zone.
type rule struct {
	gateway.Limit
	loc   *time.Location
	place int                   // among its scope's limits
	last  *atomic.Pointer[span] // the window that was asked for last; nil: none is remembered
}

// at returns the window in which an instant lies: mostly that of the call before.
func (r rule) at(t time.Time) span {
	if r.last == nil {
		return spanAt(r.Window, t, r.loc)
	}
	if s := r.last.Load(); s != nil && !t.Before(s.start) && t.Before(s.end) {
		return *s
	}
	s := spanAt(r.Window, t, r.loc)
	r.last.Store(&s)
	return s
}

// rules are all limits in force, by what they cover. A set is never changed: SetLimits makes another.
type rules map[scope][]rule

type scope struct {
	kind gateway.Scope
	id   string
}

var accountScope = scope{kind: gateway.ScopeAccount}

const selectLimits = `SELECT id, scope, scope_id, unit, span, tz, amount, hard
	FROM limit_rule WHERE removed_at IS NULL ORDER BY scope, scope_id, place`

// loadLimits reads the limits in force.
func (l *Ledger) loadLimits(ctx context.Context) error {
	rows, err := l.st.Read().QueryContext(ctx, selectLimits)
	if err != nil {
		return fmt.Errorf("read limits: %w", err)
	}
	defer rows.Close()
	all := rules{}
	for rows.Next() {
		r := rule{last: &atomic.Pointer[span]{}}
		if err := rows.Scan(&r.ID, &r.Scope, &r.ScopeID, &r.Unit, &r.Window, &r.TZ, &r.Amount, &r.Hard); err != nil {
			return fmt.Errorf("read a limit: %w", err)
		}
		if r.loc, err = time.LoadLocation(r.TZ); err != nil {
			return fmt.Errorf("limit %s: %w", r.ID, err)
		}
		s := scope{r.Scope, r.ScopeID}
		all[s] = append(all[s], r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read limits: %w", err)
	}
	l.rules.Store(&all)
	return nil
}

// Limits returns the limits of a key, of a group or, with an empty id, of the account, in the order in which they were set.
func (l *Ledger) Limits(_ context.Context, kind gateway.Scope, scopeID string) ([]gateway.Limit, error) {
	var out []gateway.Limit
	for _, r := range (*l.rules.Load())[scope{kind, scopeID}] {
		out = append(out, r.Limit)
	}
	return out, nil
}

// SetLimits replaces the limits of a key, of a group or, with an empty id, of the account.
// One that has its unit and window already keeps its id, zone, windows and spending; a
// new one begins with what its running window has spent so far: a group's with what the
// keys have that are in it now. Calls that run end as they were held.
func (l *Ledger) SetLimits(ctx context.Context, kind gateway.Scope, scopeID string, limits []gateway.Limit) error {
	l.limits.Lock()
	defer l.limits.Unlock()
	plan, err := l.planLimits(scope{kind, scopeID}, limits)
	if err != nil {
		return err
	}
	err = l.st.Do(ctx, func(tx *store.Tx) error {
		clear(l.kept) // windows are written that no call asked for
		return plan.apply(tx, l.divide())
	})
	if err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	// The limits stand already: a caller who left meanwhile must not keep them from being enforced.
	if err := l.loadLimits(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	l.feed.publish(Event{Kind: LimitsChanged})
	return nil
}

// A limitPlan is what makes the limits in force those that were asked for.
type limitPlan struct {
	fresh   []rule
	changed []rule
	removed []string
}

func (l *Ledger) planLimits(s scope, limits []gateway.Limit) (limitPlan, error) {
	var plan limitPlan
	old := slices.Clone((*l.rules.Load())[s])
	for i, lim := range limits {
		lim.Scope, lim.ScopeID, lim.TZ = s.kind, s.id, cmp.Or(lim.TZ, l.zone)
		if err := flaw(limitText(lim), lim); err != nil {
			return plan, err
		}
		same := func(o gateway.Limit) bool { return o.Unit == lim.Unit && o.Window == lim.Window }
		if slices.ContainsFunc(limits[:i], same) {
			return plan, badLimit(i18n.T("error.ledger.limit_doubled", "limit", limitText(lim)))
		}
		if j := slices.IndexFunc(old, func(r rule) bool { return same(r.Limit) }); j >= 0 {
			kept := old[j]
			kept.Amount, kept.Hard, kept.place = lim.Amount, lim.Hard, i
			plan.changed = append(plan.changed, kept)
			old = slices.Delete(old, j, j+1)
			continue
		}
		lim.ID = "lim_" + strings.ToLower(rand.Text())
		loc, err := time.LoadLocation(lim.TZ)
		if err != nil {
			return plan, fmt.Errorf("zone of a limit: %w", err)
		}
		plan.fresh = append(plan.fresh, rule{Limit: lim, loc: loc, place: i})
	}
	for _, r := range old {
		plan.removed = append(plan.removed, r.ID)
	}
	return plan, nil
}

const (
	insertLimit = `INSERT INTO limit_rule (id, scope, scope_id, unit, span, tz, amount, hard, place, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	changeLimit = `UPDATE limit_rule SET amount = ?, hard = ?, place = ? WHERE id = ?`
	removeLimit = `UPDATE limit_rule SET removed_at = ? WHERE id = ?`
	carryGroup  = `INSERT INTO limit_carried SELECT id, ?1 FROM access_key WHERE group_id = ?2 AND ?3 = 'group'`
)

func (p limitPlan) apply(tx *store.Tx, at time.Time) error {
	if err := tx.Flush(); err != nil {
		return err // what calls of the same commit were charged counts too
	}
	now := at.UnixMilli()
	for _, id := range p.removed {
		if _, err := tx.Exec(removeLimit, now, id); err != nil {
			return err
		}
	}
	for _, r := range p.changed {
		if _, err := tx.Exec(changeLimit, r.Amount, r.Hard, r.place, r.ID); err != nil {
			return err
		}
	}
	for _, r := range p.fresh {
		_, err := tx.Exec(insertLimit, r.ID, r.Scope, r.ScopeID, r.Unit, r.Window, r.TZ, r.Amount, r.Hard, r.place, now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(carryGroup, r.ID, r.ScopeID, r.Scope); err != nil {
			return err
		}
		for _, simulated := range []bool{false, true} {
			if err := carryOver(tx, r, at, simulated); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	// What a scope was charged from ?1 on: whole slots from the rollup, the rest of
	// the first slot from the calls themselves. %s says whose.
	chargedSince = `SELECT ifnull(sum(pico), 0), ifnull(sum(tokens), 0), ifnull(sum(calls), 0) FROM (
		SELECT charge_pico AS pico, charge_tokens AS tokens, charge_calls AS calls FROM rollup
		WHERE slot >= ?2 AND simulated = ?3 AND %[1]s
		UNION ALL SELECT charge_pico, charge_tokens, charge_calls FROM call
		WHERE started_at >= ?1 AND started_at < ?2 AND state = 'settled' AND simulated = ?3 AND %[1]s)`
	openWindow = `INSERT INTO limit_window (limit_id, start, simulated, spent, held) VALUES (?, ?, ?, ?, 0)`
)

// whose says which keys' calls a scope covers; ?4 is the scope's id.
var whose = map[gateway.Scope]string{
	gateway.ScopeKey:     `key_id = ?4`,
	gateway.ScopeGroup:   `key_id IN (SELECT id FROM access_key WHERE group_id = ?4)`,
	gateway.ScopeAccount: `?4 = ''`,
}

// carryOver lets a new limit know what its running window has spent before it was set.
func carryOver(tx *store.Tx, r rule, at time.Time, simulated bool) error {
	start := r.at(at).milli()
	whole := slotAfter(start)
	var spent gateway.Amounts
	err := tx.QueryRow(fmt.Sprintf(chargedSince, whose[r.Scope]), start, whole, simulated, r.ScopeID).Scan(&spent.Pico, &spent.Tokens, &spent.Calls)
	if err != nil {
		return fmt.Errorf("sum up the running window: %w", err)
	}
	n := spent.In(r.Unit)
	if n == 0 {
		return nil
	}
	if _, err := tx.Exec(openWindow, r.ID, start, simulated, n); err != nil {
		return err
	}
	_, err = tx.Exec(insertEntry, nil, r.ID, start, simulated, "adjust", n, "", at.UnixMilli())
	return err
}

// limitText writes a limit as ParseLimit reads it.
func limitText(lim gateway.Limit) string {
	text := fmt.Sprintf("%s%s/%s", lim.Unit.Text(lim.Amount), lim.Unit, lim.Window)
	if !lim.Hard {
		text += warns
	}
	return text
}
