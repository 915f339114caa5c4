package console

import (
	"context"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/frontend/src/i18n"
)

// A Glance is what a tray has room for.
type Glance struct {
	SpentTodayUSD      string          `json:"spent_today_usd"`
	SpentMonthUSD      string          `json:"spent_month_usd"`
	SavedTodayUSD      *string         `json:"saved_today_usd"`      // null: of no call it is known
	SavedTodayPermille *int            `json:"saved_today_permille"` // of what the same calls would have cost without a cache
	UnpricedToday      int64           `json:"unpriced_today"`
	UnpricedMonth      int64           `json:"unpriced_month"`
	Simulated          bool            `json:"simulated"`
	Quotas             []GlanceQuota   `json:"quotas"`   // the worst first
	Balances           []GlanceBalance `json:"balances"` // what is left at the providers that tell it
	Burning            []Burn          `json:"burning"`  // what spends much faster than usual
	LastCall           *Call           `json:"last_call"`
	Running            int64           `json:"running"`
	Paused             bool            `json:"paused"`
	Healthy            bool            `json:"healthy"`
	Door               Door            `json:"door"`
}

// A GlanceQuota is the fullest limit of an active key, of a group or of the account.
type GlanceQuota struct {
	KeyID    *string `json:"key_id"`
	GroupID  *string `json:"group_id"` // null like the key's: the account's
	Name     string  `json:"name"`
	Limit    *Limit  `json:"limit"` // null: the account has no budget
	Permille int     `json:"permille"`
	Near     bool    `json:"near"`  // four fifths of it are used
	Grave    bool    `json:"grave"` // all of it is used, and it refuses calls
}

// Glance sums up in a few quick queries what a person wants to know without opening a window.
func (c *Console) Glance(ctx context.Context) (Glance, error) {
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Glance{}, err
	}
	g := Glance{Simulated: !real, Running: c.Ledger.Running(), Paused: c.Relay.Paused(), Door: c.door(), Burning: c.burning()}
	g.Healthy, _ = c.Ledger.Healthy()
	if err := c.glanceSums(ctx, &g); err != nil {
		return Glance{}, err
	}
	limits, err := c.keyLimits(ctx, g.Simulated)
	if err != nil {
		return Glance{}, err
	}
	g.Quotas, g.Balances = glanceQuotas(limits), c.glanceBalances()
	last, err := c.Ledger.Calls(ctx, ledger.Filter{Limit: 1})
	if len(last) > 0 {
		v := ViewCall(last[0], c.Prices.Book())
		g.LastCall = &v
	}
	return g, err
}

func (c *Console) glanceSums(ctx context.Context, g *Glance) error {
	now, days := c.Ledger.Now(), c.Ledger.Calendar("")
	today, err := c.Ledger.Sums(ctx, days.Window(gateway.Day, now), g.Simulated)
	if err != nil {
		return err
	}
	month, unpriced, err := c.Ledger.Charged(ctx, days.Window(gateway.Month, now), g.Simulated)
	if err != nil {
		return err
	}
	g.SpentTodayUSD, g.SpentMonthUSD = today.Charged.String(), month.String()
	g.UnpricedToday, g.UnpricedMonth = today.Unpriced, unpriced
	if today.WithoutCache.Pico() > 0 {
		saved := today.Saved()
		g.SavedTodayUSD = usd(&saved)
		g.SavedTodayPermille = permille(saved.Pico(), today.WithoutCache.Pico())
	}
	return nil
}

// glanceQuotas keeps the fullest of each key's limits, of each group's and of the account's, of limits that come
// fullest first; one that refuses calls goes before a fuller one that only warns.
func glanceQuotas(limits []KeyLimit) []GlanceQuota {
	var all []GlanceQuota
	places := map[string]int{}
	for _, l := range limits {
		q := GlanceQuota{l.KeyID, l.GroupID, l.Name, &l.Limit, l.Permille, l.Permille >= nearLimit, l.Permille >= atLimit && l.Limit.Hard}
		at, seen := places[l.owner()]
		switch {
		case !seen:
			places[l.owner()] = len(all)
			all = append(all, q)
		case q.Grave && !all[at].Grave:
			all[at] = q
		}
	}
	if _, seen := places[""]; !seen {
		all = append(all, GlanceQuota{Name: i18n.T("account")})
	}
	return all
}

func (c *Console) glance(ctx context.Context, _ none) (Glance, error) { return c.Glance(ctx) }
