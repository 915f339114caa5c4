package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"weir/backend/ledger"
	"weir/backend/reuse"
	"weir/billing"
)

// A Miss says why a provider's cache did not serve a call, or that there was nothing to be served.
type Miss struct {
	Cause          string   `json:"cause" ts:"'model' | 'channel' | 'provider_key' | 'pause' | 'tools' | 'tools_order' | 'system' | 'setting' | 'message' | 'cache_key' | 'no_mark' | 'lookback' | 'not_kept' | 'first' | 'short'"`
	Causes         []string `json:"causes"`          // all that hold, that one first
	Missed         bool     `json:"missed"`          // false: nothing was there to be read
	Tokens         int64    `json:"tokens"`          // that were not read
	CostUSD        *string  `json:"cost_usd"`        // at most; null: no price is known, or nothing was missed
	BeforeID       *string  `json:"before_id"`       // the call whose prompt a cache should have had
	ExpectedTokens *int64   `json:"expected_tokens"` // that it should have had
	ReadTokens     int64    `json:"read_tokens"`
	IdleMs         *int64   `json:"idle_ms"`       // since it was used last
	LeastLifeMs    *int64   `json:"least_life_ms"` // as long it is promised to be kept
	MostLifeMs     *int64   `json:"most_life_ms"`  // after that it is gone
	Place          *int     `json:"place"`         // which tool, system block or message, from 1
	Block          *int     `json:"block"`         // which block in the message, from 1
	Setting        *string  `json:"setting"`
	Was            *string  `json:"was"` // the model or the provider before
	Blocks         *int     `json:"blocks"`
	LeastTokens    *int64   `json:"least_tokens"` // of what the model keeps at all
}

// A ShownCall is a call with what is known of its cache; null: nothing.
type ShownCall struct {
	Call
	Miss *Miss `json:"miss"`
}

// CacheSums are what caches did in a span. What misses and waste are worth is known since they are watched, and of
// calls with a price.
type CacheSums struct {
	Tokens         TokenSplit `json:"tokens"`
	HitPermille    *int       `json:"hit_permille"`
	SavedUSD       string     `json:"saved_usd"`
	WastedTokens   int64      `json:"wasted_tokens"` // written, and read by nobody within their life
	WastedUSD      string     `json:"wasted_usd"`    // what writing them cost beyond plain input
	Misses         int64      `json:"misses"`        // calls
	MissedTokens   int64      `json:"missed_tokens"`
	MissedUSD      string     `json:"missed_usd"`      // at most
	UnpricedMisses int64      `json:"unpriced_misses"` // of those, calls whose price nobody knows
}

// A CacheShare is what one model, key or assistant has of it.
type CacheShare struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	CacheSums
}

// A CacheCause is what one cause came to.
type CacheCause struct {
	Cause    string `json:"cause"`
	Calls    int64  `json:"calls"`
	Tokens   int64  `json:"tokens"`
	CostUSD  string `json:"cost_usd"`
	Unpriced int64  `json:"unpriced"`
}

// A MissedCall is one of the dearest misses.
type MissedCall struct {
	CallID    string `json:"call_id"`
	StartedAt string `json:"started_at"`
	Model     string `json:"model"`
	KeyID     string `json:"key_id"`
	KeyName   string `json:"key_name"`
	Miss      Miss   `json:"miss"`
}

// A CacheView is what cache.get answers for a span.
type CacheView struct {
	From          string       `json:"from"`
	To            string       `json:"to"`
	Simulated     bool         `json:"simulated"`
	Watched       bool         `json:"watched"`        // missed caches are explained
	WatchedSince  *string      `json:"watched_since"`  // null: they are not
	WaitingTokens int64        `json:"waiting_tokens"` // written, and may still be read
	Total         CacheSums    `json:"total"`
	Models        []CacheShare `json:"models"` // the largest first
	Keys          []CacheShare `json:"keys"`
	Assistants    []CacheShare `json:"assistants"` // keys that no assistant has go by their names
	Causes        []CacheCause `json:"causes"`     // the dearest first
	Dearest       []MissedCall `json:"dearest"`
}

// CacheOf is what cache.get takes: a span. Without it, it is the ledger's today.
type CacheOf struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	Zone string     `json:"zone,omitempty"`
}

const mostMisses = 20

func (c *Console) cache(ctx context.Context, a CacheOf) (CacheView, error) {
	span, err := spanOf(OverviewOf{From: a.From, To: a.To}, c.Ledger.Now(), c.Ledger.Calendar(a.Zone))
	if err != nil {
		return CacheView{}, err
	}
	real, err := c.Ledger.HasReal(ctx)
	if err != nil {
		return CacheView{}, err
	}
	parts, err := c.Ledger.Parts(ctx, []ledger.Slot{span}, !real)
	if err != nil {
		return CacheView{}, err
	}
	v := CacheView{From: stamp(span.From), To: stamp(span.To), Simulated: !real, Watched: c.Reuse.On()}
	since, err := c.Reuse.Since(ctx)
	if err != nil {
		return CacheView{}, err
	}
	v.WatchedSince = stampOrNull(since)
	sums, err := c.Reuse.Sums(ctx, span.From, span.To)
	if err != nil {
		return CacheView{}, err
	}
	if v.WaitingTokens, err = c.Reuse.Waiting(ctx, span.From, span.To); err != nil {
		return CacheView{}, err
	}
	v.Total = cached{parts: parts, sums: sums}.view()
	v.Causes = causes(sums)
	if err := c.cacheShares(ctx, &v, parts, sums); err != nil {
		return CacheView{}, err
	}
	v.Dearest, err = c.dearest(ctx, span)
	return v, err
}

// cached is what the ledger and the watch know of the same calls.
type cached struct {
	parts []ledger.Part
	sums  []reuse.Sum
}

func (d cached) view() CacheSums {
	all := ledger.Total(d.parts)
	v := CacheSums{Tokens: tokenSplit(all), SavedUSD: all.Saved().String(),
		HitPermille: permille(all.CacheRead, all.Fresh+all.CacheRead+all.CacheWrite5m+all.CacheWrite1h)}
	var wasted, missed int64
	for _, s := range d.sums {
		if s.What == reuse.Wasted {
			v.WastedTokens, wasted = v.WastedTokens+s.Tokens, wasted+s.Pico
			continue
		}
		v.Misses, v.MissedTokens, missed = v.Misses+s.Calls, v.MissedTokens+s.Tokens, missed+s.Pico
		v.UnpricedMisses += s.Unpriced
	}
	v.WastedUSD, v.MissedUSD = billing.Pico(wasted).String(), billing.Pico(missed).String()
	return v
}

// input is by what shares are sorted.
func (s CacheSums) input() int64 {
	return s.Tokens.Fresh + s.Tokens.CacheRead + s.Tokens.CacheWrite5m + s.Tokens.CacheWrite1h
}

// cacheShares fills in the lists.
func (c *Console) cacheShares(ctx context.Context, v *CacheView, parts []ledger.Part, sums []reuse.Sum) error {
	assistants, err := c.Setup.Assistants(ctx)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, p := range parts {
		if names[p.KeyID] == "" {
			if names[p.KeyID], err = c.keyName(ctx, p.KeyID); err != nil {
				return err
			}
		}
	}
	of := func(key string) string { return cmp.Or(assistants[key], names[key]) }
	v.Models = cacheShares(parts, sums, func(_, model string) string { return model }, func(id string) string { return id })
	v.Keys = cacheShares(parts, sums, func(key, _ string) string { return key }, func(id string) string { return names[id] })
	v.Assistants = cacheShares(parts, sums, func(key, _ string) string { return of(key) }, func(id string) string { return id })
	return nil
}

// cacheShares adds up by id, the largest first.
func cacheShares(parts []ledger.Part, sums []reuse.Sum, id func(key, model string) string, name func(string) string) []CacheShare {
	by := map[string]*cached{}
	at := func(id string) *cached {
		if by[id] == nil {
			by[id] = &cached{}
		}
		return by[id]
	}
	for _, p := range parts {
		d := at(id(p.KeyID, p.Model))
		d.parts = append(d.parts, p)
	}
	for _, s := range sums {
		d := at(id(s.KeyID, s.Model))
		d.sums = append(d.sums, s)
	}
	shares := []CacheShare{}
	for id, d := range by {
		if s := (CacheShare{ID: id, Name: name(id), CacheSums: d.view()}); s.input() > 0 || s.Misses > 0 {
			shares = append(shares, s)
		}
	}
	slices.SortFunc(shares, func(a, b CacheShare) int {
		return cmp.Or(cmp.Compare(b.input(), a.input()), cmp.Compare(a.ID, b.ID))
	})
	return shares[:min(len(shares), mostShares)]
}

// causes adds up misses by their cause, the dearest first.
func causes(sums []reuse.Sum) []CacheCause {
	type of struct{ calls, tokens, pico, unpriced int64 }
	by := map[string]of{}
	for _, s := range sums {
		if s.What != reuse.Wasted {
			o := by[s.What]
			by[s.What] = of{o.calls + s.Calls, o.tokens + s.Tokens, o.pico + s.Pico, o.unpriced + s.Unpriced}
		}
	}
	names := []string{}
	for name := range by {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].pico, by[a].pico), cmp.Compare(by[b].tokens, by[a].tokens), cmp.Compare(a, b))
	})
	all := []CacheCause{}
	for _, name := range names {
		o := by[name]
		all = append(all, CacheCause{Cause: name, Calls: o.calls, Tokens: o.tokens, CostUSD: billing.Pico(o.pico).String(), Unpriced: o.unpriced})
	}
	return all
}

func (c *Console) dearest(ctx context.Context, span ledger.Slot) ([]MissedCall, error) {
	misses, err := c.Reuse.Dearest(ctx, span.From, span.To, mostMisses)
	if err != nil {
		return nil, err
	}
	all := []MissedCall{}
	for _, m := range misses {
		name, err := c.keyName(ctx, m.KeyID)
		if err != nil {
			return nil, err
		}
		all = append(all, MissedCall{CallID: m.CallID, StartedAt: stamp(m.StartedAt), Model: m.Model, KeyID: m.KeyID, KeyName: name,
			Miss: *c.viewMiss(ctx, &m.Explanation)})
	}
	return all, nil
}

// viewMiss returns an explanation as scripts and pages see it.
func (c *Console) viewMiss(ctx context.Context, e *reuse.Explanation) *Miss {
	v := &Miss{Cause: string(e.Cause), Causes: []string{}, Missed: e.Cause.Miss(), Tokens: e.Tokens, BeforeID: orNull(e.Before),
		ExpectedTokens: orNull(e.Expected), ReadTokens: e.Read, IdleMs: orNull(e.IdleMs), LeastLifeMs: orNull(e.LeastMs), MostLifeMs: orNull(e.MostMs),
		Place: orNull(e.Place), Block: orNull(e.Block), Setting: orNull(e.Setting), Was: orNull(e.Was), Blocks: orNull(e.Blocks), LeastTokens: orNull(e.Least)}
	for _, cause := range e.Causes {
		v.Causes = append(v.Causes, string(cause))
	}
	if e.Pico != nil {
		cost := billing.Pico(*e.Pico)
		v.CostUSD = usd(&cost)
	}
	if name, err := c.channelName(ctx, e.Was); err == nil && e.Cause == reuse.Channel {
		v.Was = &name
	}
	return v
}

// explainCall is a call with what is known of its cache.
func (c *Console) explainCall(ctx context.Context, a byID) (ShownCall, error) {
	call, err := c.Ledger.Call(ctx, a.ID)
	if err != nil {
		return ShownCall{}, err
	}
	shown, err := c.showCall(ctx, a)
	if err != nil {
		return ShownCall{}, err
	}
	e, err := c.Reuse.Explain(ctx, call)
	if err != nil || e == nil {
		return ShownCall{Call: shown}, err
	}
	return ShownCall{Call: shown, Miss: c.viewMiss(ctx, e)}, nil
}
