package ledger

import (
	"context"
	"reflect"
	"sync"
	"testing"
)

// A leaving context ends when it has been looked at so many times, as when somebody leaves in the middle of an answer.
type leaving struct {
	context.Context

	mu    sync.Mutex
	looks int // that it still bears
	ended chan struct{}
}

func leaves(looks int) *leaving {
	return &leaving{Context: bg, looks: looks, ended: make(chan struct{})}
}

// look counts, and says whether it has ended.
func (l *leaving) look() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.looks--; l.looks == 0 {
		close(l.ended)
	}
	return l.looks <= 0
}

func (l *leaving) Done() <-chan struct{} {
	l.look()
	return l.ended
}

func (l *leaving) Err() error {
	if l.look() {
		return context.Canceled
	}
	return nil
}

// mostLooks is more than any question or order takes.
const mostLooks = 400

// left says whether the context ended.
func (l *leaving) left() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.looks <= 0
}

// TestWhoLeavesInTheMiddle gets an error or the whole answer, after however many looks that was.
func TestWhoLeavesInTheMiddle(t *testing.T) {
	h := furnished(t)
	for _, q := range questions {
		whole, err := q.ask(h, bg)
		if err != nil {
			t.Fatalf("%s: %v", q.name, err)
		}
		for looks := 1; ; looks++ {
			ctx := leaves(looks)
			answer, err := q.ask(h, ctx)
			if err == nil && !reflect.DeepEqual(answer, whole) {
				t.Errorf("%s, left after %d looks: %+v and no error, want an error or %+v", q.name, looks, answer, whole)
			}
			if err != nil && !ctx.left() {
				t.Errorf("%s, of somebody who stays: %v", q.name, err)
			}
			if !ctx.left() {
				break
			}
			if looks == mostLooks {
				t.Fatalf("%s looks for ever", q.name)
			}
		}
	}
}

// TestWhoLeavesAnOrderInTheMiddle has it done wholly or not at all.
func TestWhoLeavesAnOrderInTheMiddle(t *testing.T) {
	for _, o := range orders {
		t.Run(o.name, func(t *testing.T) {
			h := ordering(t)
			given := ordered{order: o, h: h}
			given.learn()
			for looks := 1; looks <= mostLooks; looks++ {
				ctx := leaves(looks)
				given.ctx = ctx
				given.under("somebody leaves", nil, nil)
				if !ctx.left() {
					break
				}
			}
			given.h.check()
		})
	}
}
