// Package prices keeps the price book in force: the one that Weir ships, and what was laid over it since.
package prices

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"weir/backend/store"
	"weir/billing"
)

// Prices holds the price book in force. It is safe for concurrent use: a change makes another book.
type Prices struct {
	st   *store.Store
	now  func() time.Time
	book atomic.Pointer[billing.Book]
}

// Open reads the layers that a store has over the shipped book.
func Open(_ context.Context, st *store.Store, now func() time.Time) (*Prices, error) {
	book, err := billing.ShippedBook()
	if err != nil {
		return nil, fmt.Errorf("read the price book: %w", err)
	}
	p := &Prices{st: st, now: now}
	p.book.Store(book)
	return p, nil
}

// Book returns the book that is in force now.
func (p *Prices) Book() *billing.Book { return p.book.Load() }
