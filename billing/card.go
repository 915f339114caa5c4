package billing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Card is the price of one model at one provider during one stretch of time.
type Card struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider"`
	Model     string    `json:"model"`
	Aliases   []string  `json:"aliases,omitempty"`    // further exact ids at the same price
	ValidFrom time.Time `json:"valid_from,omitzero"`  // zero: since ever
	ValidTo   time.Time `json:"valid_to,omitzero"`    // the first instant at which it no longer holds; zero: open
	Window    *Window   `json:"window,omitempty"`     // the hours at which it holds; nil: all
	Currency  string    `json:"currency,omitempty"`   // of the rates: "CNY"; empty: dollars
	Rates     Rates     `json:"rates"`                // what → amounts of the currency
	Tiers     []Tier    `json:"tiers,omitempty"`      // dearer prompts, shortest first
	Flags     []string  `json:"flags,omitempty"`      // what every bill by it must say
	Source    string    `json:"source"`               // who published it, in which version
	URL       string    `json:"url"`                  // the vendor's page
	CheckedOn string    `json:"checked_on,omitempty"` // day on which somebody compared the two

	layer Layer    // a card of a higher one wins
	table table    // Rates, ready for use
	terms []*term  // those that may hold for it under a condition
	fixed []*term  // those that always hold: their rates are in the tables
	plain bool     // or that hold for some time or length alone
	least []least  // quantities that are charged at least
	marks []string // flags of terms that always hold
}

// Rates are decimal amounts by what is charged: tokens per million, searches and requests
// per thousand, sessions and images each, audio by the hour.
type Rates map[string]string

// A Tier replaces a card's rates for a whole request whose prompt is long enough.
type Tier struct {
	Prompt int64  `json:"prompt"` // input and cached tokens together
	Op     string `json:"op"`     // ">" or ">="
	Rates  Rates  `json:"rates"`

	table table // with those of the card and of shorter tiers below
}

func (t *Tier) holds(prompt int64) bool {
	return prompt > t.Prompt || t.Op == ">=" && prompt == t.Prompt
}

// holds says whether the card is in force at an instant.
func (c *Card) holds(at time.Time) bool {
	return !at.Before(c.ValidFrom) && (c.ValidTo.IsZero() || at.Before(c.ValidTo)) && c.Window.holds(at)
}

// claude says whether the card is of a model of Anthropic's, whoever hosts it.
func (c *Card) claude() bool { return strings.Contains(strings.ToLower(c.Model), "claude") }

// names are all the ids that the card is the price of.
func (c Card) names() []string { return append([]string{c.Model}, c.Aliases...) }

// parseCards reads cards, one per line, behind those that are there. An error names the card.
func parseCards(cards []Card, text []byte, layer Layer) ([]Card, error) {
	dec := strictJSON(text)
	for dec.More() {
		var c Card
		if err := dec.Decode(&c); err != nil {
			return nil, fmt.Errorf("price card %q: %w", c.ID, err)
		}
		c.layer = layer
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("price card %q: %w", c.ID, err)
		}
		cards = append(cards, c)
	}
	return cards, nil
}

func strictJSON(text []byte) *json.Decoder {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec
}

// check refuses a card that could not be priced by or traced back.
func (c *Card) check() error {
	switch {
	case c.ID == "" || c.Provider == "" || c.Model == "":
		return fmt.Errorf("id, provider and model must be there")
	case c.layer != Yours && (c.Source == "" || c.URL == "" || c.CheckedOn == ""):
		return fmt.Errorf("source, url and checked_on must be there")
	case !c.ValidTo.IsZero() && !c.ValidFrom.Before(c.ValidTo):
		return fmt.Errorf("it ends before it begins")
	case c.Currency != "" && c.Currency != "USD" && c.Currency != yuan:
		return fmt.Errorf("currency %q is neither USD nor CNY", c.Currency)
	case len(c.Rates) == 0:
		return fmt.Errorf("it has no rates")
	}
	if err := c.Window.check(); err != nil {
		return err
	}
	if err := c.Rates.check(); err != nil {
		return err
	}
	for i, t := range c.Tiers {
		if t.Op != ">" && t.Op != ">=" || t.Prompt <= 0 || i > 0 && t.Prompt <= c.Tiers[i-1].Prompt {
			return fmt.Errorf("tier %d: needs > or >= and a longer prompt than the one before", i+1)
		}
		if err := t.Rates.check(); err != nil {
			return fmt.Errorf("tier %d: %w", i+1, err)
		}
	}
	return nil
}

func (r Rates) check() error {
	for what, text := range r {
		if _, ok := meterByWhat(what); !ok {
			return fmt.Errorf("nothing is called %q", what)
		}
		if _, _, ok := rateDigits(text); !ok {
			return fmt.Errorf("rate %q of %s is not plain decimal text", text, what)
		}
	}
	return nil
}

// A table is what each meter costs, nil where nobody says.
type table [NumMeters]*price

// table makes rates ready for use. They have been checked.
func (r Rates) table() (t table) {
	for what, text := range r {
		if m, ok := meterByWhat(what); ok {
			t[m], _ = parsePrice(m, text)
		}
	}
	return t
}

// over lays one table over another.
func (t table) over(below table) table {
	for m, p := range below {
		if t[m] == nil {
			t[m] = p
		}
	}
	return t
}

// ready works out what every bill by the card needs.
func (c *Card) ready(terms []term) {
	c.table = c.Rates.table()
	below := c.table
	c.Tiers = slices.Clone(c.Tiers)
	for i := range c.Tiers {
		c.Tiers[i].table = c.Tiers[i].Rates.table().over(below)
		below = c.Tiers[i].table
	}
	for i := range terms {
		t := &terms[i]
		switch mine := t.Provider == c.Provider && (slices.Contains(t.Models, c.Model) || slices.Contains(t.Models, "*")); {
		case mine && t.always():
			c.fixed = append(c.fixed, t)
			c.fill(t)
		case mine:
			c.terms = append(c.terms, t)
			c.plain = c.plain || t.When == condition{}
		}
	}
}

// fill puts what a term without conditions adds into every table of the card.
func (c *Card) fill(t *term) {
	c.table = t.over(c.table, true)
	for i := range c.Tiers {
		c.Tiers[i].table = t.over(c.Tiers[i].table, true)
	}
	c.least = append(c.least, t.least...)
	if t.Flag != "" {
		c.marks = append(c.marks, t.Flag)
	}
}

// TierOf returns the tier that a prompt of a length is charged by; nil: the card's own rates.
func (c *Card) TierOf(prompt int64) (of *Tier) {
	for i := range c.Tiers {
		if c.Tiers[i].holds(prompt) {
			of = &c.Tiers[i]
		}
	}
	return of
}

// ratesFor picks the rates for a prompt of a length.
func (c *Card) ratesFor(prompt int64) table {
	if t := c.TierOf(prompt); t != nil {
		return t.table
	}
	return c.table
}
