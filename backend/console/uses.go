package console

import (
	"context"
	"maps"
	"slices"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/route"
)

// ProviderUses is what would miss a provider.
type ProviderUses struct {
	Calls30d   int64    `json:"calls_30d"`
	LastCallAt *string  `json:"last_call_at"`
	OnlyHere   []string `json:"only_here"` // models that no other enabled channel serves
	Keys       []string `json:"keys"`      // names of the keys that used it in 30 days
}

// usedWithin is how far back a provider's uses are looked for.
const usedWithin = 30 * 24 * time.Hour

func (c *Console) providerUses(ctx context.Context, a byID) (ProviderUses, error) {
	ch, err := c.Channels.Channel(a.ID)
	if err != nil {
		return ProviderUses{}, err
	}
	now := c.Now()
	parts, err := c.Ledger.Parts(ctx, []ledger.Slot{{From: now.Add(-usedWithin), To: now}}, false)
	if err != nil {
		return ProviderUses{}, err
	}
	uses := ProviderUses{OnlyHere: []string{}, Keys: []string{}}
	models, keys := publicNames(ch), map[string]bool{}
	for _, p := range parts {
		if p.ChannelID != ch.ID {
			continue
		}
		uses.Calls30d += p.Calls + p.Failed
		keys[p.KeyID], models[p.Model] = true, true
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		name, err := c.keyName(ctx, id)
		if err != nil {
			return ProviderUses{}, err
		}
		uses.Keys = append(uses.Keys, name)
	}
	for _, model := range slices.Sorted(maps.Keys(models)) {
		if model != "" && !c.servedElsewhere(ch, model) {
			uses.OnlyHere = append(uses.OnlyHere, model)
		}
	}
	last, err := c.Ledger.Calls(ctx, ledger.Filter{Limit: 1, ChannelID: ch.ID})
	if len(last) > 0 {
		uses.LastCallAt = stampOrNull(last[0].StartedAt)
	}
	return uses, err
}

// publicNames are the models that a channel lists and maps.
func publicNames(ch gateway.Channel) map[string]bool {
	names := map[string]bool{}
	for _, name := range ch.Models {
		names[name] = true
	}
	for name := range ch.Map {
		names[name] = true
	}
	return names
}

// servedElsewhere says whether another channel could take a model's calls in this one's place.
func (c *Console) servedElsewhere(here gateway.Channel, model string) bool {
	return slices.ContainsFunc(c.Channels.All(), func(ch gateway.Channel) bool {
		_, serves := route.Serves(ch, model)
		return serves && ch.Enabled && ch.ID != here.ID && ch.Dialect == here.Dialect
	})
}
