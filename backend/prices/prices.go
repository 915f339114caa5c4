// Package prices keeps the price book in force: the catalogue that Weir ships or that was applied
// since, and over it the user's own prices, aliases and rates of exchange. It prices no call.
package prices

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
	"weir/backend/store"
	"weir/billing"
	"weir/billing/edition"
)

// Prices holds the price book in force. It is safe for concurrent use: a change makes another book.
type Prices struct {
	st   *store.Store
	now  func() time.Time
	keys []edition.Key // those that the program itself trusts

	snapshot atomic.Pointer[snapshot]
	change   sync.Mutex // one change at a time: what the snapshot says is what the store has
}

// A snapshot is the book in force with what it was made of. It never changes.
type snapshot struct {
	book    *billing.Book
	shipped billing.Layers
	base    billing.Layers // the shipped catalogue, or the active edition
	active  int64          // version of the edition in force; 0: the shipped catalogue
	former  []byte         // cards of catalogues that others took the place of, one per line
	own     []Own
	aliases []billing.Alias
	rates   []billing.Rate
	unread  *Unread // the applied edition, where it cannot be read; nil: it can, or there is none
	problem error   // why what was laid over the shipped catalogue is not in force; nil: it is
}

// Open reads the layers that a store has over the shipped book. Where they make no book, the
// shipped one is in force alone, and Problem says why.
func Open(ctx context.Context, st *store.Store, now func() time.Time) (*Prices, error) {
	keys, err := edition.CompiledKeys()
	if err != nil {
		return nil, fmt.Errorf("read the publishers' keys: %w", err)
	}
	p := &Prices{st: st, now: now, keys: keys}
	s, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	if s.book, s.problem = billing.NewBook(s.layers()); s.problem != nil {
		if s.book, err = billing.NewBook(s.shipped); err != nil {
			return nil, fmt.Errorf("read the price book: %w", err)
		}
	}
	p.snapshot.Store(s)
	return p, nil
}

// Book returns the book that is in force now.
func (p *Prices) Book() *billing.Book { return p.snapshot.Load().book }

// Problem says why the user's prices and the applied catalogue are not in force; nil: they are.
func (p *Prices) Problem() error { return p.snapshot.Load().problem }

// Aliases are the user's, sorted.
func (p *Prices) Aliases() []billing.Alias { return p.snapshot.Load().aliases }

// Rates are the rates of exchange that the user entered, by day.
func (p *Prices) Rates() []billing.Rate { return p.snapshot.Load().rates }

// read gathers what the store has, without a book.
func (p *Prices) read(ctx context.Context) (*snapshot, error) {
	shipped, err := billing.Shipped()
	if err != nil {
		return nil, err
	}
	s := &snapshot{base: shipped, shipped: shipped}
	if err := p.readActive(ctx, s); err != nil {
		return nil, err
	}
	if s.own, err = p.readOwn(ctx); err != nil {
		return nil, err
	}
	if s.former, err = p.readFormer(ctx); err != nil {
		return nil, err
	}
	if s.aliases, err = p.readAliases(ctx); err != nil {
		return nil, err
	}
	s.rates, err = p.readRates(ctx)
	return s, err
}

// layers are all that a snapshot's book is made of.
func (s *snapshot) layers() billing.Layers {
	l := s.base
	for _, o := range s.own {
		if o.Ended {
			l.Ended = append(l.Ended, o.Card)
		} else {
			l.User = append(l.User, o.Card)
		}
	}
	l.Former = append(append([]byte(nil), s.shipped.Former...), s.former...)
	l.Aliases, l.Rates = s.aliases, s.rates
	return l
}

// put makes the book of a changed snapshot, writes the change, and puts the book in force. What
// makes no book is not written. Its caller has the turn.
func (p *Prices) put(ctx context.Context, s snapshot, write func(tx *store.Tx) error) error {
	var err error
	if s.book, err = billing.NewBook(s.layers()); err != nil {
		return err
	}
	s.problem = nil
	if err := p.st.Do(ctx, write); err != nil {
		return err
	}
	p.snapshot.Store(&s)
	return nil
}

// refuse is an error that a person may read, by the field that it is about.
func refuse(field, sentence string) error {
	return &gateway.Error{Kind: gateway.Invalid, Field: field, Message: sentence}
}

func notFound(sentence string) error {
	return &gateway.Error{Kind: gateway.NotFound, Message: sentence}
}
