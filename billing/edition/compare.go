package edition

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"weir/billing"
)

// Kinds of changes.
const (
	NewModel   = "new_model"  // it had no price
	NewPrice   = "new_price"  // from a day on
	Correction = "correction" // of a price of the past
	Ended      = "ended"      // a price gets an end
	Gone       = "gone"       // a price that never held is left out
	Names      = "names"      // further ids at the same price
)

// A Change is what an edition changes of one model's price.
type Change struct {
	Kind   string
	List   string
	Model  string
	Card   string
	From   time.Time // since when the price holds; zero: since ever
	To     time.Time // until when; zero: open
	Window *billing.Window
	Rates  []RateChange
	Names  []string // new ones
}

// A RateChange is one rate before and after. Empty: there is none.
type RateChange struct {
	What     string
	Tier     string // of longer prompts: ">200000"; empty: the usual rate
	Currency string // empty: dollars
	Old, New string
	Jump     bool // to more than three times, or less than a third
}

// A TermChange is a condition that is new, changed or gone.
type TermChange struct{ Kind, ID string }

// Jumps says whether any rate changes more than threefold.
func (c Change) Jumps() bool {
	return slices.ContainsFunc(c.Rates, func(r RateChange) bool { return r.Jump })
}

// Compare returns what a catalogue changes of another one, by model.
func Compare(before, after billing.Layers) ([]Change, error) {
	was, err := billing.NewBook(billing.Layers{Catalogue: before.Catalogue, Overlay: before.Overlay})
	if err != nil {
		return nil, fmt.Errorf("read the catalogue before: %w", err)
	}
	old, now := cardsOf(before), cardsOf(after)
	var all []Change
	for _, id := range slices.Sorted(maps.Keys(now)) {
		c := now[id]
		o, had := old[id]
		switch {
		case had && sameUntil(o, c, latest):
			if more := slices.DeleteFunc(names(c), func(name string) bool { return isNamed(o, name) }); len(more) > 0 {
				all = append(all, changeOf(Names, c, nil, more))
			}
		case had && bytes.Equal(core(o), core(c)):
			all = append(all, changeOf(Ended, c, nil, nil))
		case had:
			all = append(all, changeOf(Correction, c, rateChanges(o, c), nil))
		default:
			o, had := was.Find(c.Provider, c.Model, heldAt(c))
			kind := NewPrice
			if !had {
				kind = NewModel
			}
			all = append(all, changeOf(kind, c, rateChanges(o, c), nil))
		}
	}
	for id, o := range old {
		if _, kept := now[id]; !kept {
			all = append(all, changeOf(Gone, o, rateChanges(o, billing.Card{}), nil))
		}
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.List, b.List), cmp.Compare(strings.ToLower(a.Model), strings.ToLower(b.Model)), a.From.Compare(b.From), cmp.Compare(a.Card, b.Card))
	})
	return all, nil
}

// latest is after every instant that a card could end at.
var latest = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// heldAt is an instant at which a card holds, its window apart.
func heldAt(c billing.Card) time.Time {
	switch {
	case !c.ValidFrom.IsZero():
		return c.ValidFrom
	case !c.ValidTo.IsZero():
		return c.ValidTo.Add(-time.Millisecond)
	}
	return latest
}

func changeOf(kind string, c billing.Card, rates []RateChange, more []string) Change {
	return Change{Kind: kind, List: c.Provider, Model: c.Model, Card: c.ID, From: c.ValidFrom, To: c.ValidTo, Window: c.Window, Rates: rates, Names: more}
}

// rateChanges are the rates that differ, the usual ones first.
func rateChanges(o, c billing.Card) (all []RateChange) {
	all = diff("", o.Currency, c.Currency, o.Rates, c.Rates)
	tiers := map[string][2]billing.Rates{}
	for i, card := range []billing.Card{o, c} {
		for _, t := range card.Tiers {
			name := fmt.Sprint(t.Op, t.Prompt)
			pair := tiers[name]
			pair[i] = t.Rates
			tiers[name] = pair
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tiers)) {
		all = append(all, diff(name, o.Currency, c.Currency, tiers[name][0], tiers[name][1])...)
	}
	return all
}

func diff(tier, oldCurrency, currency string, old, now billing.Rates) (all []RateChange) {
	same := dollars(oldCurrency) == dollars(currency)
	for _, what := range billing.Charged() {
		a, b := old[what], now[what]
		if a == b || same && a != "" && b != "" && amount(a).Equal(amount(b)) {
			continue
		}
		all = append(all, RateChange{What: what, Tier: tier, Currency: currency, Old: a, New: b, Jump: a != "" && b != "" && jumps(amount(a), amount(b))})
	}
	return all
}

func dollars(currency string) string { return cmp.Or(currency, "USD") }

// jumps says whether one of two amounts is more than three times the other.
func jumps(a, b decimal.Decimal) bool {
	three := decimal.NewFromInt(3)
	return a.GreaterThan(b.Mul(three)) || b.GreaterThan(a.Mul(three))
}

// CompareTerms returns which conditions differ.
func CompareTerms(before, after billing.Layers) (all []TermChange) {
	old, now := datedOf(before.Terms), datedOf(after.Terms)
	for _, id := range slices.Sorted(maps.Keys(now)) {
		switch o, had := old[id]; {
		case !had:
			all = append(all, TermChange{NewPrice, id})
		case !bytes.Equal(o.Core, now[id].Core):
			all = append(all, TermChange{Correction, id})
		case !o.To.Equal(now[id].To):
			all = append(all, TermChange{Ended, id})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		if _, kept := now[id]; !kept {
			all = append(all, TermChange{Gone, id})
		}
	}
	return all
}
