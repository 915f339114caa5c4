package ledger

import (
	"sync"

	"weir/backend/gateway"
)

// An EventKind says what an Event tells.
type EventKind string

const (
	CallChanged   EventKind = "call"   // a call was opened or changed: Event.Call
	LimitsChanged EventKind = "limits" // limits were set
	HealthChanged EventKind = "health" // Healthy answers differently now
	BurnChanged   EventKind = "burn"   // Burning answers differently now
	CallsChanged  EventKind = "calls"  // many calls were changed: fetch anew
)

// An Event is one piece of news for readers of the feed.
type Event struct {
	Kind   EventKind
	Call   *gateway.Call // shared by all readers: not to be changed
	Missed bool          // events before this one were lost: fetch anew
}

// backlog is how many events wait for a slow reader before it loses some.
const backlog = 64

// A feed hands events to its readers and never waits for one.
type feed struct {
	mu      sync.Mutex
	readers map[*reader]struct{}
}

type reader struct {
	events chan Event
	missed bool
}

// Subscribe returns a channel of what happens from now on. A reader that is too slow
// loses old events, never the newest, and the next one that it gets has Missed set.
// cancel closes the channel.
func (l *Ledger) Subscribe() (events <-chan Event, cancel func()) {
	r := &reader{events: make(chan Event, backlog)}
	l.feed.mu.Lock()
	defer l.feed.mu.Unlock()
	if l.feed.readers == nil {
		l.feed.readers = map[*reader]struct{}{}
	}
	l.feed.readers[r] = struct{}{}
	return r.events, func() { l.feed.drop(r) }
}

func (f *feed) drop(r *reader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.readers[r]; ok {
		delete(f.readers, r)
		close(r.events)
	}
}

func (f *feed) publish(e Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r := range f.readers {
		r.give(e)
	}
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for r := range f.readers {
		delete(f.readers, r)
		close(r.events)
	}
}

// give makes room by dropping the oldest event, so that the newest always arrives.
func (r *reader) give(e Event) {
	for {
		e.Missed = e.Missed || r.missed
		select {
		case r.events <- e:
			r.missed = false
			return
		default:
		}
		select {
		case <-r.events:
			r.missed = true
		default:
		}
	}
}
