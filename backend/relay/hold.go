package relay

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"weir/backend/provider"
)

// A gate stands between an upstream's bytes and the client. It is the one place that holds
// something back: the status and all bytes until the reply has really begun or some time
// has passed, so that an upstream that fails at once can be replaced by another. The end of
// the reply is held back by whoever writes to the gate, until the settlement is durable.
type gate struct {
	w       http.ResponseWriter
	control *http.ResponseController
	status  int
	header  http.Header // the upstream's, as it was passed on
	timer   *time.Timer

	mu   sync.Mutex
	open bool
	held []byte
	err  error // the client is gone
}

// mostHeld is how many bytes without any of an answer are held back.
const mostHeld = 1 << 20

// readerPatience is how long a client may take to accept one piece of its reply.
const readerPatience = time.Minute

// newGate prepares to answer with an upstream's status and header.
func newGate(w http.ResponseWriter, resp *http.Response, wait time.Duration) *gate {
	g := &gate{w: w, control: http.NewResponseController(w), status: resp.StatusCode,
		header: provider.CleanResponseHeader(resp.Header)}
	if _, ok := g.header["Content-Type"]; !ok {
		g.header["Content-Type"] = nil // what the upstream did not name is not guessed
	}
	for name, values := range g.header {
		w.Header()[name] = values
	}
	if wait > 0 {
		g.timer = time.AfterFunc(wait, func() { g.release() })
	}
	return g
}

// release lets through what was held back, and everything from now on.
func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unlock()
}

// unlock is release for those who hold mu.
func (g *gate) unlock() {
	if g.open {
		return
	}
	g.open = true
	if g.timer != nil {
		g.timer.Stop()
	}
	g.w.WriteHeader(g.status)
	if len(g.held) > 0 {
		g.send(g.held)
		g.held = nil
	}
}

// write passes bytes on at once, or holds them back while the gate is shut.
func (g *gate) write(p []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(p) == 0 {
		return g.err
	}
	if !g.open {
		if g.held = append(g.held, p...); len(g.held) > mostHeld {
			g.unlock()
		}
		return g.err
	}
	g.send(p)
	return g.err
}

func (g *gate) send(p []byte) {
	if g.err != nil {
		return
	}
	// A client that stops reading must not hold its call, and what it set aside, for ever.
	if err := g.control.SetWriteDeadline(time.Now().Add(readerPatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		g.err = err
		return
	}
	if _, g.err = g.w.Write(p); g.err == nil {
		g.err = g.control.Flush()
	}
}

// abandon forgets what was held, when another channel will answer instead. It fails when
// something has left already.
func (g *gate) abandon() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
	}
	if g.open {
		return false
	}
	g.open, g.held = true, nil // the timer may be running: it must find nothing to do
	for name := range g.header {
		g.w.Header().Del(name)
	}
	return true
}

// shut says whether nothing has left yet.
func (g *gate) shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.open
}
