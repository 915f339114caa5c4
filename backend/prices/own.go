package prices

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"weir/backend/store"
	"weir/billing"
	"weir/billing/edition"
	"weir/frontend/src/i18n"
)

// An Own is one price that the user set. It is never rewritten: a later one takes its place.
type Own struct {
	billing.Card
	Note   string
	MadeAt time.Time
	Ended  bool // it never held: another took its place, or it was taken back before its day
}

// A NewPrice is what a user sets for a model.
type NewPrice struct {
	Provider string
	Model    string
	Currency string // of the rates: USD or CNY; empty: dollars
	Rates    billing.Rates
	Tiers    []billing.Tier
	From     time.Time // zero: now
	To       time.Time // zero: open
	Note     string
}

const (
	selectOwn = `SELECT body, note, made_at, valid_from, valid_to, ended FROM price_card ORDER BY provider, model, valid_from, made_at, id`
	insertOwn = `INSERT INTO price_card (id, provider, model, body, note, made_at, valid_from, valid_to, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
	endOwn    = `UPDATE price_card SET valid_to = ?, ended = ? WHERE id = ?`
)

// The longest texts that a user may enter, and how far back a price may reach.
const (
	mostNote  = 500
	mostName  = 300
	mostTiers = 8
)

var firstDay = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func (p *Prices) readOwn(ctx context.Context) ([]Own, error) {
	rows, err := p.st.Read().QueryContext(ctx, selectOwn)
	if err != nil {
		return nil, fmt.Errorf("read your prices: %w", err)
	}
	defer rows.Close()
	var all []Own
	for rows.Next() {
		var o Own
		var body string
		var made, from int64
		var to *int64
		if err := rows.Scan(&body, &o.Note, &made, &from, &to, &o.Ended); err != nil {
			return nil, fmt.Errorf("read a price of yours: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &o.Card); err != nil {
			return nil, fmt.Errorf("read a price of yours: %w", err)
		}
		o.MadeAt, o.ValidFrom, o.ValidTo = instant(made), instant(from), time.Time{}
		if to != nil {
			o.ValidTo = instant(*to)
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Own returns the user's prices for a model, the newest first, those that never held included.
func (p *Prices) Own(provider, model string) []Own {
	s := p.snapshot.Load()
	list, model := s.canonical(provider, model)
	var all []Own
	for _, o := range s.own {
		if o.Provider == list && strings.EqualFold(o.Model, model) {
			all = append(all, o)
		}
	}
	slices.Reverse(all)
	return all
}

// canonical is the list and the name under which a model's price is set: those of its card, where it has one.
func (s *snapshot) canonical(provider, model string) (list, name string) {
	list, model = s.book.Canonical(strings.TrimSpace(provider), strings.TrimSpace(model))
	for _, o := range s.own {
		if o.Provider == list && strings.EqualFold(o.Model, model) {
			return list, o.Model
		}
	}
	return list, model
}

// Set gives a model a price of the user's. From its first instant on it holds over every other,
// until it ends or a later one begins; what was there before stays as it is.
func (p *Prices) Set(ctx context.Context, n NewPrice) (Own, error) {
	p.change.Lock()
	defer p.change.Unlock()
	s, at := *p.snapshot.Load(), p.now().Truncate(time.Millisecond)
	o, err := s.draft(n, at)
	if err != nil {
		return Own{}, err
	}
	var replaced string
	s.own = slices.Clone(s.own)
	for i := range s.own {
		if w := &s.own[i]; !w.Ended && w.Provider == o.Provider && strings.EqualFold(w.Model, o.Model) && w.ValidFrom.Equal(o.ValidFrom) {
			w.Ended, replaced = true, w.ID
		}
	}
	s.own = append(s.own, o)
	s.order()
	err = p.put(ctx, s, func(tx *store.Tx) error {
		if replaced != "" {
			if _, err := tx.Exec(`UPDATE price_card SET ended = 1 WHERE id = ?`, replaced); err != nil {
				return err
			}
		}
		return o.insert(tx)
	})
	if err != nil {
		return Own{}, fmt.Errorf("set a price: %w", err)
	}
	return o, nil
}

// order puts prices where reading them from the store would.
func (s *snapshot) order() {
	slices.SortStableFunc(s.own, func(a, b Own) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Model, b.Model), a.ValidFrom.Compare(b.ValidFrom), a.MadeAt.Compare(b.MadeAt), cmp.Compare(a.ID, b.ID))
	})
}

func (o Own) insert(tx *store.Tx) error {
	body, err := json.Marshal(o.Card)
	if err != nil {
		return err
	}
	var to any
	if !o.ValidTo.IsZero() {
		to = o.ValidTo.UnixMilli()
	}
	_, err = tx.Exec(insertOwn, o.ID, o.Provider, o.Model, string(body), o.Note, o.MadeAt.UnixMilli(), o.ValidFrom.UnixMilli(), to, o.Ended)
	return err
}

// draft checks what a user set, and makes a card of it.
func (s *snapshot) draft(n NewPrice, now time.Time) (Own, error) {
	if n.From.IsZero() {
		n.From = now
	}
	if err := n.check(); err != nil {
		return Own{}, err
	}
	list, model := s.canonical(n.Provider, n.Model)
	count := 1
	for _, o := range s.own {
		if o.Provider == list && strings.EqualFold(o.Model, model) {
			count++
		}
	}
	c := billing.Card{ID: fmt.Sprintf("you/%s/%s@%d", list, model, count), Provider: list, Model: model, ValidFrom: n.From.UTC().Truncate(time.Millisecond),
		ValidTo: n.To, Currency: n.Currency, Rates: n.Rates, Tiers: n.Tiers, Source: i18n.T("error.prices.by_you"), CheckedOn: now.UTC().Format(time.DateOnly)}
	if c.Currency == "USD" {
		c.Currency = ""
	}
	if err := c.CheckYours(); err != nil {
		return Own{}, refuse("rates", i18n.T("error.prices.card", "reason", err))
	}
	return Own{Card: c, Note: strings.TrimSpace(n.Note), MadeAt: now}, nil
}

// check refuses, by its field, what no price can be made of.
func (n NewPrice) check() error {
	switch {
	case strings.TrimSpace(n.Provider) == "":
		return refuse("provider", i18n.T("error.prices.no_provider"))
	case strings.TrimSpace(n.Model) == "" || len(n.Model) > mostName:
		return refuse("model", i18n.T("error.prices.no_model"))
	case billing.IsFree(n.Provider):
		return refuse("provider", i18n.T("error.prices.free", "provider", billing.ProviderName(n.Provider)))
	case n.Currency != "" && n.Currency != "USD" && n.Currency != "CNY":
		return refuse("currency", i18n.T("error.prices.currency"))
	case len(n.Rates) == 0:
		return refuse("rates", i18n.T("error.prices.no_rates"))
	case len(n.Tiers) > mostTiers:
		return refuse("tiers", i18n.T("error.prices.many_tiers", "most", mostTiers))
	case n.From.Before(firstDay):
		return refuse("from", i18n.T("error.prices.long_ago", "day", firstDay.Format(time.DateOnly)))
	case !n.To.IsZero() && !n.From.Before(n.To):
		return refuse("to", i18n.T("error.prices.ends_first"))
	case len(n.Note) > mostNote:
		return refuse("note", i18n.T("error.prices.long_note", "most", mostNote))
	}
	if err := checkRates("rates", n.Rates); err != nil {
		return err
	}
	for i, t := range n.Tiers {
		field := fmt.Sprintf("tiers.%d", i)
		if t.Prompt <= 0 || i > 0 && t.Prompt <= n.Tiers[i-1].Prompt || t.Op != ">" && t.Op != ">=" {
			return refuse(field, i18n.T("error.prices.tier"))
		}
		if err := checkRates(field, t.Rates); err != nil {
			return err
		}
	}
	return nil
}

// checkRates refuses rates, by their meter.
func checkRates(field string, rates billing.Rates) error {
	for what, text := range rates {
		if _, _, ok := billing.UnitOf(what); !ok {
			return refuse(field+"."+what, i18n.T("error.prices.meter", "meter", what))
		}
		switch {
		case strings.HasPrefix(text, "-") || strings.HasPrefix(text, "−"):
			return refuse(field+"."+what, i18n.T("error.prices.negative", "rate", text))
		case !billing.IsRate(text):
			return refuse(field+"."+what, i18n.T("error.prices.rate", "rate", text))
		case edition.TooDear(text):
			return refuse(field+"."+what, i18n.T("error.prices.dearest", "rate", text, "most", edition.MostRate))
		}
	}
	return nil
}

// Reset ends the user's prices of a model from now on, so that the catalogue's holds again. It
// returns how many it ended.
func (p *Prices) Reset(ctx context.Context, provider, model string) (int, error) {
	p.change.Lock()
	defer p.change.Unlock()
	s, at := *p.snapshot.Load(), p.now().Truncate(time.Millisecond)
	list, model := s.canonical(provider, model)
	var ended []Own
	s.own = slices.Clone(s.own)
	for i := range s.own {
		o := &s.own[i]
		if o.Provider != list || !strings.EqualFold(o.Model, model) || o.Ended || !o.ValidTo.IsZero() && !o.ValidTo.After(at) {
			continue
		}
		if o.ValidFrom.Before(at) {
			o.ValidTo = at
		} else {
			o.Ended = true
		}
		ended = append(ended, *o)
	}
	if len(ended) == 0 {
		return 0, notFound(i18n.T("error.prices.none_of_yours", "model", model))
	}
	err := p.put(ctx, s, func(tx *store.Tx) error {
		for _, o := range ended {
			var to any
			if !o.ValidTo.IsZero() {
				to = o.ValidTo.UnixMilli()
			}
			if _, err := tx.Exec(endOwn, to, o.Ended, o.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reset a price: %w", err)
	}
	return len(ended), nil
}
