// Package pace bounds how many calls and tokens begin within a minute and how many calls run at once. It keeps
// everything in memory: a start of the program begins with nothing counted. It reads no clock.
package pace

import (
	"sync"
	"time"

	"weir/backend/gateway"
)

// A Scope is one of those whose pace a call must keep.
type Scope struct {
	Kind      gateway.Scope
	ID        string // empty for the account
	Simulated bool   // simulated calls are counted among themselves
	Pace      gateway.Pace
}

// A Meter counts for all scopes that have a pace. The zero value is ready to use; its methods may be called
// from any goroutine.
type Meter struct {
	mu     sync.Mutex
	counts map[place]*counts
}

// A place is a scope without its pace.
type place struct {
	kind      gateway.Scope
	id        string
	simulated bool
}

// A Refusal says which bound a call would break.
type Refusal struct {
	Scope   Scope
	Bound   Bound
	Limit   int64         // the bound
	Used    int64         // of it, already
	Asked   int64         // by the call
	Wait    time.Duration // until it may pass
	Forever bool          // it asks for more than ever passes at once
}

// A Bound is one of those that a pace sets.
type Bound string

const (
	Requests Bound = "requests"
	Tokens   Bound = "tokens"
	Running  Bound = "running"
)

// A Ticket is a call that was let in. Whoever has one must End or Cancel it. The zero Ticket is of a call
// that no pace bounds.
type Ticket struct {
	meter  *Meter
	places [3]place
	n      int
	second int64 // in which the call began
	tokens int64
}

// shortly is how long a call waits that is one too many at once: when another one ends nobody knows.
const shortly = time.Second

// Enter lets a call in that keeps the pace of all scopes, and counts it in each of them, or says why not and counts
// it in none. Least is what the call uses at least and most what it may use, in tokens, by an estimate. Of most it
// counts no more than a bound can bear, so that a call that says little of its answer can pass alone.
func (m *Meter) Enter(now time.Time, least, most int64, scopes ...Scope) (Ticket, *Refusal) {
	t := Ticket{meter: m, second: now.Unix(), tokens: most}
	bounded := false
	for _, s := range scopes {
		bounded = bounded || s.Pace != gateway.Pace{}
		if s.Pace.Tokens > 0 {
			t.tokens = max(min(t.tokens, s.Pace.Tokens), least)
		}
	}
	if !bounded {
		return Ticket{}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range scopes {
		if s.Pace == (gateway.Pace{}) {
			continue
		}
		c := m.of(s, t.second)
		if no := c.refusal(s, now, t.tokens, least); no != nil {
			return Ticket{}, no
		}
		t.second = max(t.second, c.last) // of a clock that was set back
	}
	for _, s := range scopes {
		if s.Pace == (gateway.Pace{}) {
			continue
		}
		t.places[t.n] = place{s.Kind, s.ID, s.Simulated}
		t.n++
		c := m.of(s, t.second)
		c.running++
		c.add(t.second, 1, t.tokens)
	}
	return t, nil
}

// mostIdle is how many scopes are counted before those are forgotten of which nothing is left to count.
const mostIdle = 1024

// of returns a scope's counts as they are in a second.
func (m *Meter) of(s Scope, second int64) *counts {
	at := place{s.Kind, s.ID, s.Simulated}
	c := m.counts[at]
	if c == nil {
		if m.counts == nil {
			m.counts = map[place]*counts{}
		}
		for other, c := range m.counts {
			if len(m.counts) < mostIdle {
				break
			}
			if c.advance(second); c.idle() {
				delete(m.counts, other)
			}
		}
		c = &counts{last: second}
		m.counts[at] = c
	}
	c.advance(second)
	return c
}

// End takes the call from those that run and counts the tokens that it really used, in the second in which it
// began; once that is a minute ago, they no longer matter.
func (t *Ticket) End(tokens int64) { t.leave(0, tokens-t.tokens) }

// Cancel takes back a call that was not sent after all: it was neither a request nor did it use tokens.
func (t *Ticket) Cancel() { t.leave(-1, -t.tokens) }

func (t *Ticket) leave(requests, tokens int64) {
	if t.n == 0 {
		return
	}
	t.meter.mu.Lock()
	defer t.meter.mu.Unlock()
	for _, at := range t.places[:t.n] {
		if c := t.meter.counts[at]; c != nil {
			c.running--
			c.add(t.second, requests, tokens)
		}
	}
	t.n = 0
}

// Running is how many calls of a scope run now, as far as a pace bounded it when they began.
func (m *Meter) Running(kind gateway.Scope, id string, simulated bool) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.counts[place{kind, id, simulated}]; c != nil {
		return c.running
	}
	return 0
}
