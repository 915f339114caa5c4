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
	OfInput   Rates     `json:"of_input,omitempty"`     // replaces these rates by so many times the input's
	Least     Counts    `json:"least,omitempty"`        // the smallest quantities that are charged
	Below     int64     `json:"prompt_below,omitempty"` // holds for shorter prompts only; 0: for all
	ValidFrom time.Time `json:"valid_from,omitzero"`
	ValidTo   time.Time `json:"valid_to,omitzero"`
	Flag      string    `json:"flag,omitempty"` // what a bill by it must say
	Source    string    `json:"source"`
	URL       string    `json:"url"`
	CheckedOn string    `json:"checked_on"`

	table  table
	parts  []part          // OfInput, ready for use
	least  []least         // Least, ready for use
	factor decimal.Decimal // Times, 1 where it is not there
	asked  bool            // a request has to name what it is about
}

// Counts are quantities by what is charged.
type Counts map[string]int64

// A part is a rate that is so many times the input's.
type part struct {
	meter  Meter
	factor decimal.Decimal
}

// A least is the smallest quantity of a meter that is charged: a shorter one costs as much.
type least struct {
	meter    Meter
	quantity int64
}

// A condition names at most one of the things that a reply can say beside its counts.
type condition struct {
	Tier   string `json:"tier,omitempty"`
	Speed  string `json:"speed,omitempty"`
	Geo    string `json:"geo,omitempty"`
	Cache  string `json:"cache,omitempty"`  // the kind of cache: "explicit", one that the request marked
	Search string `json:"search,omitempty"` // how the request was to be searched for: "pro", "auto"
}

// holds says whether a term of a card's is in force.
func (t *term) holds(at time.Time, prompt int64) bool {
	return (t.Below == 0 || prompt < t.Below) && !at.Before(t.ValidFrom) && (t.ValidTo.IsZero() || at.Before(t.ValidTo))
}

// over lays the term's rates over a card's, or fills its gaps with them.
func (t *term) over(rates table, fill bool) table {
	own := t.table
	if input := rates[Input]; input != nil {
		for _, p := range t.parts {
			if !fill || rates[p.meter] == nil {
				own[p.meter] = input.times(p.meter, p.factor)
			}
		}
	}
	if fill {
		return rates.over(own)
	}
	return own.over(rates)
}

// always says whether the term holds for every call.
func (t *term) always() bool {
	return t.When == condition{} && t.Times == "" && t.Below == 0 && t.ValidFrom.IsZero() && t.ValidTo.IsZero()
}

// ready works out what every bill under the term needs.
func (t *term) ready() {
	t.table, t.factor = t.Rates.table(), decimal.NewFromInt(1)
	t.asked = t.When != condition{Cache: t.When.Cache}
	for m := range NumMeters {
		if text, ok := t.OfInput[meters[m].what]; ok {
			t.parts = append(t.parts, part{m, decimal.RequireFromString(text)})
		}
		if n, ok := t.Least[meters[m].what]; ok {
			t.least = append(t.least, least{m, n})
		}
	}
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
	for what, n := range t.Least {
		if _, ok := meterByWhat(what); !ok || n <= 0 {
			return fmt.Errorf("least: %d of %q is no quantity", n, what)
		}
	}
	if err := t.OfInput.check(); err != nil {
		return err
	}
	return t.Rates.check()
}
