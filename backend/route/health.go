package route

import (
	"sync"
	"time"
)

const (
	strikes  = 3                // failures in a row that open a breaker
	cooldown = 15 * time.Second // first rest; it doubles with each failure that follows
	longest  = 5 * time.Minute
)

// Health remembers which channels failed of late. A breaker orders, it never forbids.
type Health struct {
	now func() time.Time

	mu       sync.Mutex
	breakers map[string]*breaker
}

type breaker struct {
	failures int
	until    time.Time
}

// NewHealth returns a Health in which every breaker is closed.
func NewHealth(now func() time.Time) *Health {
	return &Health{now: now, breakers: map[string]*breaker{}}
}

// Open says whether a channel is resting.
func (h *Health) Open(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breakers[id]
	return b != nil && h.now().Before(b.until)
}

// Succeeded closes a channel's breaker.
func (h *Health) Succeeded(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.breakers, id)
}

// Failed counts a failure. retryAfter is what the upstream advised, or zero.
func (h *Health) Failed(id string, retryAfter time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breakers[id]
	if b == nil {
		b = &breaker{}
		h.breakers[id] = b
	}
	b.failures++
	rest := retryAfter
	if b.failures >= strikes {
		rest = max(rest, min(cooldown<<min(b.failures-strikes, 5), longest))
	}
	if until := h.now().Add(rest); until.After(b.until) {
		b.until = until
	}
}
