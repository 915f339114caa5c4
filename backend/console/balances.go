package console

import (
	"context"

	"weir/backend/balance"
	"weir/backend/gateway"
	"weir/backend/provider"
)

// A BalanceAmount is what a provider told of the money that is left, and when. What it did not
// tell is null, and so is everything but the error where it never answered: that is no zero.
type BalanceAmount struct {
	KeyID     string  `json:"key_id"` // of the provider's key
	Kind      *string `json:"kind" ts:"'key_limit' | 'account'"`
	Currency  *string `json:"currency" ts:"'USD' | 'CNY'"`
	Left      *string `json:"left"`
	Total     *string `json:"total"`
	Used      *string `json:"used"`
	Unlimited bool    `json:"unlimited"`
	FetchedAt *string `json:"fetched_at"`
	Error     *string `json:"error"` // why it could not be asked since, in a sentence
}

// A Balance is what bounds a provider's calls first, and what else is known.
type Balance struct {
	BalanceAmount
	Also []BalanceAmount `json:"also"` // the account beside a key's limit, other currencies, other keys
}

// AskBalances is what providers.balance takes: one provider, or each that can be asked.
type AskBalances struct {
	ID string `json:"id,omitempty"`
}

// askBalances asks providers for their balances now. Why one did not answer stands in its row.
func (c *Console) askBalances(ctx context.Context, a AskBalances) ([]Provider, error) {
	out := []Provider{}
	for _, ch := range c.Channels.All() {
		p, _ := provider.ByID(ch.Provider)
		if a.ID != ch.ID && (a.ID != "" || !ch.Enabled || len(p.Balances) == 0 || len(ch.Keys) == 0) {
			continue
		}
		if err := c.Balances.Ask(ctx, ch.ID); err != nil {
			return nil, err
		}
		out = append(out, c.viewProvider(ch))
	}
	if _, err := c.Channels.Channel(a.ID); a.ID != "" && err != nil {
		return nil, err
	}
	return out, nil
}

// balanceOf is what is known of a channel's money; nil: nothing, and nobody was asked.
func (c *Console) balanceOf(ch gateway.Channel) *Balance {
	return viewBalance(c.Balances.Of(ch))
}

// viewBalance puts first what bounds the calls of the key that is used first.
func viewBalance(found []balance.Finding) *Balance {
	var all []BalanceAmount
	lead := -1
	for _, f := range found {
		amounts := f.Amounts
		if len(amounts) == 0 {
			amounts = []provider.Amount{{}}
		}
		for _, a := range amounts {
			if lead < 0 && a.Left != "" {
				lead = len(all)
			}
			all = append(all, viewAmount(f, a))
		}
	}
	if len(all) == 0 {
		return nil
	}
	lead = max(lead, 0)
	also := append([]BalanceAmount{}, all[:lead]...)
	return &Balance{BalanceAmount: all[lead], Also: append(also, all[lead+1:]...)}
}

func viewAmount(f balance.Finding, a provider.Amount) BalanceAmount {
	return BalanceAmount{KeyID: f.KeyID, Kind: orNull(string(a.Funds)), Currency: orNull(a.Currency), Left: orNull(a.Left), Total: orNull(a.Total),
		Used: orNull(a.Used), Unlimited: a.Unlimited, FetchedAt: stampOrNull(f.FetchedAt), Error: orNull(f.Error)}
}

// A GlanceBalance is what is left at a provider, as its last good answer had it.
type GlanceBalance struct {
	ProviderID string `json:"provider_id"`
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Currency   string `json:"currency"`
	Left       string `json:"left"`
	FetchedAt  string `json:"fetched_at"`
	Stale      bool   `json:"stale"` // it could not be asked since
}

// glanceBalances are those of the enabled providers that told a number.
func (c *Console) glanceBalances() (all []GlanceBalance) {
	for _, ch := range c.Channels.All() {
		if !ch.Enabled {
			continue
		}
		if g, ok := firstNumber(c.Balances.Of(ch)); ok {
			g.ProviderID, g.Name = ch.ID, ch.Name
			all = append(all, g)
		}
	}
	return all
}

func firstNumber(found []balance.Finding) (g GlanceBalance, ok bool) {
	for _, f := range found {
		for _, a := range f.Amounts {
			if a.Left != "" {
				return GlanceBalance{Kind: string(a.Funds), Currency: a.Currency, Left: a.Left, FetchedAt: stamp(f.FetchedAt), Stale: f.Error != ""}, true
			}
		}
	}
	return g, false
}
