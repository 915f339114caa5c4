package console

import (
	"cmp"
	"context"
	"slices"

	"weir/billing"
)

// An Unmatched is a model of which calls of the last 30 days have no price.
type Unmatched struct {
	Provider     string        `json:"provider"` // whose prices hold
	ProviderName string        `json:"provider_name"`
	Model        string        `json:"model"` // as the provider calls it
	Channels     []string      `json:"channels"`
	Calls        int64         `json:"calls"`  // without a price
	Tokens       int64         `json:"tokens"` // of the days on which there were such calls
	LastUsed     string        `json:"last_used"`
	PricedNow    bool          `json:"priced_now"` // it has a price by now: its calls can be priced again
	NeedsRate    bool          `json:"needs_rate"` // it has a price in yuan, and no rate of exchange holds yet
	Alias        *PriceAlias   `json:"alias"`
	Similar      []PricedModel `json:"similar"`
}

// similarModels is how many models are offered for one without a price.
const similarModels = 5

// unmatched lists models without a price, the latest first.
func (c *Console) unmatched(ctx context.Context, _ none) ([]Unmatched, error) {
	models, err := c.Ledger.UnpricedModels(ctx, c.Now().AddDate(0, 0, -usedDays))
	if err != nil {
		return nil, err
	}
	book, now, all := c.Prices.Book(), c.Now(), []Unmatched{}
	for _, u := range models {
		upstream := u.Model // it is the provider's name already
		as, _ := c.pricedAs(u)
		name := u.ChannelID
		if ch, err := c.Channels.Channel(u.ChannelID); err == nil {
			name = ch.Name
		}
		last := stamp(u.Last)
		at := slices.IndexFunc(all, func(o Unmatched) bool { return o.Provider == as && o.Model == upstream })
		if at < 0 {
			all, at = append(all, Unmatched{Provider: as, ProviderName: billing.ProviderName(as), Model: upstream, Channels: []string{}, Similar: []PricedModel{}}), len(all)
		}
		o := &all[at]
		o.Calls, o.Tokens, o.LastUsed = o.Calls+u.Unpriced, o.Tokens+u.Tokens, max(o.LastUsed, last)
		if name != "" && !slices.Contains(o.Channels, name) {
			o.Channels = append(o.Channels, name)
		}
	}
	for i := range all {
		o := &all[i]
		o.PricedNow = book.Known(o.Provider, o.Model, now)
		_, found := book.Find(o.Provider, o.Model, now)
		if o.NeedsRate = found && !o.PricedNow; !found && !o.PricedNow {
			for _, one := range book.Alike(o.Provider, o.Model, similarModels) {
				o.Similar = append(o.Similar, PricedModel{one.List, one.Model})
			}
		}
		if a, ok := book.AliasOf(o.Provider, o.Model, now); ok {
			view := viewAlias(a)
			o.Alias = &view
		}
	}
	slices.SortFunc(all, func(a, b Unmatched) int {
		return cmp.Or(order(a.PricedNow)-order(b.PricedNow), cmp.Compare(b.LastUsed, a.LastUsed), cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Model, b.Model))
	})
	return all, nil
}

// order puts what is not so before what is.
func order(so bool) int {
	if so {
		return 1
	}
	return 0
}
