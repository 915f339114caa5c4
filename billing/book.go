package billing

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:embed book/catalog.jsonl
var catalogText []byte

//go:embed book/overlay.jsonl
var overlayText []byte

//go:embed book/terms.jsonl
var termsText []byte

// A Book holds the prices of models at providers, past and present. It never changes.
type Book struct {
	cards  []Card
	terms  []term
	rates  []Rate // of exchange, by day
	byName map[nameKey][]int
	byID   map[string]int
	date   string
}

// A nameKey is an exact id, in lower case, in one price list.
type nameKey struct{ list, model string }

// ShippedBook reads the price book inside the program: the imported catalogue,
// and over it the cards and terms that are kept by hand.
func ShippedBook() (*Book, error) {
	cards, err := parseCards(make([]Card, 0, bytes.Count(catalogText, []byte("\n"))+bytes.Count(overlayText, []byte("\n"))+2), catalogText, false)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	cards, err = parseCards(cards, overlayText, true)
	if err != nil {
		return nil, fmt.Errorf("read the overlay: %w", err)
	}
	terms, err := parseTerms(termsText)
	if err != nil {
		return nil, fmt.Errorf("read the terms: %w", err)
	}
	rates, err := shippedRates()
	if err != nil {
		return nil, fmt.Errorf("read the rates of exchange: %w", err)
	}
	return newBook(cards, terms, rates)
}

func newBook(cards []Card, terms []term, rates []Rate) (*Book, error) {
	rates, err := readyRates(rates)
	if err != nil {
		return nil, err
	}
	b := &Book{cards: cards, terms: terms, rates: rates, byName: map[nameKey][]int{}, byID: map[string]int{}}
	for i := range cards {
		cards[i].ready(terms)
		c := &cards[i]
		if other, taken := b.byID[c.ID]; taken {
			return nil, fmt.Errorf("price card %q is there twice (models %q and %q)", c.ID, cards[other].Model, c.Model)
		}
		b.byID[c.ID] = i
		b.date = max(b.date, c.CheckedOn)
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
// either being the more special one.
func rivals(a, b *Card) bool {
	if a.byHand != b.byHand || (a.Window == nil) != (b.Window == nil) {
		return false
	}
	apart := !a.ValidTo.IsZero() && !b.ValidFrom.Before(a.ValidTo) || !b.ValidTo.IsZero() && !a.ValidFrom.Before(b.ValidTo)
	if apart || a.Window == nil {
		return !apart
	}
	return a.Window.meets(*b.Window)
}

// Card returns the card with an id.
func (b *Book) Card(id string) (Card, bool) {
	i, ok := b.byID[id]
	if !ok {
		return Card{}, false
	}
	return b.cards[i], true
}

// Date is the day on which the newest card was checked, such as "2026-09-23".
func (b *Book) Date() string { return b.date }

// Known says whether a model has a price at an instant, or needs none.
func (b *Book) Known(provider, model string, at time.Time) bool {
	if v, _, _ := vendorOf(provider); v.free != "" {
		return true
	}
	_, ok := b.find(provider, model, at)
	return ok
}

// Models lists the exact ids that have a price of a provider's own at an instant, sorted.
func (b *Book) Models(provider string, at time.Time) []string {
	v, _, _ := vendorOf(provider)
	var names []string
	for i := range b.cards {
		if c := &b.cards[i]; c.Provider == v.lists[0] && c.holds(at) {
			names = append(names, c.names()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
