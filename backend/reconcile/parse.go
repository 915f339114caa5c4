package reconcile

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"weir/backend/gateway"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// Largest is how many bytes a file may have.
const Largest = 5 << 20

// Parse reads a file whose format it knows by its fields.
func Parse(text []byte) (Account, error) {
	if len(text) > Largest {
		return Account{}, wrong(i18n.T("error.reconcile.large", "most", Largest>>20))
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if len(text) == 0 {
		return Account{}, wrong(i18n.T("error.reconcile.empty"))
	}
	if !utf8.Valid(text) {
		return Account{}, wrong(i18n.T("error.reconcile.no_text"))
	}
	read := parseCSV
	if text[0] == '{' || text[0] == '[' {
		read = parseJSON
	}
	a, err := read(text)
	if err != nil {
		return Account{}, err
	}
	if len(a.Rows) == 0 {
		return Account{}, wrong(i18n.T("error.reconcile.no_rows"))
	}
	if err := summable(a.Rows); err != nil {
		return Account{}, err
	}
	a.Rows = once(a.Rows)
	return a, nil
}

// once adds up the rows of the same day and model, in order.
func once(rows []Row) []Row {
	at := map[place][]Row{}
	for _, r := range rows {
		of := place{r.Day, r.Model}
		at[of] = append(at[of], r)
	}
	sums := make([]Row, 0, len(at))
	for of, same := range at {
		sums = append(sums, Row{Day: of.day, Model: of.model, Figures: add(same)})
	}
	slices.SortFunc(sums, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Model, b.Model)) })
	return sums
}

func wrong(message string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: "text", Message: message}
}

// mostCount is more than any day of any model has.
const mostCount = 1_000_000_000_000_000

// longestNumber is more than any amount needs.
const longestNumber = 60

// dollars reads an amount exactly, and rounds it once to what the ledger keeps, half to even. Its places are
// shifted first, for what is written in cents.
func dollars(text string, shift int32) (billing.Money, bool) {
	text = strings.TrimSpace(text)
	if len(text) > longestNumber {
		return billing.Money{}, false
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > 20 || d.Exponent() < -longestNumber {
		return billing.Money{}, false
	}
	m, err := billing.ParseMoney(d.Shift(shift).RoundBank(12).String())
	return m, err == nil
}

// dayOf reads a day of UTC off the front of a time in UTC.
func dayOf(text string) (string, bool) {
	day, rest, _ := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if strings.ContainsAny(rest, "+-") && !strings.HasSuffix(rest, "+00:00") && !strings.HasSuffix(rest, "+00") {
		at, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
		return at.UTC().Format(time.DateOnly), err == nil
	}
	at, err := time.Parse(time.DateOnly, day)
	return at.Format(time.DateOnly), err == nil
}

// dayAt is the day of UTC of a Unix time.
func dayAt(seconds int64) (string, bool) {
	if seconds <= 0 || seconds > 1<<33 {
		return "", false
	}
	return time.Unix(seconds, 0).UTC().Format(time.DateOnly), true
}

// modelOfItem is the model of a line of costs such as "gpt-5-mini-2025-08-07, cached input".
func modelOfItem(item string) string {
	model, _, _ := strings.Cut(item, ", ")
	return model
}
