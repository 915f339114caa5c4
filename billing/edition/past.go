package edition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/billing"
)

// Follow refuses an edition that would rewrite what the layers before it say of the time before
// the edition's day: a price of the past is changed by a correction only, and no card or term
// that ever held is left out.
func (e *Edition) Follow(before billing.Layers) error {
	was, err := billing.NewBook(billing.Layers{Catalogue: before.Catalogue, Overlay: before.Overlay, Terms: before.Terms, Exchange: before.Exchange})
	if err != nil {
		return err
	}
	p := past{e: e, was: was, old: cardsOf(before), until: e.day()}
	for _, step := range []func(billing.Layers) error{p.cards, p.terms, p.rates} {
		if err := step(before); err != nil {
			return err
		}
	}
	return nil
}

// past compares an edition with what was before.
type past struct {
	e     *Edition
	was   *billing.Book
	old   map[string]billing.Card
	until time.Time // the edition's day: before it nothing may change
}

func cardsOf(l billing.Layers) map[string]billing.Card {
	all := map[string]billing.Card{}
	for _, text := range [][]byte{l.Catalogue, l.Overlay} {
		for c := range values[billing.Card](text) {
			all[c.ID] = c
		}
	}
	return all
}

func (p *past) cards(billing.Layers) error {
	now := cardsOf(p.e.Layers(billing.Layers{}))
	for _, c := range now {
		if !p.e.corrected[c.ID] && p.rewrites(c) {
			return &Fault{Code: Rewrites, About: c.ID}
		}
	}
	for id, o := range p.old {
		if _, kept := now[id]; !kept && o.ValidFrom.Before(p.until) {
			return &Fault{Code: Rewrites, About: id, Detail: "it is left out"}
		}
	}
	return nil
}

// rewrites says whether a card gives a model another price for a time that is over.
func (p *past) rewrites(c billing.Card) bool {
	o, had := p.old[c.ID]
	if had && sameUntil(o, c, p.until) {
		return !contains(c, o) || slices.ContainsFunc(names(c), func(name string) bool { return !isNamed(o, name) && p.priced(c, name) })
	}
	if had && o.ValidFrom.Before(p.until) {
		return true
	}
	return c.ValidFrom.Before(p.until) && slices.ContainsFunc(names(c), func(name string) bool { return p.priced(c, name) })
}

// priced says whether a name had a price before, in a part of the past in which a card holds.
func (p *past) priced(c billing.Card, name string) bool {
	end := p.until
	if !c.ValidTo.IsZero() && c.ValidTo.Before(end) {
		end = c.ValidTo
	}
	if !c.ValidFrom.Before(end) {
		return false
	}
	if _, ok := p.was.Find(c.Provider, name, end.Add(-time.Millisecond)); ok {
		return true
	}
	for _, o := range p.old {
		if o.Provider == c.Provider && isNamed(o, name) && o.ValidFrom.Before(end) && (o.ValidTo.IsZero() || c.ValidFrom.Before(o.ValidTo)) {
			return true
		}
	}
	return false
}

func names(c billing.Card) []string { return append([]string{c.Model}, c.Aliases...) }

func isNamed(c billing.Card, name string) bool {
	return slices.ContainsFunc(names(c), func(n string) bool { return strings.EqualFold(n, name) })
}

// contains says whether a card has all the names of another.
func contains(c, o billing.Card) bool {
	return !slices.ContainsFunc(names(o), func(name string) bool { return !isNamed(c, name) })
}

// sameUntil says whether two cards charge the same until an instant. To end a price from then on is no change.
func sameUntil(a, b billing.Card, until time.Time) bool {
	cut := func(end time.Time) time.Time {
		if end.IsZero() || end.After(until) {
			return until
		}
		return end
	}
	return cut(a.ValidTo).Equal(cut(b.ValidTo)) && bytes.Equal(core(a), core(b))
}

// core is what a card charges, without its names, its end and where it is from.
func core(c billing.Card) []byte {
	c.Aliases, c.ValidTo, c.Source, c.URL, c.CheckedOn = nil, time.Time{}, "", "", ""
	c.ValidFrom, c.Rates = c.ValidFrom.UTC(), plain(c.Rates)
	c.Tiers = slices.Clone(c.Tiers)
	for i := range c.Tiers {
		c.Tiers[i].Rates = plain(c.Tiers[i].Rates)
	}
	return marshal(c)
}

// plain writes each rate in one way: 3 and 3.0 are the same.
func plain(rates billing.Rates) billing.Rates {
	out := billing.Rates{}
	for what, text := range rates {
		out[what] = amount(text).String()
	}
	return out
}

// marshal writes a value that always can be written.
func marshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Appendf(nil, "%#v", v)
	}
	return text
}

// A dated is what the past needs to know of a term.
type dated struct {
	ID   string
	From time.Time
	To   time.Time
	Core []byte // all of it but its end and where it is from
}

// datedOf reads terms, in the order in which they stand.
func datedOf(text []byte) map[string]dated {
	all := map[string]dated{}
	for fields := range values[map[string]json.RawMessage](text) {
		var d struct {
			ID   string    `json:"id"`
			From time.Time `json:"valid_from"`
			To   time.Time `json:"valid_to"`
		}
		if err := json.Unmarshal(marshal(fields), &d); err != nil {
			continue // the book has read it
		}
		for _, aside := range []string{"source", "url", "checked_on", "valid_to"} {
			delete(fields, aside)
		}
		all[d.ID] = dated{d.ID, d.From, d.To, marshal(fields)}
	}
	return all
}

func (p *past) terms(before billing.Layers) error {
	old, now := datedOf(before.Terms), datedOf(p.e.Terms)
	for id, t := range now {
		o, had := old[id]
		same := had && bytes.Equal(o.Core, t.Core) && sameEnd(o.To, t.To, p.until)
		if !same && !p.e.corrected[id] && (t.From.Before(p.until) || had && o.From.Before(p.until)) {
			return &Fault{Code: Rewrites, About: id}
		}
	}
	for id, o := range old {
		if _, kept := now[id]; !kept && o.From.Before(p.until) {
			return &Fault{Code: Rewrites, About: id, Detail: "it is left out"}
		}
	}
	return nil
}

func sameEnd(a, b, until time.Time) bool {
	open := func(t time.Time) bool { return t.IsZero() || !t.Before(until) }
	return open(a) && open(b) || a.Equal(b)
}

// rates refuses other rates of exchange for days that had one. A day that had none may get one.
func (p *past) rates(before billing.Layers) error {
	now := map[string]billing.Rate{}
	for r := range values[billing.Rate](p.e.Exchange) {
		now[r.Day] = r
	}
	for o := range values[billing.Rate](before.Exchange) {
		r, kept := now[o.Day]
		if kept && amount(r.CNYPerUSD).Equal(amount(o.CNYPerUSD)) || p.e.corrected[o.Day] {
			continue
		}
		return &Fault{Code: Rewrites, About: o.Day}
	}
	return nil
}
