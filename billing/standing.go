package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Standing is what a model costs at an instant.
type Standing struct {
	Card    Card      // that holds at all hours, or where there is none the one that held last
	Windows []Card    // that hold in its place at certain hours
	Next    time.Time // when another price begins; zero: none is known
	Over    bool      // no price holds: the card is of the past, or of the future
}

// inForce says whether a card holds on an instant's day, its hours apart.
func (c *Card) inForce(at time.Time) bool {
	return !at.Before(c.ValidFrom) && (c.ValidTo.IsZero() || at.Before(c.ValidTo))
}

// Standings are the prices of all models at an instant, sorted by list and model.
func (b *Book) Standings(at time.Time) []Standing {
	models := map[nameKey][]*Card{}
	for i := range b.cards {
		c := &b.cards[i]
		key := nameKey{c.Provider, strings.ToLower(c.Model)}
		models[key] = append(models[key], c)
	}
	all := make([]Standing, 0, len(models))
	for _, cards := range models {
		all = append(all, standing(cards, at))
	}
	slices.SortFunc(all, func(x, y Standing) int {
		return cmp.Or(cmp.Compare(x.Card.Provider, y.Card.Provider), cmp.Compare(strings.ToLower(x.Card.Model), strings.ToLower(y.Card.Model)))
	})
	return all
}

// Standing is the price of one model of a list, by its exact id. ok is false where there never was one.
func (b *Book) Standing(list, model string, at time.Time) (s Standing, ok bool) {
	cards := b.of(list, model)
	if len(cards) == 0 {
		return s, false
	}
	return standing(cards, at), true
}

// of are the cards of a model of a list, by its exact id.
func (b *Book) of(list, model string) []*Card {
	var cards []*Card
	for i := range b.cards {
		if c := &b.cards[i]; c.Provider == list && strings.EqualFold(c.Model, model) {
			cards = append(cards, c)
		}
	}
	return cards
}

func standing(cards []*Card, at time.Time) (s Standing) {
	var best *Card
	for _, c := range cards {
		if c.inForce(at) && c.Window == nil && (best == nil || c.outranks(best)) {
			best = c
		}
	}
	for _, c := range cards {
		if c.inForce(at) && c.Window != nil && (best == nil || c.layer >= best.layer) {
			s.Windows = append(s.Windows, *c)
		}
		if c.ValidFrom.After(at) && (s.Next.IsZero() || c.ValidFrom.Before(s.Next)) && (best == nil || c.layer >= best.layer) {
			s.Next = c.ValidFrom
		}
	}
	s.Over = best == nil && len(s.Windows) == 0
	if best == nil {
		best = slices.MaxFunc(cards, func(x, y *Card) int {
			return cmp.Or(-cmp.Compare(order(x.ValidFrom.After(at)), order(y.ValidFrom.After(at))), x.ValidFrom.Compare(y.ValidFrom), cmp.Compare(x.layer, y.layer))
		})
	}
	s.Card = *best
	return s
}

// order puts what is not so before what is.
func order(so bool) int {
	if so {
		return 1
	}
	return 0
}

// History are all cards of a model of a list, by its exact id: the newest first, those of a
// higher layer before others of the same instant.
func (b *Book) History(list, model string) []Card {
	var all []Card
	for _, c := range b.of(list, model) {
		all = append(all, *c)
	}
	slices.SortStableFunc(all, func(x, y Card) int {
		return cmp.Or(y.ValidFrom.Compare(x.ValidFrom), cmp.Compare(y.layer, x.layer), cmp.Compare(x.ID, y.ID))
	})
	return all
}

// A Condition is a term of a card, for people to read.
type Condition struct {
	ID                 string
	Kind, Value        string // what a reply or request says: tier, flex; both empty: always
	Times              string // multiplies the token rates; empty: nothing does
	Rates, OfInput     Rates
	Least              Counts
	Below              int64 // for prompts shorter than this; 0: for all
	ValidFrom, ValidTo time.Time
	Source, URL        string
	CheckedOn          string
}

// Conditions are what changes a card's price, and when.
func (c Card) Conditions() []Condition { return readable(c.terms) }

// Always is what holds beside a card's own rates whatever a call says.
func (c Card) Always() []Condition { return readable(c.fixed) }

func readable(terms []*term) []Condition {
	var all []Condition
	for _, t := range terms {
		one := Condition{ID: t.ID, Times: t.Times, Rates: t.Rates, OfInput: t.OfInput, Least: t.Least, Below: t.Below,
			ValidFrom: t.ValidFrom, ValidTo: t.ValidTo, Source: t.Source, URL: t.URL, CheckedOn: t.CheckedOn}
		for kind, value := range map[string]string{"tier": t.When.Tier, "speed": t.When.Speed, "geo": t.When.Geo, "cache": t.When.Cache, "search": t.When.Search} {
			if value != "" {
				one.Kind, one.Value = kind, value
			}
		}
		all = append(all, one)
	}
	return all
}
