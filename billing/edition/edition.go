// Package edition reads, checks and signs published price catalogues. It does no I/O and reads no clock.
package edition

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"weir/billing"
)

const (
	// Schema is the newest form of an edition that this program reads.
	Schema = 1
	// MostBytes bounds a file.
	MostBytes = 5 << 20
	mostCards = 20_000
)

// A Fault says why a file is refused: a short word, and what it is about.
type Fault struct {
	Code   string
	About  string // a card's or term's id, a key, a number; may be empty
	Detail string // for whoever publishes; may be empty
}

func (f *Fault) Error() string {
	text := "price catalogue: " + f.Code
	if f.About != "" {
		text += " (" + f.About + ")"
	}
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	return text
}

// Codes of faults.
const (
	TooLarge     = "too_large"
	Malformed    = "malformed"     // it is no price catalogue, or not written as one
	UnknownKey   = "unknown_key"   // signed by nobody who is trusted
	ExpiredKey   = "expired_key"   // signed by a key whose time is over
	BadSignature = "bad_signature" // changed after it was signed
	NewerSchema  = "newer_schema"  // made for a newer program
	OutOfBounds  = "out_of_bounds" // a price that cannot be true
	Rewrites     = "rewrites"      // it changes a price of the past and does not call that a correction
	Downgrade    = "downgrade"     // older than what is in force, or was
	FromTomorrow = "from_tomorrow" // made on a day that is still to come
)

// An Edition is one published catalogue.
type Edition struct {
	Head
	Catalogue []byte // cards, one per line
	Overlay   []byte
	Terms     []byte
	Exchange  []byte
	Key       string // fingerprint of the key that signed it

	corrected map[string]bool // ids of cards and terms that may change the past
	above     map[string]bool // ids of cards whose cached tokens may cost more than fresh ones
}

// A Head is what an edition says of itself.
type Head struct {
	Schema    int    `json:"schema"`
	Version   int64  `json:"version"`    // a day and a count within it: 2026112201
	CreatedOn string `json:"created_on"` // that day: 2026-11-22
	Note      string `json:"note,omitempty"`
}

// A line is one line of the body: exactly one of its values is there.
type line struct {
	Edition    *Head           `json:"edition,omitempty"`
	Card       json.RawMessage `json:"card,omitempty"`
	Overlay    json.RawMessage `json:"overlay,omitempty"` // a card that is kept by hand
	Term       json.RawMessage `json:"term,omitempty"`
	Rate       json.RawMessage `json:"rate,omitempty"`
	Correction bool            `json:"correction,omitempty"` // it may change the past
	ReadAbove  bool            `json:"read_above,omitempty"` // its cached tokens may cost more than fresh ones
}

// Layers lays the edition where the shipped catalogue lies.
func (e *Edition) Layers(shipped billing.Layers) billing.Layers {
	shipped.Version = e.Version
	shipped.Catalogue, shipped.Overlay, shipped.Terms, shipped.Exchange = e.Catalogue, e.Overlay, e.Terms, e.Exchange
	return shipped
}

// FileName is how an edition's file is called.
func (h Head) FileName() string { return fmt.Sprintf("weir-prices-%010d.jsonl", h.Version) }

// day is the first instant of the day on which it was made.
func (h Head) day() time.Time {
	day, err := time.Parse(time.DateOnly, h.CreatedOn)
	if err != nil {
		return time.Time{} // read has checked it
	}
	return day
}

// check refuses a head that is not in order.
func (h Head) check() error {
	if h.Schema > Schema {
		return &Fault{Code: NewerSchema, About: strconv.Itoa(h.Schema)}
	}
	day, err := time.Parse(time.DateOnly, h.CreatedOn)
	if err != nil || h.Schema < 1 || strconv.FormatInt(h.Version/100, 10) != day.Format("20060102") {
		return &Fault{Code: Malformed, Detail: "the version must be the day and two digits"}
	}
	return nil
}

// read takes a body apart, line by line.
func read(body []byte) (*Edition, error) {
	e := &Edition{corrected: map[string]bool{}, above: map[string]bool{}}
	cards := 0
	for n := 1; len(body) > 0; n++ {
		text, rest, ended := bytes.Cut(body, []byte("\n"))
		if body = rest; !ended {
			return nil, &Fault{Code: Malformed, About: strconv.Itoa(n + 1), Detail: "its last line has no end"}
		}
		var l line
		if err := strict(text, &l); err != nil {
			return nil, &Fault{Code: Malformed, About: strconv.Itoa(n + 1), Detail: err.Error()}
		}
		if err := e.add(l, n); err != nil {
			return nil, err
		}
		if l.Card != nil || l.Overlay != nil {
			cards++
		}
	}
	switch {
	case e.Version == 0 || len(e.Catalogue) == 0:
		return nil, &Fault{Code: Malformed, Detail: "it has no cards"}
	case cards > mostCards:
		return nil, &Fault{Code: OutOfBounds, About: strconv.Itoa(cards), Detail: "too many cards"}
	}
	return e, nil
}

// add takes in one line.
func (e *Edition) add(l line, n int) error {
	first := n == 1
	if first != (l.Edition != nil) {
		return &Fault{Code: Malformed, About: strconv.Itoa(n + 1), Detail: "what the edition says of itself stands in the second line of the file, once"}
	}
	if first {
		e.Head = *l.Edition
		return e.check()
	}
	var only json.RawMessage
	for _, one := range []struct {
		value json.RawMessage
		into  *[]byte
	}{{l.Card, &e.Catalogue}, {l.Overlay, &e.Overlay}, {l.Term, &e.Terms}, {l.Rate, &e.Exchange}} {
		if one.value == nil {
			continue
		}
		if only != nil {
			return &Fault{Code: Malformed, About: strconv.Itoa(n + 1), Detail: "two values in one line"}
		}
		only = one.value
		*one.into = append(append(*one.into, one.value...), '\n')
	}
	id, err := idOf(only)
	if err != nil {
		return &Fault{Code: Malformed, About: strconv.Itoa(n + 1), Detail: "a line without a value"}
	}
	if l.Correction {
		e.corrected[id] = true
	}
	if l.ReadAbove {
		e.above[id] = true
	}
	return nil
}

// idOf names a value: by its id, or where it has none, as a rate of exchange, by its day.
func idOf(value json.RawMessage) (string, error) {
	var named struct {
		ID  string `json:"id"`
		Day string `json:"day"`
	}
	err := json.Unmarshal(value, &named)
	return cmp.Or(named.ID, named.Day), err
}

// strict reads one JSON value and nothing else, with no field that is unknown.
func strict(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// Body writes the body of an edition that takes over the layers of a book. Which ids are
// corrections, and whose cached tokens may cost more than fresh ones, the publisher says.
func Body(h Head, l billing.Layers, corrected, above []string) ([]byte, error) {
	marked := func(ids []string) map[string]bool {
		set := map[string]bool{}
		for _, id := range ids {
			set[id] = true
		}
		return set
	}
	corrections, reads := marked(corrected), marked(above)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line{Edition: &h}); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		text []byte
		put  func(*line, json.RawMessage)
	}{
		{l.Catalogue, func(l *line, v json.RawMessage) { l.Card = v }},
		{l.Overlay, func(l *line, v json.RawMessage) { l.Overlay = v }},
		{l.Terms, func(l *line, v json.RawMessage) { l.Term = v }},
		{l.Exchange, func(l *line, v json.RawMessage) { l.Rate = v }},
	} {
		for dec := json.NewDecoder(bytes.NewReader(part.text)); dec.More(); {
			var value json.RawMessage
			if err := dec.Decode(&value); err != nil {
				return nil, err
			}
			id, err := idOf(value)
			if err != nil {
				return nil, err
			}
			one := line{Correction: corrections[id], ReadAbove: reads[id]}
			part.put(&one, value)
			if err := enc.Encode(one); err != nil {
				return nil, err
			}
		}
	}
	e, err := read(out.Bytes())
	if err != nil {
		return nil, err
	}
	return out.Bytes(), e.bounds()
}
