package prices

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// A Transfer is the user's layer as a file: prices, aliases, rates of exchange.
type Transfer struct {
	Form    int             `json:"weir_own_prices"` // 1
	Prices  []TransferPrice `json:"prices"`
	Aliases []billing.Alias `json:"aliases"`
	Rates   []billing.Rate  `json:"rates"`
}

// A TransferPrice is a price of the user's with its dates.
type TransferPrice struct {
	Provider  string         `json:"provider"`
	Model     string         `json:"model"`
	Currency  string         `json:"currency,omitempty"`
	Rates     billing.Rates  `json:"rates"`
	Tiers     []billing.Tier `json:"tiers,omitempty"`
	ValidFrom time.Time      `json:"valid_from"`
	ValidTo   time.Time      `json:"valid_to,omitzero"`
	Note      string         `json:"note,omitempty"`
}

// Imported says what an import brought.
type Imported struct{ Prices, Aliases, Rates, Known int }

// MostImported bounds a file.
const MostImported = 1 << 20

// Export writes the user's layer. Prices that never held are left out.
func (p *Prices) Export() Transfer {
	s := p.snapshot.Load()
	t := Transfer{Form: 1, Prices: []TransferPrice{}, Aliases: slices.Concat([]billing.Alias{}, s.aliases), Rates: slices.Concat([]billing.Rate{}, s.rates)}
	for _, o := range s.own {
		if !o.Ended {
			t.Prices = append(t.Prices, TransferPrice{o.Provider, o.Model, o.Currency, o.Rates, o.Tiers, o.ValidFrom, o.ValidTo, o.Note})
		}
	}
	return t
}

// Import adds the prices, aliases and rates of a file, all or none. What is there already is
// passed over; a price for the same model from the same instant that says otherwise is refused.
func (p *Prices) Import(ctx context.Context, file []byte) (Imported, error) {
	t, err := readTransfer(file)
	if err != nil {
		return Imported{}, err
	}
	p.change.Lock()
	defer p.change.Unlock()
	s, at := *p.snapshot.Load(), p.now().Truncate(time.Millisecond)
	was := s
	var done Imported
	added, err := s.addPrices(t.Prices, at, &done)
	if err != nil {
		return Imported{}, err
	}
	// An alias may lean on a price of the same file.
	if s.book, err = billing.NewBook(s.layers()); err != nil {
		return Imported{}, refuse("file", i18n.T("error.prices.card", "reason", err))
	}
	for i, a := range t.Aliases {
		if a, err = s.alias(a, at); err != nil {
			return Imported{}, numbered("aliases", i, err)
		}
		t.Aliases[i] = a
		s.aliases = withAlias(s.aliases, a)
		done.Aliases++
	}
	for i, r := range t.Rates {
		if err := checkExchange(r, at); err != nil {
			return Imported{}, numbered("rates", i, err)
		}
		s.rates = append(slices.DeleteFunc(slices.Clone(s.rates), func(o billing.Rate) bool { return o.Day == r.Day }), r)
		done.Rates++
	}
	slices.SortFunc(s.rates, func(a, b billing.Rate) int { return strings.Compare(a.Day, b.Day) })
	if len(s.own)+len(s.aliases)+len(s.rates) > mostOwn+len(was.own)+len(was.aliases)+len(was.rates) {
		return Imported{}, refuse("file", i18n.T("error.prices.import_many", "most", mostOwn))
	}
	err = p.put(ctx, s, func(tx *store.Tx) error { return writeTransfer(tx, t, added, at) })
	if err != nil {
		return Imported{}, fmt.Errorf("import prices: %w", err)
	}
	return done, nil
}

// mostOwn bounds what one import may add.
const mostOwn = 2000

func readTransfer(file []byte) (Transfer, error) {
	var t Transfer
	if len(file) > MostImported {
		return t, refuse("file", i18n.T("error.prices.import_large"))
	}
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	err := dec.Decode(&t)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil || t.Form != 1 {
		return t, &gateway.Error{Kind: gateway.Invalid, Field: "file", Message: i18n.T("error.prices.import"), Err: err}
	}
	return t, nil
}

// addPrices adds those that are new to a snapshot, and returns them.
func (s *snapshot) addPrices(prices []TransferPrice, now time.Time, done *Imported) (added []Own, err error) {
	s.own = slices.Clone(s.own)
	for i, t := range prices {
		o, err := s.draft(NewPrice{t.Provider, t.Model, t.Currency, t.Rates, t.Tiers, t.ValidFrom, t.ValidTo, t.Note}, now)
		if err != nil {
			return nil, numbered("prices", i, err)
		}
		same := slices.IndexFunc(s.own, func(w Own) bool {
			return !w.Ended && w.Provider == o.Provider && strings.EqualFold(w.Model, o.Model) && w.ValidFrom.Equal(o.ValidFrom)
		})
		if same >= 0 {
			if !alike(s.own[same].Card, o.Card) {
				return nil, numbered("prices", i, refuse("valid_from", i18n.T("error.prices.import_differs", "model", o.Model, "time", o.ValidFrom.Format(time.RFC3339))))
			}
			done.Known++
			continue
		}
		s.own = append(s.own, o)
		added = append(added, o)
		done.Prices++
	}
	s.order()
	return added, nil
}

// alike says whether two cards charge the same.
func alike(a, b billing.Card) bool {
	plain := func(c billing.Card) string {
		text, err := json.Marshal([]any{c.Currency, c.Rates, c.Tiers})
		if err != nil {
			return c.ID
		}
		return string(text)
	}
	return plain(a) == plain(b)
}

// numbered puts the place in a list before the field of a refusal.
func numbered(list string, i int, err error) error {
	e, ok := err.(*gateway.Error)
	if !ok {
		return err
	}
	e.Field = fmt.Sprintf("%s.%d.%s", list, i, e.Field)
	e.Message = i18n.T("error.prices.import_at", "list", list, "n", i+1, "reason", e.Message)
	return e
}

func writeTransfer(tx *store.Tx, t Transfer, added []Own, at time.Time) error {
	for _, o := range added {
		if err := o.insert(tx); err != nil {
			return err
		}
	}
	for _, a := range t.Aliases {
		if _, err := tx.Exec(writeAlias, a.Provider, strings.ToLower(a.Model), a.Model, a.LikeProvider, a.LikeModel, at.UnixMilli()); err != nil {
			return err
		}
	}
	for _, r := range t.Rates {
		if _, err := tx.Exec(writeRate, r.Day, r.CNYPerUSD, r.Source, at.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
