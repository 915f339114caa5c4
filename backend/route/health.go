package route

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/gateway"
)

const (
	strikes  = 3                // failures in a row that open a breaker
	cooldown = 15 * time.Second // first rest; it doubles with each failure that follows
	longest  = 5 * time.Minute

	refusedRest    = 5 * time.Minute // first rest of a key that was refused: it seldom mends itself
	refusedLongest = time.Hour

	probing = 2 * time.Minute // how long a call that finds out whether a rest was enough is waited for
)

// Health remembers which channels and keys failed of late, by their ids. A breaker orders, it
// never forbids: what rests comes last. When a rest is over, one call finds out; until it
// knows, the others go on as before.
type Health struct {
	now    func() time.Time
	ailing atomic.Int64 // how many breakers there are

	mu       sync.Mutex
	breakers map[string]*breaker
}

type breaker struct {
	failures int
	until    time.Time // the end of its rest; zero: it never rested
	probe    time.Time // until when somebody is finding out; zero: nobody is
}

// resting says whether somebody had better try something else first.
func (b *breaker) resting(now time.Time) bool {
	return b != nil && (now.Before(b.until) || now.Before(b.probe))
}

// NewHealth returns a Health in which every breaker is closed.
func NewHealth(now func() time.Time) *Health {
	return &Health{now: now, breakers: map[string]*breaker{}}
}

// Open says whether a channel is resting, or all of its keys are.
func (h *Health) Open(ch gateway.Channel) bool {
	if h.ailing.Load() == 0 {
		return false
	}
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.breakers[ch.ID].resting(now) {
		return true
	}
	for _, k := range ch.Keys {
		if !h.breakers[k.ID].resting(now) {
			return false
		}
	}
	return len(ch.Keys) > 0
}

// Begin says that a call is about to use a channel. It returns false where another call is
// just finding out whether its rest was enough.
func (h *Health) Begin(id string) bool {
	if h.ailing.Load() == 0 {
		return true
	}
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breakers[id]
	if b == nil || b.until.IsZero() || now.Before(b.until) {
		return true // closed, or tried because nothing better is left
	}
	if now.Before(b.probe) {
		return false
	}
	b.probe = now.Add(probing)
	return true
}

// Pick returns the key to use next: the first that was not tried and does not rest. A call
// that has tried none yet gets the one whose rest ends first where all of them rest.
func (h *Health) Pick(keys []Key, tried []string) (best Key, ok bool) {
	if len(keys) == 0 {
		return best, false
	}
	if h.ailing.Load() == 0 && len(tried) == 0 {
		return keys[0], true
	}
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range keys {
		if b := h.breakers[k.ID]; !b.resting(now) && !slices.Contains(tried, k.ID) {
			if b != nil && !b.until.IsZero() {
				b.probe = now.Add(probing)
			}
			return k, true
		}
	}
	if len(tried) > 0 {
		return best, false
	}
	best = keys[0]
	for _, k := range keys[1:] {
		if h.breakers[k.ID].until.Before(h.breakers[best.ID].until) {
			best = k
		}
	}
	return best, true
}

// Succeeded closes the breakers of a channel and of the key that it was asked with.
func (h *Health) Succeeded(ids ...string) {
	if h.ailing.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		delete(h.breakers, id)
	}
	h.ailing.Store(int64(len(h.breakers)))
}

// Left says that a call ended without finding out anything.
func (h *Health) Left(ids ...string) {
	if h.ailing.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		if b := h.breakers[id]; b != nil {
			b.probe = time.Time{}
		}
	}
}

// Failed counts a channel's failure; the third in a row gives it a rest. retryAfter is what
// the upstream advised, or zero.
func (h *Health) Failed(id string, retryAfter time.Duration) {
	h.rest(id, retryAfter, cooldown, longest, strikes)
}

// Spent gives a key a rest whose upstream says that it has had enough for now.
func (h *Health) Spent(id string, retryAfter time.Duration) {
	h.rest(id, retryAfter, cooldown, longest, 1)
}

// Refused gives a key a rest that its upstream does not accept.
func (h *Health) Refused(id string) { h.rest(id, 0, refusedRest, refusedLongest, 1) }

// rest counts a failure. From the given one on it opens the breaker, for a time that doubles
// with each that follows. Calls that were on their way when the breaker opened tell nothing new.
func (h *Health) rest(id string, advice, first, most time.Duration, from int) {
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breakers[id]
	if b == nil {
		b = &breaker{}
		h.breakers[id] = b
		h.ailing.Store(int64(len(h.breakers)))
	}
	b.probe = time.Time{}
	rest := advice
	if !now.Before(b.until) {
		b.failures++
		if b.failures >= from {
			rest = max(rest, min(first<<min(b.failures-from, 8), most))
		}
	}
	if until := now.Add(rest); rest > 0 && until.After(b.until) {
		b.until = until
	}
}
