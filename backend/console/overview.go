package console

import (
	"cmp"
	"context"
	"math"
	"math/big"
	"time"

	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// Sums add up the settled calls of a span. Amounts are decimal dollars; spent_usd is what was
// charged, and knows nothing of the unpriced calls.
type Sums struct {
	SpentUSD        string     `json:"spent_usd"`
	WithoutCacheUSD string     `json:"without_cache_usd"` // what the calls that could be compared would have cost
	SavedUSD        string     `json:"saved_usd"`         // of the same calls; negative when the cache cost more than it saved
	Calls           int64      `json:"calls"`             // settled ones
	UnpricedCalls   int64      `json:"unpriced_calls"`
	EstimatedCalls  int64      `json:"estimated_calls"` // charged by an estimate or in part
	FailedCalls     int64      `json:"failed_calls"`    // released, or cut by the upstream
	RefusedCalls    int64      `json:"refused_calls"`
	Tokens          TokenSplit `json:"tokens"`
	HitPermille     *int       `json:"hit_permille"` // cache reads of all input; null without input
}

// A TokenSplit parts tokens by how they are charged.
type TokenSplit struct {
	Fresh        int64 `json:"fresh"`
	CacheRead    int64 `json:"cache_read"`
	CacheWrite5m int64 `json:"cache_write_5m"` // with those of an unknown lifetime
	CacheWrite1h int64 `json:"cache_write_1h"` // and longer
	Output       int64 `json:"output"`
}

// A Share is what one model, key or provider has of a span's sums.
type Share struct {
	ID   string `json:"id"` // the model's name, the key's or the channel's id; empty: everything else
	Name string `json:"name"`
	Sums
}

// A Series is a Share over the span's slots.
type Series struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Points []string `json:"points"` // dollars spent in each slot
}

// A Timeline is a span cut into slots, in order.
type Timeline struct {
	Step         string   `json:"step" ts:"'hour' | 'day'"`
	Slots        []string `json:"slots"`         // when each begins
	Series       []Series `json:"series"`        // the largest first; the last may stand for the rest
	WithoutCache []string `json:"without_cache"` // dollars in each slot: what was spent, and what the cache saved as far as that is known
}

// A MonthView is the running month of the account.
type MonthView struct {
	StartsAt      string  `json:"starts_at"`
	EndsAt        string  `json:"ends_at"`
	SpentUSD      string  `json:"spent_usd"`
	ProjectedUSD  *string `json:"projected_usd"` // at the month's pace so far; null in its first day
	UnpricedCalls int64   `json:"unpriced_calls"`
	Budget        *Limit  `json:"budget"` // the account's dollar limit for a month
}

// An Attention is something that a person should look at.
type Attention struct {
	Kind     string  `json:"kind" ts:"'unpriced' | 'limit' | 'burn' | 'provider' | 'keychain' | 'storage' | 'paused' | 'port'"`
	Grave    bool    `json:"grave"`
	ID       string  `json:"id"`   // the model, the key, the group or the channel
	Name     string  `json:"name"` // what people call it
	Count    int64   `json:"count"`
	Permille int     `json:"permille"` // of the limit, what is spent and held
	Limit    *Limit  `json:"limit"`
	Burn     *Burn   `json:"burn"`
	Message  *string `json:"message"`
}

// An Overview is what overview.get answers for a span.
type Overview struct {
	From      string      `json:"from"`
	To        string      `json:"to"`
	Zone      string      `json:"zone"` // IANA, whose days these are
	Simulated bool        `json:"simulated"`
	Total     Sums        `json:"total"`
	Before    *Sums       `json:"before"` // the span of the same length just before; for today, yesterday until this time
	Month     MonthView   `json:"month"`
	Timeline  Timeline    `json:"timeline"`
	Models    []Share     `json:"models"` // the largest first
	Keys      []Share     `json:"keys"`
	Providers []Share     `json:"providers"`
	Limits    []KeyLimit  `json:"limits"` // of every key and of the account, the fullest first
	Attention []Attention `json:"attention"`
}

// A KeyLimit is a limit with whose it is.
type KeyLimit struct {
	KeyID    *string `json:"key_id"`
	GroupID  *string `json:"group_id"` // null like the key's: the account's
	Name     string  `json:"name"`
	Permille int     `json:"permille"`
	Limit    Limit   `json:"limit"`
}

// OverviewOf is what overview.get takes: a span, by what its timeline is stacked, and the zone
// whose days count. Without them, it is the ledger's today, by model.
type OverviewOf struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	By   string     `json:"by,omitempty"`
	Zone string     `json:"zone,omitempty"` // IANA; one that is not known is the ledger's own
}

func (c *Console) overview(ctx context.Context, a OverviewOf) (Overview, error) {
	now, days := c.Ledger.Now(), c.Ledger.Calendar(a.Zone)
	span, err := spanOf(a, now, days)
	if err != nil {
		return Overview{}, err
	}
	of, ok := c.groupings()[cmp.Or(a.By, "model")]
	if !ok {
		return Overview{}, invalid("by", i18n.T("error.console.by"))
	}
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return Overview{}, err
	}
	step, slots := steps(span, days)
	parts, err := c.Ledger.Parts(ctx, slots, !real)
	if err != nil {
		return Overview{}, err
	}
	v := Overview{From: stamp(span.From), To: stamp(span.To), Zone: days.Zone, Simulated: !real, Total: viewSums(ledger.Total(parts))}
	if v.Before, err = c.before(ctx, span, now, days, !real); err != nil {
		return Overview{}, err
	}
	if v.Limits, err = c.keyLimits(ctx, !real); err != nil {
		return Overview{}, err
	}
	if v.Month, err = c.month(ctx, now, days, v.Limits, !real); err != nil {
		return Overview{}, err
	}
	if err := c.share(ctx, &v, parts); err != nil {
		return Overview{}, err
	}
	v.Timeline, err = c.timeline(ctx, step, slots, parts, of)
	v.Attention = c.attention(parts, v.Limits)
	return v, err
}

const longestSpan = 400 * 24 * time.Hour

// spanOf returns the quarter hours that are asked for.
func spanOf(a OverviewOf, now time.Time, days ledger.Calendar) (ledger.Slot, error) {
	s := days.Window(gateway.Day, now)
	if a.To != nil {
		s.To = *a.To
		s.From = days.Window(gateway.Day, a.To.Add(-time.Millisecond)).From
	}
	if a.From != nil {
		s.From = *a.From
	}
	if !s.From.Before(s.To) {
		return s, invalid("to", i18n.T("error.console.span_ends"))
	}
	if s.To.Sub(s.From) > longestSpan {
		return s, invalid("from", i18n.T("error.console.span_long"))
	}
	return s.Whole(), nil
}

// steps cuts a span of up to two days into hours, a longer one into days.
func steps(s ledger.Slot, days ledger.Calendar) (step string, slots []ledger.Slot) {
	if s.To.After(days.Shift(s.From, 2)) {
		return "day", days.Days(s)
	}
	return "hour", days.Hours(s)
}

// before adds up what a span is compared with: as much time as has passed of it, just before
// it; for a running day, the day before until the same time. It is nil for a span to come.
func (c *Console) before(ctx context.Context, s ledger.Slot, now time.Time, days ledger.Calendar, simulated bool) (*Sums, error) {
	runs := now.Before(s.To)
	end := s.To
	if runs {
		end = now
	}
	if !s.From.Before(end) {
		return nil, nil
	}
	earlier := ledger.Slot{From: s.From.Add(s.From.Sub(end)), To: s.From}
	today := days.Window(gateway.Day, now)
	if s.From.Equal(today.From) && !s.To.After(today.To) || runs && s.To.Equal(days.Shift(s.From, 1)) {
		earlier = ledger.Slot{From: days.Shift(s.From, -1), To: days.Shift(end, -1)}
	}
	sums, err := c.Ledger.Sums(ctx, earlier, simulated)
	if err != nil {
		return nil, err
	}
	v := viewSums(sums)
	return &v, nil
}

func (c *Console) month(ctx context.Context, now time.Time, days ledger.Calendar, limits []KeyLimit, simulated bool) (MonthView, error) {
	m := days.Window(gateway.Month, now)
	spent, unpriced, err := c.Ledger.Charged(ctx, m, simulated)
	v := MonthView{StartsAt: stamp(m.From), EndsAt: stamp(m.To), SpentUSD: spent.String(), UnpricedCalls: unpriced}
	if !now.Before(days.Shift(m.From, 1)) {
		projected := projection(spent, now.Sub(m.From), m.To.Sub(m.From)).String()
		v.ProjectedUSD = &projected
	}
	for _, l := range limits {
		if l.KeyID == nil && l.GroupID == nil && l.Limit.Unit == string(gateway.USD) && l.Limit.Window == string(gateway.Month) {
			v.Budget = &l.Limit
		}
	}
	return v, err
}

// projection is what is spent in a whole at the pace of its part.
func projection(spent billing.Money, part, whole time.Duration) billing.Money {
	n := big.NewInt(spent.Pico())
	n.Mul(n, big.NewInt(whole.Milliseconds()))
	n.Quo(n, big.NewInt(part.Milliseconds()))
	if !n.IsInt64() {
		return billing.Pico(math.MaxInt64)
	}
	return billing.Pico(n.Int64())
}

func viewSums(s ledger.Sums) Sums {
	return Sums{SpentUSD: s.Charged.String(), WithoutCacheUSD: s.WithoutCache.String(), SavedUSD: s.Saved().String(),
		Calls: s.Calls, UnpricedCalls: s.Unpriced, EstimatedCalls: s.Estimated, FailedCalls: s.Failed, RefusedCalls: s.Refused,
		Tokens:      tokenSplit(s),
		HitPermille: permille(s.CacheRead, s.Fresh+s.CacheRead+s.CacheWrite5m+s.CacheWrite1h)}
}

func tokenSplit(s ledger.Sums) TokenSplit {
	return TokenSplit{Fresh: s.Fresh, CacheRead: s.CacheRead, CacheWrite5m: s.CacheWrite5m, CacheWrite1h: s.CacheWrite1h, Output: s.Output}
}

// permille is a part of a whole, rounded down so that only all of it is 1000; null of nothing.
func permille(part, whole int64) *int {
	if whole <= 0 {
		return nil
	}
	n := big.NewInt(part)
	n.Mul(n, big.NewInt(1000))
	n.Div(n, big.NewInt(whole))
	share := math.MaxInt32
	if n.IsInt64() {
		share = int(min(n.Int64(), math.MaxInt32))
	}
	return &share
}
