package console

import (
	"cmp"
	"context"
	"slices"

	"weir/backend/ledger"
	"weir/backend/provider"
	"weir/billing"
)

const (
	mostShares = 50
	mostSeries = 5
)

// A grouping is by what sums are told apart, and how people call it.
type grouping struct {
	id   func(ledger.Part) string
	name func(context.Context, string) (string, error)
}

// groupings are those that a page may ask for.
func (c *Console) groupings() map[string]grouping {
	return map[string]grouping{
		"model":    {func(p ledger.Part) string { return p.Model }, func(_ context.Context, model string) (string, error) { return model, nil }},
		"key":      {func(p ledger.Part) string { return p.KeyID }, c.keyName},
		"provider": {func(p ledger.Part) string { return p.ChannelID }, c.channelName},
	}
}

// keyName is a key's name or, where there is none any more, the one that its last call had.
func (c *Console) keyName(ctx context.Context, id string) (string, error) {
	if k, err := c.Access.Key(id); err == nil || id == "" {
		return k.Name, nil
	}
	name, err := c.Ledger.KeyName(ctx, id)
	return cmp.Or(name, id), err
}

// channelName is a channel's name; of a removed one only its id is left.
func (c *Console) channelName(_ context.Context, id string) (string, error) {
	if ch, err := c.Channels.Channel(id); err == nil {
		return ch.Name, nil
	}
	if p, ok := provider.ByID(id); ok {
		return p.Name, nil // the sandbox's one channel
	}
	return id, nil
}

// A group is what one id has of some parts.
type group struct {
	id string
	ledger.Sums
}

// groups adds up parts by id, the largest first. What comes after the most, and what has no
// id, is the last group, without an id.
func groups(parts []ledger.Part, id func(ledger.Part) string, most int) []group {
	sums := map[string]ledger.Sums{}
	for _, p := range parts {
		sums[id(p)] = sums[id(p)].Add(p.Sums)
	}
	rest, left := sums[""]
	delete(sums, "")
	var all []group
	for id, s := range sums {
		all = append(all, group{id, s})
	}
	slices.SortFunc(all, func(a, b group) int {
		return cmp.Or(b.Charged.Cmp(a.Charged), cmp.Compare(b.Calls, a.Calls), cmp.Compare(b.Failed+b.Refused, a.Failed+a.Refused), cmp.Compare(a.id, b.id))
	})
	for _, g := range all[min(len(all), most):] {
		rest, left = rest.Add(g.Sums), true
	}
	all = all[:min(len(all), most)]
	if left {
		all = append(all, group{Sums: rest})
	}
	return all
}

// share fills in the overview's lists.
func (c *Console) share(ctx context.Context, v *Overview, parts []ledger.Part) error {
	for by, dest := range map[string]*[]Share{"model": &v.Models, "key": &v.Keys, "provider": &v.Providers} {
		g := c.groupings()[by]
		shares := []Share{}
		for _, each := range groups(parts, g.id, mostShares) {
			name, err := g.name(ctx, each.id)
			if err != nil {
				return err
			}
			shares = append(shares, Share{ID: each.id, Name: name, Sums: viewSums(each.Sums)})
		}
		*dest = shares
	}
	return nil
}

// timeline stacks what was spent in each slot.
func (c *Console) timeline(ctx context.Context, step string, slots []ledger.Slot, parts []ledger.Part, g grouping) (Timeline, error) {
	t := Timeline{Step: step, Slots: make([]string, len(slots)), Series: []Series{}, WithoutCache: make([]string, len(slots))}
	without := make([]billing.Money, len(slots))
	spent := map[string][]billing.Money{}
	charging := slices.DeleteFunc(groups(parts, g.id, mostSeries), func(g group) bool { return g.Charged.Pico() == 0 })
	for _, each := range charging {
		spent[each.id] = make([]billing.Money, len(slots))
	}
	for _, p := range parts {
		without[p.Slot] = without[p.Slot].Add(p.Charged).Add(p.Saved())
		points, ok := spent[g.id(p)]
		if !ok {
			points = spent[""]
		}
		if p.Charged.Pico() != 0 {
			points[p.Slot] = points[p.Slot].Add(p.Charged)
		}
	}
	for i, s := range slots {
		t.Slots[i], t.WithoutCache[i] = stamp(s.From), without[i].String()
	}
	for _, each := range charging {
		name, err := g.name(ctx, each.id)
		if err != nil {
			return t, err
		}
		points := make([]string, len(slots))
		for i, m := range spent[each.id] {
			points[i] = m.String()
		}
		t.Series = append(t.Series, Series{ID: each.id, Name: name, Points: points})
	}
	return t, nil
}
