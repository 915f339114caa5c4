package provider

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// A reply is the JSON objects of an answer. A field is looked for in each of them, in their order.
type reply []map[string]any

func parseDoc(body []byte) (doc map[string]any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&doc) != nil || doc == nil {
		return nil, false
	}
	_, err := dec.Token()
	return doc, err == io.EOF
}

// at finds a value by the names that lead to it ("data.limit").
func (d reply) at(path string) (value any, there bool) {
	names := strings.Split(path, ".")
	for _, doc := range d {
		value, there = any(doc), true
		for _, name := range names {
			object, ok := value.(map[string]any)
			if value, there = object[name]; !ok || !there {
				there = false
				break
			}
		}
		if there {
			return value, true
		}
	}
	return nil, false
}

func (d reply) text(path string) string {
	v, _ := d.at(path)
	text, _ := v.(string)
	return text
}

func (d reply) flag(path string) (is, told bool) {
	v, _ := d.at(path)
	is, told = v.(bool)
	return is, told
}

// plain is a number without an exponent, which some send as text. What is longer is no amount
// that anybody has.
var plain = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,30})?$`)

// tiny is how a sender of floats writes what is nearly nothing.
var tiny = regexp.MustCompile(`^-?[0-9](\.[0-9]{1,20})?[eE]-[0-9]{1,2}$`)

// number reads an amount: a JSON number, or the same as text.
func (d reply) number(path string) (n decimal.Decimal, ok bool) {
	v, _ := d.at(path)
	return number(v)
}

func number(v any) (n decimal.Decimal, ok bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	if !plain.MatchString(text) && !tiny.MatchString(text) {
		return n, false
	}
	n, err := decimal.NewFromString(text)
	return n, err == nil
}

// A sheet is where an answer has its numbers. What is not named is worked out of the others,
// where that can be done.
type sheet struct{ total, used, left string }

// amount reads a sheet. Something has to be known of what is left.
func (d reply) amount(s sheet, currency string) (a Amount, ok bool) {
	total, hasTotal := d.number(s.total)
	used, hasUsed := d.number(s.used)
	left, hasLeft := d.number(s.left)
	if hasTotal && total.IsNegative() || hasUsed && used.IsNegative() {
		return a, false
	}
	return sum(currency, total, used, left, hasTotal, hasUsed, hasLeft)
}

// sum fills in the number that the other two tell.
func sum(currency string, total, used, left decimal.Decimal, hasTotal, hasUsed, hasLeft bool) (a Amount, ok bool) {
	switch {
	case hasLeft && hasTotal && !hasUsed:
		used, hasUsed = total.Sub(left), true
	case hasTotal && hasUsed && !hasLeft:
		left, hasLeft = total.Sub(used), true
	}
	if !hasLeft {
		return a, false
	}
	a = Amount{Currency: currency, Left: left.String()}
	if hasTotal {
		a.Total = total.String()
	}
	if hasUsed {
		a.Used = used.String()
	}
	return a, true
}

// in reads one amount in a currency.
func in(currency string, s sheet) func(reply) ([]Amount, bool) {
	return func(d reply) ([]Amount, bool) {
		a, ok := d.amount(s, currency)
		return []Amount{a}, ok
	}
}

// currencies are those that a provider may keep an account in.
var currencies = map[string]bool{"USD": true, "CNY": true}

// byCurrency reads a list with an amount in each currency.
func byCurrency(list, currency, left string) func(reply) ([]Amount, bool) {
	return func(d reply) (amounts []Amount, ok bool) {
		v, _ := d.at(list)
		rows, _ := v.([]any)
		for _, row := range rows {
			object, _ := row.(map[string]any)
			one := reply{object}
			a, ok := one.amount(sheet{left: left}, one.text(currency))
			if !ok || !currencies[a.Currency] {
				return nil, false
			}
			amounts = append(amounts, a)
		}
		return amounts, true
	}
}

// orUnlimited reads one amount where a null in its total says that there is no bound.
func orUnlimited(currency string, s sheet) func(reply) ([]Amount, bool) {
	return func(d reply) ([]Amount, bool) {
		if v, there := d.at(s.total); there && v == nil {
			return []Amount{{Unlimited: true}}, true
		}
		a, ok := d.amount(s, currency)
		return []Amount{a}, ok && a.Total != ""
	}
}
