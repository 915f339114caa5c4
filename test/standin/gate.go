package standin

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Gate withholds the replies of calls while it is shut, and counts the calls that arrived at it.
type Gate struct {
	mu      sync.Mutex
	open    chan struct{} // closed while the gate is open
	arrived int
	moved   chan struct{} // closed and replaced at each arrival
}

func newGate(shut bool) *Gate {
	g := &Gate{open: make(chan struct{}), moved: make(chan struct{})}
	if !shut {
		close(g.open)
	}
	return g
}

// Shut withholds the replies of the calls that arrive from now on, and starts counting at zero.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrived = 0
	select {
	case <-g.open:
		g.open = make(chan struct{})
	default:
	}
}

// Open lets go of everything that waits.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

// Arrived returns how many calls came since the gate was last shut.
func (g *Gate) Arrived() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.arrived
}

// Wait returns once n calls have arrived, or with the context's error.
func (g *Gate) Wait(ctx context.Context, n int) error {
	for {
		g.mu.Lock()
		arrived, moved := g.arrived, g.moved
		g.mu.Unlock()
		if arrived >= n {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// pass counts an arrival and waits until the gate is open.
func (g *Gate) pass(ctx context.Context) error {
	g.mu.Lock()
	g.arrived++
	close(g.moved)
	g.moved = make(chan struct{})
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Hit is a request that reached the canary.
type Hit struct {
	At     time.Time
	Method string
	URL    string
	Header http.Header
}

// A Canary is a host that nobody should call: it answers 200 and remembers who came.
type Canary struct {
	URL string

	http *http.Server
	done chan struct{}

	mu   sync.Mutex
	hits []Hit
}

// NewCanary starts a canary on a free loopback port. The caller closes it.
func NewCanary() (*Canary, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Canary{URL: "http://" + ln.Addr().String(), done: make(chan struct{})}
	c.http = &http.Server{Handler: http.HandlerFunc(c.serve), ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(c.done)
		_ = c.http.Serve(ln) // always http.ErrServerClosed after Close
	}()
	return c, nil
}

// Hits returns the requests that came so far.
func (c *Canary) Hits() []Hit {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Hit(nil), c.hits...)
}

// Close stops the canary.
func (c *Canary) Close() error {
	err := c.http.Close()
	<-c.done
	return err
}

func (c *Canary) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.hits = append(c.hits, Hit{At: time.Now(), Method: r.Method, URL: r.URL.String(), Header: r.Header.Clone()})
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"canary":true}`)) // the caller's leaving is no concern of the canary
}
