package billing

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// dateSuffix is how vendors mark a snapshot of a model.
var dateSuffix = regexp.MustCompile(`[-@](20[0-9]{2}-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01]))$`)

// bedrockVersion is what Bedrock puts after a model's date.
var bedrockVersion = regexp.MustCompile(`-v[0-9]+:[0-9]+$`)

// find returns the card that prices a model at an instant: by its exact id, then
// without its date, in each of the price lists that hold for the provider, and last by
// the user's alias. It never goes by a mere beginning: a model that only looks like
// another has no price.
func (b *Book) find(provider, model string, at time.Time) (*Card, bool) {
	v, id, _ := vendorOf(provider)
	return b.look(v, id, model, at)
}

// look is find for a vendor that was looked up before.
func (b *Book) look(v vendor, id, model string, at time.Time) (*Card, bool) {
	if c := b.listed(v, id, model, at); c != nil {
		return c, true
	}
	a, ok := b.alias(v, id, model)
	if !ok {
		return nil, false
	}
	v, id, _ = vendorOf(a.LikeProvider)
	c := b.listed(v, id, a.LikeModel, at)
	return c, c != nil
}

// listed looks a model up in a provider's price lists. Before them comes what the user
// set for this provider, where its prices are otherwise those of other lists.
func (b *Book) listed(v vendor, id, model string, at time.Time) *Card {
	if b.own[id] && !slices.Contains(v.lists, id) {
		if c := b.spelt(id, model, []string{v.prefix}, at); c != nil {
			return c
		}
	}
	for _, list := range v.lists {
		prefixes := [2]string{v.prefix}
		if list != id {
			prefixes[1] = vendors[list].prefix
		}
		if c := b.spelt(list, model, prefixes[:], at); c != nil {
			return c
		}
	}
	return nil
}

// spelt returns the card for an exact id of a list, then for one of its spellings.
func (b *Book) spelt(list, model string, prefixes []string, at time.Time) *Card {
	if c := b.at(list, model, at); c != nil {
		return c
	}
	for _, name := range spellings(model, prefixes) {
		if c := b.at(list, name, at); c != nil {
			return c
		}
	}
	return nil
}

// alias returns the user's alias for a model that has no card of its own.
func (b *Book) alias(v vendor, id, model string) (Alias, bool) {
	if len(b.aliases) == 0 {
		return Alias{}, false
	}
	if a, ok := b.aliases[nameKey{id, strings.ToLower(model)}]; ok {
		return a, true
	}
	for _, name := range spellings(model, []string{v.prefix}) {
		if a, ok := b.aliases[nameKey{id, strings.ToLower(name)}]; ok {
			return a, true
		}
	}
	return Alias{}, false
}

// aliased says whether a model that has a price has it by the user's alias.
func (b *Book) aliased(v vendor, id, model string, at time.Time) bool {
	_, ok := b.alias(v, id, model)
	return ok && b.listed(v, id, model, at) == nil
}

// AliasOf returns the user's alias by which a model is priced at an instant. ok is false where
// the model has a card of its own, or no price at all.
func (b *Book) AliasOf(provider, model string, at time.Time) (a Alias, ok bool) {
	v, id, _ := vendorOf(provider)
	if a, ok = b.alias(v, id, model); !ok || b.listed(v, id, model, at) != nil {
		return Alias{}, false
	}
	v, id, _ = vendorOf(a.LikeProvider)
	return a, b.listed(v, id, a.LikeModel, at) != nil
}

// spellings are the ids under which a model may be in the book beside its own, best first.
func spellings(model string, prefixes []string) []string {
	names := append(make([]string, 0, 4), model)
	if strings.HasPrefix(model, "arn:") {
		names = append(names, model[strings.LastIndex(model, "/")+1:])
	}
	for _, name := range names {
		if at := tailOf(bedrockVersion, name, ":"); at > 0 {
			names = append(names, name[:at])
		}
	}
	for _, p := range prefixes {
		if tail, cut := strings.CutPrefix(model, p); cut && p != "" && tail != "" {
			names = append(names, tail)
		}
	}
	for _, name := range names {
		// ft:gpt-4o-2024-08-06:acme::abc123 is priced by its base, as a tuned model.
		if tuned, ok := strings.CutPrefix(name, "ft:"); ok {
			if base, _, named := strings.Cut(tuned, ":"); named {
				names = append(names, "ft:"+base)
			}
		}
	}
	for _, name := range names {
		if at := tailOf(dateSuffix, name, "20"); at > 0 {
			names = append(names, name[:at])
		}
	}
	return names[1:]
}

// tailOf returns where a tail of a name begins, 0 where there is none. A name without the
// hint has none: most names are not worth the expression.
func tailOf(tail *regexp.Regexp, name, hint string) int {
	if !strings.Contains(name, hint) {
		return 0
	}
	if at := tail.FindStringIndex(name); at != nil {
		return at[0]
	}
	return 0
}

// at returns the card for an exact id: one of the user's before one kept by hand, that
// before an imported one, and one for certain hours before one for all.
func (b *Book) at(list, name string, at time.Time) (best *Card) {
	for _, i := range b.byName[nameKey{list, strings.ToLower(name)}] {
		if c := &b.cards[i]; c.holds(at) && (best == nil || c.outranks(best)) {
			best = c
		}
	}
	return best
}

func (c *Card) outranks(o *Card) bool {
	switch {
	case c.layer != o.layer:
		return c.layer > o.layer
	case c.layer == Yours:
		return c.ValidFrom.After(o.ValidFrom)
	}
	return c.Window != nil && o.Window == nil
}

// Suggest names up to three models of a provider that look like one without a price.
func (b *Book) Suggest(provider, model string) []string {
	v, _, _ := vendorOf(provider)
	type near struct {
		name  string
		apart int
	}
	var found []near
	seen := map[string]bool{}
	for _, c := range b.cards {
		if !slices.Contains(v.lists, c.Provider) || seen[c.Model] {
			continue
		}
		seen[c.Model] = true
		if d := distance(strings.ToLower(model), strings.ToLower(c.Model)); d <= max(2, len(model)/3) {
			found = append(found, near{c.Model, d})
		}
	}
	slices.SortFunc(found, func(x, y near) int {
		return cmp.Or(cmp.Compare(x.apart, y.apart), cmp.Compare(x.name, y.name))
	})
	var names []string
	for _, f := range found[:min(3, len(found))] {
		names = append(names, f.name)
	}
	return names
}

// distance counts the letters to insert, drop or change to make b of a.
func distance(a, b string) int {
	a, b = a[:min(len(a), 128)], b[:min(len(b), 128)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
