package gateway

import (
	"net/netip"
	"slices"
	"strings"
)

// A Grant is what an access key may do, as the relay needs it for one call.
type Grant struct {
	KeyID         string
	KeyName       string
	GroupID       string // empty: the key is in none
	GroupName     string
	Models        []string       // allowed public names and patterns; empty: any
	Denied        []string       // names and patterns that win over those
	Networks      []netip.Prefix // from which it may be used; empty: any
	AllowUnpriced bool
	OnLimit       Policy
	Clamp         bool
	MostPerCall   int64 // pico-dollars; 0: any
	Paces         Paces
	Channel       string // the one whose upstream it may ask; empty: any
}

// Paces are those that a call must keep: of its key, its group and the account.
type Paces struct{ Key, Group, Account Pace }

// Allows says whether the key may use a model by its public name.
func (g Grant) Allows(model string) bool {
	return !g.Denies(model) && (len(g.Models) == 0 || matchesAny(g.Models, model))
}

// Denies says whether the key is refused a model, by whichever of its names. Some upstreams take a name in any case,
// so none gets past it by that.
func (g Grant) Denies(model string) bool {
	return slices.ContainsFunc(g.Denied, func(p string) bool { return Matches(strings.ToLower(p), strings.ToLower(model)) })
}

// Restricted says whether there are models that the key may not use.
func (g Grant) Restricted() bool { return len(g.Models) > 0 || len(g.Denied) > 0 }

// From says whether the key may be used from an address.
func (g Grant) From(addr netip.Addr) bool {
	if len(g.Networks) == 0 {
		return true
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(g.Networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return Matches(p, name) })
}

// Matches says whether a name is one of those that a pattern stands for: its stars stand for any text, none included.
func Matches(pattern, name string) bool {
	head, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, head)
	for ok {
		var middle string
		if middle, rest, starred = strings.Cut(rest, "*"); !starred {
			return strings.HasSuffix(name, middle)
		}
		_, name, ok = strings.Cut(name, middle)
	}
	return false
}
