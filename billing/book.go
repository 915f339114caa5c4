package billing

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// A Book holds the prices of models at providers, past and present. It never changes.
type Book struct {
	cards   []Card
	terms   []term
	rates   []Rate // of exchange, by day
	byName  map[nameKey][]int
	byID    map[string]int
	former  map[string]Card   // cards that price nothing any more; old bills name them
	aliases map[nameKey]Alias // by the provider and model that they are for
	own     map[string]bool   // the lists in which there are cards of the user's
	date    string
	version int64
}

// A nameKey is an exact id, in lower case, in one price list.
type nameKey struct{ list, model string }

func newBook(cards []Card, terms []term, rates []Rate) (*Book, error) {
	rates, err := readyRates(rates)
	if err != nil {
		return nil, err
	}
	b := &Book{cards: cards, terms: terms, rates: rates, byName: map[nameKey][]int{}, byID: map[string]int{}, own: map[string]bool{}}
	claimed := claims(cards)
	for i := range cards {
		cards[i].ready(terms)
		c := &cards[i]
		if other, taken := b.byID[c.ID]; taken {
			return nil, fmt.Errorf("price card %q is there twice (models %q and %q)", c.ID, cards[other].Model, c.Model)
		}
		b.byID[c.ID] = i
		if c.layer == Yours {
			b.own[c.Provider] = true
			b.inherit(i, claimed)
		} else {
			b.date = max(b.date, c.CheckedOn)
		}
		for _, name := range c.names() {
			key := nameKey{c.Provider, strings.ToLower(name)}
			for _, j := range b.byName[key] {
				if rivals(c, &cards[j]) {
					return nil, fmt.Errorf("price cards %q and %q both price %q at the same time", cards[j].ID, c.ID, name)
				}
			}
			b.byName[key] = append(b.byName[key], i)
		}
	}
	return b, nil
}

// rivals says whether two cards for one name could hold at one instant without
// either being the more special one. Of the user's the newer one is.
func rivals(a, b *Card) bool {
	if a.layer != b.layer || (a.Window == nil) != (b.Window == nil) || a.layer == Yours && !a.ValidFrom.Equal(b.ValidFrom) {
		return false
	}
	apart := !a.ValidTo.IsZero() && !b.ValidFrom.Before(a.ValidTo) || !b.ValidTo.IsZero() && !a.ValidFrom.Before(b.ValidTo)
	if apart || a.Window == nil {
		return !apart
	}
	return a.Window.meets(*b.Window)
}

// Card returns the card with an id, also one that prices nothing any more.
func (b *Book) Card(id string) (Card, bool) {
	if i, ok := b.byID[id]; ok {
		return b.cards[i], true
	}
	c, ok := b.former[id]
	return c, ok
}

// Cards are all cards that price something at some time: the catalogue's, the overlay's, the user's.
func (b *Book) Cards() iter.Seq[Card] {
	return func(yield func(Card) bool) {
		for _, c := range b.cards {
			if !yield(c) {
				return
			}
		}
	}
}

// Find returns the card that prices a model at an instant, as a bill would find it.
func (b *Book) Find(provider, model string, at time.Time) (Card, bool) {
	c, ok := b.find(provider, model, at)
	if !ok {
		return Card{}, false
	}
	return *c, true
}

// Version is the number of the catalogue, such as 2026112200: a day and a count within it.
func (b *Book) Version() int64 { return b.version }

// Date is the day on which the newest card of the catalogue was checked, such as "2026-09-23".
func (b *Book) Date() string { return b.date }

// Known says whether a model has a price at an instant, or needs none.
func (b *Book) Known(provider, model string, at time.Time) bool {
	if v, _, _ := vendorOf(provider); v.free != "" {
		return true
	}
	c, ok := b.find(provider, model, at)
	if ok && c.Currency == yuan {
		_, ok = b.Rate(at)
	}
	return ok
}

// Models lists the exact ids that have a price of a provider's own at an instant, sorted.
func (b *Book) Models(provider string, at time.Time) []string {
	v, id, _ := vendorOf(provider)
	var names []string
	for i := range b.cards {
		if c := &b.cards[i]; (c.Provider == v.lists[0] || c.Provider == id) && c.holds(at) {
			names = append(names, c.names()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
