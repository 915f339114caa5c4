package prices

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/backend/store"
	"weir/billing"
	"weir/frontend/src/i18n"
)

const (
	selectAliases = `SELECT provider, name, like_provider, like_model FROM price_alias ORDER BY provider, model`
	writeAlias    = `INSERT INTO price_alias (provider, model, name, like_provider, like_model, made_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET name = excluded.name, like_provider = excluded.like_provider, like_model = excluded.like_model, made_at = excluded.made_at`
	deleteAlias = `DELETE FROM price_alias WHERE provider = ? AND model = ?`
	selectRates = `SELECT day, cny_per_usd, source FROM price_rate ORDER BY day`
	writeRate   = `INSERT INTO price_rate (day, cny_per_usd, source, made_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET cny_per_usd = excluded.cny_per_usd, source = excluded.source, made_at = excluded.made_at`
	deleteRate = `DELETE FROM price_rate WHERE day = ?`
)

func (p *Prices) readAliases(ctx context.Context) ([]billing.Alias, error) {
	rows, err := p.st.Read().QueryContext(ctx, selectAliases)
	if err != nil {
		return nil, fmt.Errorf("read aliases: %w", err)
	}
	defer rows.Close()
	var all []billing.Alias
	for rows.Next() {
		var a billing.Alias
		if err := rows.Scan(&a.Provider, &a.Model, &a.LikeProvider, &a.LikeModel); err != nil {
			return nil, fmt.Errorf("read an alias: %w", err)
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// SetAlias makes a model cost what another one does. A model with a price of its own needs none,
// and the other one must have one itself.
func (p *Prices) SetAlias(ctx context.Context, a billing.Alias) error {
	p.change.Lock()
	defer p.change.Unlock()
	s := *p.snapshot.Load()
	a, err := s.alias(a, p.now())
	if err != nil {
		return err
	}
	s.aliases = withAlias(s.aliases, a)
	err = p.put(ctx, s, func(tx *store.Tx) error {
		_, err := tx.Exec(writeAlias, a.Provider, strings.ToLower(a.Model), a.Model, a.LikeProvider, a.LikeModel, p.now().UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("set an alias: %w", err)
	}
	return nil
}

// alias checks an alias, and names its provider as the book does.
func (s *snapshot) alias(a billing.Alias, at time.Time) (billing.Alias, error) {
	a.Provider, a.Model = billing.ProviderID(a.Provider), strings.TrimSpace(a.Model)
	a.LikeProvider, a.LikeModel = cmp.Or(billing.ProviderID(a.LikeProvider), a.Provider), strings.TrimSpace(a.LikeModel)
	switch {
	case a.Provider == "":
		return a, refuse("provider", i18n.T("error.prices.no_provider"))
	case a.Model == "" || len(a.Model) > mostName:
		return a, refuse("model", i18n.T("error.prices.no_model"))
	case a.LikeModel == "" || len(a.LikeModel) > mostName:
		return a, refuse("like_model", i18n.T("error.prices.no_model"))
	}
	if c, ok := s.book.Find(a.Provider, a.Model, at); ok {
		if _, aliased := s.book.AliasOf(a.Provider, a.Model, at); !aliased {
			return a, refuse("model", i18n.T("error.prices.has_price", "model", a.Model, "card", c.ID))
		}
	}
	_, ok := s.book.Find(a.LikeProvider, a.LikeModel, at)
	if _, aliased := s.book.AliasOf(a.LikeProvider, a.LikeModel, at); !ok || aliased {
		return a, refuse("like_model", i18n.T("error.prices.no_such_price", "model", a.LikeModel, "provider", billing.ProviderName(a.LikeProvider)))
	}
	return a, nil
}

// withAlias returns aliases with one more, in the place of one for the same model.
func withAlias(all []billing.Alias, a billing.Alias) []billing.Alias {
	out := append(withoutAlias(all, a.Provider, a.Model), a)
	slices.SortFunc(out, func(x, y billing.Alias) int {
		return cmp.Or(cmp.Compare(x.Provider, y.Provider), cmp.Compare(strings.ToLower(x.Model), strings.ToLower(y.Model)))
	})
	return out
}

func withoutAlias(all []billing.Alias, provider, model string) []billing.Alias {
	return slices.DeleteFunc(slices.Clone(all), func(a billing.Alias) bool { return a.Provider == provider && strings.EqualFold(a.Model, model) })
}

// RemoveAlias takes an alias away: from then on the model has no price again.
func (p *Prices) RemoveAlias(ctx context.Context, provider, model string) error {
	p.change.Lock()
	defer p.change.Unlock()
	s := *p.snapshot.Load()
	provider, model = billing.ProviderID(provider), strings.TrimSpace(model)
	left := withoutAlias(s.aliases, provider, model)
	if len(left) == len(s.aliases) {
		return notFound(i18n.T("error.prices.no_alias", "model", model))
	}
	s.aliases = left
	err := p.put(ctx, s, func(tx *store.Tx) error {
		_, err := tx.Exec(deleteAlias, provider, strings.ToLower(model))
		return err
	})
	if err != nil {
		return fmt.Errorf("remove an alias: %w", err)
	}
	return nil
}

func (p *Prices) readRates(ctx context.Context) ([]billing.Rate, error) {
	rows, err := p.st.Read().QueryContext(ctx, selectRates)
	if err != nil {
		return nil, fmt.Errorf("read rates of exchange: %w", err)
	}
	defer rows.Close()
	var all []billing.Rate
	for rows.Next() {
		var r billing.Rate
		if err := rows.Scan(&r.Day, &r.CNYPerUSD, &r.Source); err != nil {
			return nil, fmt.Errorf("read a rate of exchange: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// SetRate enters what a dollar cost in yuan on a day; an empty rate takes the day's away. Calls
// that were priced keep their price.
func (p *Prices) SetRate(ctx context.Context, day, cnyPerUSD, source string) error {
	p.change.Lock()
	defer p.change.Unlock()
	s := *p.snapshot.Load()
	r := billing.Rate{Day: strings.TrimSpace(day), CNYPerUSD: strings.TrimSpace(cnyPerUSD), Source: cmp.Or(strings.TrimSpace(source), i18n.T("error.prices.by_you"))}
	left := slices.DeleteFunc(slices.Clone(s.rates), func(o billing.Rate) bool { return o.Day == r.Day })
	if r.CNYPerUSD == "" && len(left) == len(s.rates) {
		return notFound(i18n.T("error.prices.no_rate_of_day", "day", r.Day))
	}
	if r.CNYPerUSD != "" {
		if err := checkExchange(r, p.now()); err != nil {
			return err
		}
		left = append(left, r)
		slices.SortFunc(left, func(a, b billing.Rate) int { return cmp.Compare(a.Day, b.Day) })
	}
	s.rates = left
	err := p.put(ctx, s, func(tx *store.Tx) error {
		if r.CNYPerUSD == "" {
			_, err := tx.Exec(deleteRate, r.Day)
			return err
		}
		_, err := tx.Exec(writeRate, r.Day, r.CNYPerUSD, r.Source, p.now().UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("set a rate of exchange: %w", err)
	}
	return nil
}

// checkExchange refuses a rate of exchange by its field.
func checkExchange(r billing.Rate, now time.Time) error {
	day, err := time.Parse(time.DateOnly, r.Day)
	if err != nil || day.Before(firstDay) || day.After(now.UTC().AddDate(0, 0, 1)) {
		return refuse("day", i18n.T("error.prices.rate_day", "day", r.Day))
	}
	if len(r.Source) > mostNote {
		return refuse("source", i18n.T("error.prices.long_source", "most", mostNote))
	}
	if r.Check() != nil {
		return refuse("cny_per_usd", i18n.T("error.prices.exchange", "rate", r.CNYPerUSD))
	}
	return nil
}
