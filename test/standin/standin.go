// Package standin is an upstream for tests: it answers over real loopback HTTP as model providers do, in the ways
// that they go wrong too, and keeps a journal of what it saw and sent. It never leaves 127.0.0.1.
package standin

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// Options say how a stand-in starts; the zero value is a well-behaved upstream on a free port.
type Options struct {
	Addr         string   // where to listen; empty: 127.0.0.1:0
	APIKey       string   // the only key that is accepted; empty: any, and none
	Models       []string // what the model lists name; empty: a few
	Default      string   // the mode of requests that name none; empty: "ok"
	JournalFile  string   // where each record is appended and fsynced; empty: memory alone
	DiscardBytes bool     // keep lengths and sums of bodies, not the bytes: for load tests
	Shut         bool     // start with the gate shut
}

// A Server is a running stand-in.
type Server struct {
	URL     string   // the root, without a trailing slash
	Gate    *Gate    // withholds replies while it is shut
	Journal *Journal // what came and what was answered
	Canary  *Canary  // where redirect-steal sends clients

	opts Options
	http *http.Server
	done chan struct{}

	mu     sync.Mutex
	script []string
	stored map[string]call // responses by their ids
	calls  int
}

// nextID returns an id that no other stand-in gives.
func (s *Server) nextID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	return fmt.Sprintf("resp_%s_%d", port, s.calls)
}

// New starts a stand-in. The caller closes it.
func New(opts Options) (*Server, error) {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if _, err := ParseMode(opts.Default); err != nil {
		return nil, err
	}
	journal, err := newJournal(opts.JournalFile, opts.DiscardBytes)
	if err != nil {
		return nil, err
	}
	canary, err := NewCanary()
	if err != nil {
		return nil, errors.Join(err, journal.close())
	}
	ln, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for the stand-in: %w", err), canary.Close(), journal.close())
	}
	s := &Server{
		URL: "http://" + ln.Addr().String(), Gate: newGate(opts.Shut), Journal: journal, Canary: canary,
		opts: opts, done: make(chan struct{}),
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(ln) // always http.ErrServerClosed after Close
	}()
	return s, nil
}

// A TB is what Start needs of a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Start is New for a test: it fails the test on an error and closes the server at its end.
func Start(t TB, opts Options) *Server {
	t.Helper()
	s, err := New(opts)
	if err != nil {
		t.Fatalf("start the stand-in: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Close stops the server at once, cuts what is running and closes the journal.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	return errors.Join(err, s.Canary.Close(), s.Journal.close())
}

// OpenAI is the base URL of the OpenAI dialect.
func (s *Server) OpenAI() string { return s.URL + "/openai/v1" }

// Anthropic is the base URL of the Anthropic dialect.
func (s *Server) Anthropic() string { return s.URL + "/anthropic/v1" }

// V1 is the base URL that serves both dialects.
func (s *Server) V1() string { return s.URL + "/v1" }

// Script queues modes for the next calls that name none themselves: one each, in order, before the default.
func (s *Server) Script(modes ...string) error {
	for _, m := range modes {
		if _, err := ParseMode(m); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = append(s.script, modes...)
	return nil
}

// pick returns the mode of a request: its model's name, a mark in its body, the script, the default.
func (s *Server) pick(req request) string {
	if name, ok := strings.CutPrefix(req.Model, "chaos:"); ok {
		return name
	}
	if req.mark != "" {
		return req.mark
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.script) > 0 {
		next := s.script[0]
		s.script = s.script[1:]
		return next
	}
	return s.opts.Default
}

// openJournalFile opens the file for records, readable by its owner alone.
func openJournalFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the stand-in's journal: %w", err)
	}
	return f, nil
}
