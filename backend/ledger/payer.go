package ledger

import "weir/backend/gateway"

// A Payer is whose limits a call must meet: those of its key, of the group that the key is in, and of the account.
type Payer struct {
	KeyID     string
	GroupID   string // empty: the key is in none
	GroupName string
}

// scopes are where a payer's limits stand, in the order in which they answer.
func (p Payer) scopes() (all [3]scope, n int) {
	if p.KeyID != "" {
		all[n] = scope{gateway.ScopeKey, p.KeyID}
		n++
	}
	if p.GroupID != "" {
		all[n] = scope{gateway.ScopeGroup, p.GroupID}
		n++
	}
	all[n] = accountScope
	return all, n + 1
}

// covering returns the rules that a payer's calls must meet: those of the scope that answers for it first.
func (l *Ledger) covering(p Payer) (rules []rule) {
	all := *l.rules.Load()
	scopes, n := p.scopes()
	shared := true // with the set in force, as long as one scope alone has rules
	for _, s := range scopes[:n] {
		switch more := all[s]; {
		case len(more) == 0:
		case len(rules) == 0:
			rules = more
		case shared:
			rules, shared = append(rules[:len(rules):len(rules)], more...), false
		default:
			rules = append(rules, more...)
		}
	}
	return rules
}

// answers is the one rule of who answers for a payer's quota: the key where it has limits of its own,
// else its group where that has some, else the account.
func (l *Ledger) answers(p Payer) scope {
	if rules := l.covering(p); len(rules) > 0 {
		return scope{rules[0].Scope, rules[0].ScopeID}
	}
	return accountScope
}

// Covers says whether a hard limit of a unit applies to a payer's calls.
func (l *Ledger) Covers(p Payer, unit gateway.Unit) bool {
	for _, r := range l.covering(p) {
		if r.Hard && r.Unit == unit {
			return true
		}
	}
	return false
}

// Zone returns the IANA zone in which new limits' windows start.
func (l *Ledger) Zone() string { return l.zone }
