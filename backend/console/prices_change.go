package console

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"weir/backend/prices"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// A SetPrice is what prices.set takes: a price of your own from an instant on.
type SetPrice struct {
	PricedModel
	Currency string            `json:"currency,omitempty"`
	Rates    map[string]string `json:"rates"`
	Tiers    []PriceTier       `json:"tiers,omitempty"`
	From     *string           `json:"from,omitempty"` // null: now
	Note     string            `json:"note,omitempty"`
}

// A PriceSet is a model's price after a change.
type PriceSet struct {
	Row *PriceRow `json:"row"` // null: it has none any more
	// Past is true where the price begins in the past: calls that were made since keep what they
	// cost until they are priced again.
	Past  bool `json:"past"`
	Ended int  `json:"ended"` // how many prices of yours a reset ended
	// Holds is when the price that was set counts: one of yours that begins later is not replaced.
	Holds []PriceSpan `json:"holds"`
}

// A PriceSpan is a stretch of time, half-open.
type PriceSpan struct {
	From string  `json:"from"`
	To   *string `json:"to"` // null: open
}

// setPrice sets a price of your own.
func (c *Console) setPrice(ctx context.Context, s SetPrice) (PriceSet, error) {
	n := prices.NewPrice{Provider: s.Provider, Model: s.Model, Currency: s.Currency, Rates: trimmed(s.Rates), Note: s.Note}
	for _, t := range s.Tiers {
		n.Tiers = append(n.Tiers, billing.Tier{Prompt: t.Prompt, Op: t.Op, Rates: trimmed(t.Rates)})
	}
	var past bool
	if s.From != nil && *s.From != "" {
		from, err := time.Parse(time.RFC3339, *s.From)
		if err != nil {
			return PriceSet{}, invalid("from", i18n.T("error.prices.time", "time", *s.From))
		}
		n.From, past = from, from.Before(c.Now().Add(-time.Second))
	}
	o, err := c.Prices.Set(ctx, n)
	if err != nil {
		return PriceSet{}, err
	}
	d, err := c.showPrice(ctx, PricedModel{o.Provider, o.Model})
	set := PriceSet{Row: d.Row, Past: past, Holds: []PriceSpan{}}
	for _, s := range c.Prices.Holds(o) {
		set.Holds = append(set.Holds, PriceSpan{stamp(s.From), stampOrNull(s.To)})
	}
	return set, err
}

// trimmed leaves out what was left empty.
func trimmed(rates map[string]string) billing.Rates {
	out := billing.Rates{}
	for what, text := range rates {
		if text = strings.TrimSpace(text); text != "" {
			out[what] = text
		}
	}
	return out
}

// resetPrice ends your prices of a model.
func (c *Console) resetPrice(ctx context.Context, m PricedModel) (PriceSet, error) {
	n, err := c.Prices.Reset(ctx, m.Provider, m.Model)
	if err != nil {
		return PriceSet{}, err
	}
	d, err := c.showPrice(ctx, m)
	if d.Row != nil && d.Row.State != "now" {
		d.Row = nil
	}
	return PriceSet{Row: d.Row, Ended: n, Holds: []PriceSpan{}}, err
}

// A SetAlias is what prices.alias.set takes. An empty like_provider is the provider itself.
type SetAlias struct {
	PricedModel
	LikeProvider string `json:"like_provider,omitempty"`
	LikeModel    string `json:"like_model"`
}

func (c *Console) setAlias(ctx context.Context, a SetAlias) ([]PriceAlias, error) {
	err := c.Prices.SetAlias(ctx, billing.Alias{Provider: a.Provider, Model: a.Model, LikeProvider: a.LikeProvider, LikeModel: a.LikeModel})
	if err != nil {
		return nil, err
	}
	return c.listAliases(ctx, none{})
}

func (c *Console) removeAlias(ctx context.Context, m PricedModel) ([]PriceAlias, error) {
	if err := c.Prices.RemoveAlias(ctx, m.Provider, m.Model); err != nil {
		return nil, err
	}
	return c.listAliases(ctx, none{})
}

func (c *Console) listAliases(context.Context, none) ([]PriceAlias, error) {
	all := []PriceAlias{}
	for _, a := range c.Prices.Aliases() {
		all = append(all, viewAlias(a))
	}
	return all, nil
}

// An ExchangeRate is what a dollar cost in yuan on a day.
type ExchangeRate struct {
	Day       string `json:"day"`
	CNYPerUSD string `json:"cny_per_usd"` // empty in prices.rates.set: forget the day's
	Source    string `json:"source"`
}

func (c *Console) listRates(context.Context, none) ([]ExchangeRate, error) {
	all := []ExchangeRate{}
	for _, r := range c.Prices.Rates() {
		all = append(all, ExchangeRate{r.Day, r.CNYPerUSD, r.Source})
	}
	return all, nil
}

func (c *Console) setRate(ctx context.Context, r ExchangeRate) ([]ExchangeRate, error) {
	if err := c.Prices.SetRate(ctx, r.Day, r.CNYPerUSD, r.Source); err != nil {
		return nil, err
	}
	return c.listRates(ctx, none{})
}

// exportPrices writes your prices, aliases and rates as one value.
func (c *Console) exportPrices(context.Context, none) (prices.Transfer, error) {
	return c.Prices.Export(), nil
}

// filePrices offers the same as a file.
func (c *Console) filePrices(context.Context, none) (Download, error) {
	all := c.Prices.Export()
	return c.exports.offer(c.Now(), export{Download: Download{Name: "weir-own-prices.json"}, kind: "application/json", write: func(_ context.Context, w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}})
}

// An ImportPrices is what prices.import takes: what prices.export wrote.
type ImportPrices struct {
	File json.RawMessage `json:"file"`
}

// PricesImported says what an import brought.
type PricesImported struct {
	Prices  int `json:"prices"`
	Aliases int `json:"aliases"`
	Rates   int `json:"rates"`
	Known   int `json:"known"` // prices that you had already
}

func (c *Console) importPrices(ctx context.Context, a ImportPrices) (PricesImported, error) {
	if len(a.File) == 0 {
		return PricesImported{}, invalid("file", i18n.T("error.prices.import"))
	}
	done, err := c.Prices.Import(ctx, a.File)
	return PricesImported{done.Prices, done.Aliases, done.Rates, done.Known}, err
}
