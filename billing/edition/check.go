package edition

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"weir/billing"
)

// MostRate is more than anything costs: dollars for a million tokens, a thousand searches, an hour.
const MostRate = 10_000

var dearest = decimal.NewFromInt(MostRate)

// TooDear says whether a rate cannot be true, because it is above MostRate.
func TooDear(rate string) bool { return amount(rate).GreaterThan(dearest) }

// sharpest is the largest factor that a condition may have.
var sharpest = decimal.NewFromInt(100)

// bounds makes a book of the edition, which checks each value, and looks for prices that cannot be true.
func (e *Edition) bounds() error {
	if _, err := billing.NewBook(e.Layers(billing.Layers{})); err != nil {
		return &Fault{Code: Malformed, Detail: err.Error()}
	}
	for _, text := range [][]byte{e.Catalogue, e.Overlay} {
		for c := range values[billing.Card](text) {
			if err := e.card(c); err != nil {
				return err
			}
		}
	}
	for t := range values[termLine](e.Terms) {
		if times, err := decimal.NewFromString(t.Times); t.Times != "" && (err != nil || times.GreaterThan(sharpest)) {
			return &Fault{Code: OutOfBounds, About: t.ID, Detail: "times " + t.Times}
		}
		if err := within(t.ID, t.Rates); err != nil {
			return err
		}
	}
	return nil
}

// card refuses a card whose rates cannot be true.
func (e *Edition) card(c billing.Card) error {
	rates := c.Rates
	for i := -1; i < len(c.Tiers); i++ {
		if i >= 0 {
			rates = c.Tiers[i].Rates
		}
		if err := within(c.ID, rates); err != nil {
			return err
		}
		read, there := rates["cache_read"]
		if input, priced := rates["input"]; there && priced && amount(read).GreaterThan(amount(input)) && !e.above[c.ID] {
			return &Fault{Code: OutOfBounds, About: c.ID, Detail: fmt.Sprintf("cache_read %s above input %s", read, input)}
		}
	}
	return nil
}

// within refuses rates above what anything costs. That they are not below zero, and have at
// most nine decimals, the book has checked.
func within(id string, rates billing.Rates) error {
	for what, text := range rates {
		if TooDear(text) {
			return &Fault{Code: OutOfBounds, About: id, Detail: what + " " + text}
		}
	}
	return nil
}

// amount is a rate's number. The book has checked its text.
func amount(text string) decimal.Decimal {
	d, err := decimal.NewFromString(text)
	if err != nil {
		return dearest.Add(dearest)
	}
	return d
}

// A termLine is what bounds need to know of a term.
type termLine struct {
	ID    string        `json:"id"`
	Times string        `json:"times"`
	Rates billing.Rates `json:"rates"`
}

// values reads JSON values, one per line. The book has checked that they are well formed.
func values[T any](text []byte) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for dec := json.NewDecoder(bytes.NewReader(text)); dec.More(); {
			var v T
			if err := dec.Decode(&v); err != nil || !yield(v) {
				return
			}
		}
	}
}
