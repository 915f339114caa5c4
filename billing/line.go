package billing

import (
	"encoding/json"
	"strconv"
)

// A Line is one row of a bill: quantity × rate / per, rounded once to a pico-dollar.
// Cost is nil, and RateUSD empty, where nobody knows the rate.
type Line struct {
	What     string // input, cache_read, cache_write_5m, …
	Quantity int64
	Unit     string // tokens, seconds, searches, sessions, requests
	RateUSD  string // decimal text
	Per      int64
	Cost     *Money
}

// lineJSON is a Line as scripts read it: every number is text.
type lineJSON struct {
	What     string  `json:"what"`
	Quantity string  `json:"quantity"`
	Unit     string  `json:"unit"`
	RateUSD  *string `json:"rate_usd"`
	Per      string  `json:"per"`
	Cost     *Money  `json:"cost_usd"`
}

// MarshalJSON writes the line with its numbers as text; what is not known is null.
func (l Line) MarshalJSON() ([]byte, error) {
	j := lineJSON{What: l.What, Unit: l.Unit, Cost: l.Cost,
		Quantity: strconv.FormatInt(l.Quantity, 10), Per: strconv.FormatInt(l.Per, 10)}
	if l.RateUSD != "" {
		j.RateUSD = &l.RateUSD
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Line) UnmarshalJSON(b []byte) error {
	var j lineJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	quantity, err := strconv.ParseInt(j.Quantity, 10, 64)
	if err != nil {
		return err
	}
	per, err := strconv.ParseInt(j.Per, 10, 64)
	if err != nil {
		return err
	}
	*l = Line{What: j.What, Quantity: quantity, Unit: j.Unit, Per: per, Cost: j.Cost}
	if j.RateUSD != nil {
		l.RateUSD = *j.RateUSD
	}
	return nil
}

// newLine charges a meter. A nil price leaves the cost unknown.
func newLine(m Meter, quantity int64, p *price) Line {
	row := &meters[m]
	l := Line{What: row.what, Quantity: quantity, Unit: row.unit, Per: row.per}
	if p == nil {
		return l
	}
	cost := p.charge(quantity, row.per)
	l.RateUSD, l.Cost = p.text, &cost
	return l
}
