package billing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// receiptCase is a case as scripts send it.
type receiptCase struct {
	ID       string          `json:"id"`
	Provider string          `json:"provider"`
	Endpoint string          `json:"endpoint"`
	Model    string          `json:"model"`
	Date     string          `json:"effective_date"`
	Usage    json.RawMessage `json:"usage"`
	Tier     *string         `json:"service_tier"`
	Request  Request         `json:"request_context"`
	Count    Counting        `json:"count"`
}

// receiptJSON is a bill as scripts read it.
type receiptJSON struct {
	ID         string           `json:"id"`
	Status     Status           `json:"status"`
	Meters     map[string]int64 `json:"meters"`
	Lines      []Line           `json:"lines"`
	Total      *Money           `json:"total_usd"`
	TotalPico  *string          `json:"total_pico_usd"`
	Recomputed *Money           `json:"recomputed_usd"`
	Currency   string           `json:"currency"`     // of the price list
	Native     *string          `json:"total_native"` // in that currency, where it is not dollars
	FX         *Rate            `json:"fx"`           // what the dollars were reckoned by; null: nothing was
	Flags      []string         `json:"flags"`
	Card       *string          `json:"card"`
	Note       *string          `json:"note"`
}

// Receipts prices a JSON list of cases by the shipped book and returns the list of
// their bills. Broken JSON is an error; a bad case is rejected alone.
func Receipts(in []byte) ([]byte, error) {
	var cases []json.RawMessage
	if err := json.Unmarshal(in, &cases); err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	if cases == nil {
		return nil, fmt.Errorf("read the cases: null is no list")
	}
	book, err := ShippedBook()
	if err != nil {
		return nil, err
	}
	out := make([]receiptJSON, 0, len(cases))
	for _, text := range cases {
		out = append(out, book.receipt(text))
	}
	return json.Marshal(out)
}

func (b *Book) receipt(text json.RawMessage) receiptJSON {
	var in receiptCase
	err := json.Unmarshal(text, &in)
	at, dated := parseInstant(in.Date)
	if err != nil || !dated || in.Provider == "" || in.Endpoint == "" || in.Model == "" {
		return receiptJSON{ID: in.ID, Status: Rejected, Currency: "USD", Flags: []string{flagBadCase}}
	}
	c := Case{Provider: in.Provider, Endpoint: in.Endpoint, Model: in.Model, At: at,
		Usage: in.Usage, Request: in.Request, Count: in.Count}
	if in.Tier != nil {
		c.Tier = *in.Tier
	}
	return receiptOf(in.ID, b.Bill(c))
}

func receiptOf(id string, bill Bill) receiptJSON {
	out := receiptJSON{ID: id, Status: bill.Status, Flags: bill.Flags, Currency: cmp.Or(bill.Currency, "USD"), FX: bill.FX}
	if out.Flags == nil {
		out.Flags = []string{}
	}
	if bill.Status == Rejected {
		return out
	}
	out.Meters, out.Lines = bill.Usage.Meters(), bill.Lines
	if out.Lines == nil {
		out.Lines = []Line{}
	}
	out.Total, out.Recomputed = bill.Total, bill.Recomputed
	if bill.Total != nil {
		pico := strconv.FormatInt(bill.Total.Pico(), 10)
		out.TotalPico = &pico
	}
	if bill.Native != "" {
		out.Native = &bill.Native
	}
	if bill.Card != "" {
		out.Card = &bill.Card
	}
	if bill.Note != "" {
		out.Note = &bill.Note
	}
	return out
}

// parseInstant reads an RFC 3339 time; a bare date is its first instant in UTC.
func parseInstant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
