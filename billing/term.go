package billing

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// A term changes a price under a condition: a service tier, fast mode, a region.
// Without a condition it adds rates that a provider's cards leave out, such as fees.
type term struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider"`
	Models    []string  `json:"models"` // exact models of cards; "*" for all
	When      condition `json:"when"`
	Times     string    `json:"times,omitempty"`        // multiplies every token rate
	Rates     Rates     `json:"rates,omitempty"`        // replaces these rates
	Below     int64     `json:"prompt_below,omitempty"` // holds for shorter prompts only; 0: for all
	ValidFrom time.Time `json:"valid_from,omitzero"`
	ValidTo   time.Time `json:"valid_to,omitzero"`
	Flag      string    `json:"flag,omitempty"` // what a bill by it must say
	Source    string    `json:"source"`
	URL       string    `json:"url"`
	CheckedOn string    `json:"checked_on"`

	table  table
	factor decimal.Decimal // Times, 1 where it is not there
}

// A condition names at most one of the things that a reply can say beside its counts.
type condition struct {
	Tier  string `json:"tier,omitempty"`
	Speed string `json:"speed,omitempty"`
	Geo   string `json:"geo,omitempty"`
}

// holds says whether a term of a card's is in force.
func (t *term) holds(at time.Time, prompt int64) bool {
	return (t.Below == 0 || prompt < t.Below) && !at.Before(t.ValidFrom) && (t.ValidTo.IsZero() || at.Before(t.ValidTo))
}

// ready works out what every bill under the term needs.
func (t *term) ready() {
	t.table, t.factor = t.Rates.table(), decimal.NewFromInt(1)
	if t.Times != "" {
		t.factor = decimal.RequireFromString(t.Times)
	}
}

// parseTerms reads one term per line. An error names the term.
func parseTerms(text []byte) ([]term, error) {
	var terms []term
	dec := strictJSON(text)
	for dec.More() {
		var t term
		if err := dec.Decode(&t); err != nil {
			return nil, fmt.Errorf("price term %q: %w", t.ID, err)
		}
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("price term %q: %w", t.ID, err)
		}
		t.ready()
		terms = append(terms, t)
	}
	return terms, nil
}

func (t term) check() error {
	if t.ID == "" || t.Provider == "" || len(t.Models) == 0 || t.Source == "" || t.URL == "" || t.CheckedOn == "" {
		return fmt.Errorf("id, provider, models, source, url and checked_on must be there")
	}
	if _, _, ok := rateDigits(t.Times); t.Times != "" && !ok {
		return fmt.Errorf("times %q is not plain decimal text", t.Times)
	}
	return t.Rates.check()
}
