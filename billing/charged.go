package billing

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Charged names all that a price list may charge for, in the meters' order.
func Charged() []string {
	var all []string
	for _, m := range meters {
		if m.what != "" {
			all = append(all, m.what)
		}
	}
	return all
}

// UnitOf says in which unit a thing is charged, and for how many of them a rate is. ok is false
// for a thing that no price list charges for.
func UnitOf(what string) (unit string, per int64, ok bool) {
	m, ok := meterByWhat(what)
	if !ok {
		return "", 0, false
	}
	return meters[m].unit, meters[m].per, true
}

// IsRate says whether text is plain decimal text that a price list may hold: not below zero,
// at most five digits before the point and nine after it.
func IsRate(text string) bool {
	_, _, ok := rateDigits(text)
	return ok
}

// ListOf names the price list in which a price for a provider is to be set: the provider's own,
// or where its prices are those of one other list, that one.
func ListOf(provider string) string {
	v, id, _ := vendorOf(provider)
	if len(v.lists) == 1 {
		return v.lists[0]
	}
	return id
}

// Canonical is the list and the name under which a user's price for a model is kept: those of
// its card, where the list has one.
func (b *Book) Canonical(provider, model string) (list, name string) {
	list = ListOf(provider)
	v, _, _ := vendorOf(provider)
	for _, name := range []string{model, strings.TrimPrefix(model, cmp.Or(v.prefix, vendors[list].prefix))} {
		for _, i := range b.byName[nameKey{list, strings.ToLower(name)}] {
			if c := &b.cards[i]; c.layer != Yours {
				return list, c.Model
			}
		}
	}
	return list, model
}

// ProviderID is a provider's or price list's name as the book keeps it.
func ProviderID(provider string) string {
	_, id, _ := vendorOf(provider)
	return id
}

// ProviderName is a provider's or price list's name as people know it.
func ProviderName(provider string) string {
	v, id, known := vendorOf(provider)
	if known {
		return v.name
	}
	for _, other := range slices.Sorted(maps.Keys(vendors)) {
		if o := vendors[other]; len(o.lists) == 1 && o.lists[0] == id {
			return o.name
		}
	}
	return id
}

// IsFree says whether nothing that a provider does is charged.
func IsFree(provider string) bool {
	v, _, _ := vendorOf(provider)
	return v.free != ""
}

// A Named is a model of a price list.
type Named struct{ List, Model string }

// Alike names up to n models that look like one without a price: first those of the provider's
// own lists, then those of the makers whose models are sold everywhere.
func (b *Book) Alike(provider, model string, n int) []Named {
	v, id, _ := vendorOf(provider)
	type near struct {
		Named
		place, apart int
	}
	var found []near
	seen := map[Named]bool{}
	wanted := bare(model)
	for i := range b.cards {
		c := &b.cards[i]
		place := 0
		if c.Provider != id && !slices.Contains(v.lists, c.Provider) {
			if place = 1; !slices.Contains(makers, c.Provider) {
				continue
			}
		}
		one := Named{c.Provider, c.Model}
		if seen[one] {
			continue
		}
		seen[one] = true
		if d := distance(wanted, bare(c.Model)); d <= max(1, len(wanted)/3) {
			found = append(found, near{one, place, d})
		}
	}
	slices.SortFunc(found, func(x, y near) int {
		return cmp.Or(cmp.Compare(x.apart, y.apart), cmp.Compare(x.place, y.place), cmp.Compare(x.Model, y.Model), cmp.Compare(x.List, y.List))
	})
	names := make([]Named, 0, n)
	for _, f := range found[:min(n, len(found))] {
		names = append(names, f.Named)
	}
	return names
}

// bare is a model's name without the vendor before it, in lower case.
func bare(model string) string {
	return strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
}
