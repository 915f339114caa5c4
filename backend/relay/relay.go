// Package relay carries a client's call to an upstream and the reply back, byte for byte, and
// settles what it cost before the client has read its end. It never decodes a body whole.
package relay

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"weir/backend/access"
	"weir/backend/dialect"
	"weir/backend/door"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/pace"
	"weir/backend/reuse"
	"weir/backend/route"
	"weir/billing"
	"weir/frontend/src/i18n"
)

// A Config is what a relay works with. Every field but Reuse is needed.
type Config struct {
	Dialects []dialect.Dialect
	Access   *access.Access
	Channels *route.Channels
	Health   *route.Health
	Ledger   *ledger.Ledger
	Book     func() *billing.Book // in force now
	Upstream *route.Transports    // reach the providers
	Sandbox  http.RoundTripper    // answers sandbox/… models
	Reuse    *reuse.Watch         // says why caches were missed; nil: nobody does
	Now      func() time.Time
	Log      *slog.Logger
	Waits    Waits
}

// Waits bounds how long the relay is patient with an upstream.
type Waits struct {
	Header       time.Duration // until a plain reply's header
	StreamHeader time.Duration // until a stream's header
	Idle         time.Duration // between two pieces of data
	FirstFrame   time.Duration // how long a stream's status is held back for its first data
}

// UsualWaits are the bounds of a relay in use.
func UsualWaits() Waits {
	return Waits{Header: 10 * time.Minute, StreamHeader: 2 * time.Minute, Idle: 2 * time.Minute, FirstFrame: 10 * time.Second}
}

// A Relay is the http.Handler of the relay's door.
type Relay struct {
	Config
	bodies bodies
	pace   pace.Meter

	address  atomic.Pointer[string]
	guard    atomic.Pointer[door.Door]
	port     atomic.Int64
	draining atomic.Bool
	paused   atomic.Bool
	running  sync.WaitGroup
	stopped  context.Context // done when running calls are to end
	stop     context.CancelFunc

	turnedAway turnedAway
	hop        string   // names this relay among those that a call goes through
	noUsage    sync.Map // ids of channels whose upstream refuses stream_options
	replies    affinity
	places     sync.Map // where requests go: place → *destination
	refused    []int    // what each of the dialects answers at an exhausted limit
}

// A way is how a request came in: what it asks for, in which dialect, with which key.
type way struct {
	dialect *dialect.Dialect
	route   dialect.Route
	allow   string // the methods that the path takes; empty: there is nothing
	asked   string // the path without a key
	path    string // that without version
}

// New returns a relay that lets nobody in before Listen told it its port.
func New(cfg Config) *Relay {
	r := &Relay{Config: cfg, hop: newHop(), turnedAway: turnedAway{counts: map[string]int64{}}}
	r.bodies.free = maxBodies
	for _, d := range cfg.Dialects {
		status, _, _ := d.EncodeError(&gateway.Error{Kind: gateway.QuotaExceeded})
		r.refused = append(r.refused, status)
	}
	r.stopped, r.stop = context.WithCancel(context.Background())
	return r
}

// Open tells the relay under which address it is reached, and so which hosts to accept.
func (r *Relay) Open(address string, port int) {
	r.address.Store(&address)
	r.port.Store(int64(port))
	r.guard.Store(door.Loopback(port, false))
}

// doorOf returns the rule of the listener that a request came in by: of the one that is open, or
// of one that was left a moment ago. It is nil before the relay was opened.
func (r *Relay) doorOf(req *http.Request) *door.Door {
	guard := r.guard.Load()
	at, ok := req.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if guard == nil || !ok || at.Port == int(r.port.Load()) {
		return guard
	}
	return door.Loopback(at.Port, false)
}

// Address returns the relay's base URL.
func (r *Relay) Address() string {
	if a := r.address.Load(); a != nil {
		return *a
	}
	return ""
}

// Is says whether a base URL leads to this relay itself.
func (r *Relay) Is(base string) bool {
	address := r.Address()
	if i := strings.LastIndexByte(address, ':'); i < 0 || !strings.Contains(base, address[i:]) {
		return false // it has another port
	}
	u, err := url.Parse(base)
	own, oerr := url.Parse(address)
	if err != nil || oerr != nil || own.Port() == "" || u.Port() != own.Port() {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), "localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// Drain refuses new calls from now on and returns a channel that is closed when those
// that run have ended.
func (r *Relay) Drain() <-chan struct{} {
	r.draining.Store(true)
	done := make(chan struct{})
	go func() {
		r.running.Wait()
		close(done)
	}()
	return done
}

// Stop ends the calls that still run, each with an honest error in its client's dialect.
func (r *Relay) Stop() { r.stop() }

// turnedAway counts what was refused before a key was accepted: by reason and minute at
// most one line of the log, so that no web page can fill the disk.
type turnedAway struct {
	mu     sync.Mutex
	minute time.Time
	counts map[string]int64
}

func (t *turnedAway) count(reason string, now time.Time, log *slog.Logger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(t.minute) {
		t.minute = minute
		clear(t.counts)
	}
	t.counts[reason]++
	if t.counts[reason] == 1 {
		log.Warn("a request was turned away; more of its kind in this minute are only counted", "reason", reason)
	}
}

func (r *Relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	// Whoever is turned away must not keep its connection by sending a body slowly.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(senderPatience)) // a writer without deadlines needs none
	in := r.find(req)
	d := in.dialect
	guard := r.doorOf(req)
	if guard == nil {
		fail(w, d, &gateway.Error{Kind: gateway.Overloaded, Message: i18n.T("error.relay.starting"), RetryAfter: time.Second})
		return
	}
	if e, reason := guard.Check(req); e != nil {
		r.turnedAway.count(reason, r.Now(), r.Log)
		fail(w, d, e)
		return
	}
	switch {
	case in.path == "/healthz" && req.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"app":"weir"}` + "\n")) // who left needs no answer
	case asksQuota(in.path) != nil:
		r.serveQuota(w, req, in.path, asksQuota(in.path))
	case in.route.Op != "":
		r.admit(w, req, in)
	case in.allow != "" && wantsWebSocket(req.Header):
		failUpgrade(w, in)
	case in.allow != "":
		w.Header().Set("Allow", in.allow)
		fail(w, d, &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.relay.other_method", "methods", in.allow)})
	case req.Method == http.MethodGet && (in.path == "/models" || strings.HasPrefix(in.path, "/models/")):
		r.serveModels(w, req, d, strings.TrimPrefix(strings.TrimPrefix(in.path, "/models"), "/"))
	default:
		fail(w, d, &gateway.Error{Kind: gateway.NotFound, Message: i18n.T("error.relay.no_path", "method", req.Method, "path", in.asked)})
	}
}

// versions stand in front of a path; clients write them once, twice or not at all.
// Google keeps what it has in OpenAI's shape below its own.
var versions = []string{"/v1beta/openai", "/v1beta", "/v1alpha", "/v1"}

// find says what a request asks for and who would say so. Where no dialect has the path, the
// client's headers tell what it speaks.
func (r *Relay) find(req *http.Request) way {
	var in way
	_, in.asked = ownKey(req)
	in.path = in.asked
	for range 2 {
		for _, version := range versions {
			if rest, ok := strings.CutPrefix(in.path, version); ok && (rest == "" || rest[0] == '/') {
				in.path = rest
				break
			}
		}
	}
	for i := range r.Dialects {
		if in.route, in.allow = r.Dialects[i].Route(req.Method, in.path); in.allow != "" {
			in.dialect = suited(&r.Dialects[i], req.Header)
			return in
		}
	}
	in.dialect = r.dialectFor(req, in.asked)
	return in
}

// suited is a dialect as the client of a request wants it.
func suited(d *dialect.Dialect, h http.Header) *dialect.Dialect {
	if d.For == nil {
		return d
	}
	its := d.For(h)
	return &its
}

// dialectFor guesses what a client speaks whose path does not tell.
func (r *Relay) dialectFor(req *http.Request, path string) *dialect.Dialect {
	want := "openai-chat"
	switch {
	case req.Header.Get("Anthropic-Version") != "":
		want = "anthropic"
	case strings.HasPrefix(path, "/v1beta/openai/"):
	case req.Header.Get("X-Goog-Api-Key") != "", strings.HasPrefix(path, "/v1beta/"), req.URL.Query().Has("key"):
		want = "gemini"
	}
	return r.dialectNamed(want)
}

func (r *Relay) dialectNamed(name string) *dialect.Dialect {
	for i := range r.Dialects {
		if r.Dialects[i].Name == name {
			return &r.Dialects[i]
		}
	}
	return &r.Dialects[0]
}

// admit checks the key and, with one that is accepted, begins a call.
func (r *Relay) admit(w http.ResponseWriter, req *http.Request, in way) {
	grant, refused := r.admitted(req, secretOf(req, in.dialect))
	if refused != nil {
		fail(w, in.dialect, refused)
		return
	}
	r.serve(w, req, in, grant)
}

func (r *Relay) serve(w http.ResponseWriter, req *http.Request, in way, grant gateway.Grant) {
	if r.draining.Load() {
		fail(w, in.dialect, &gateway.Error{Kind: gateway.Overloaded, Message: i18n.T("error.relay.stopping"), RetryAfter: 5 * time.Second})
		return
	}
	r.running.Add(1)
	defer r.running.Done()
	c := &call{Relay: r, w: w, req: req, dialect: in.dialect, route: in.route, grant: grant, login: loginOf(req)}
	c.begin()
	defer c.end()
	c.run()
}

// fail answers an error in the client's dialect.
func fail(w http.ResponseWriter, d *dialect.Dialect, e *gateway.Error) int {
	status, header, body := d.EncodeError(e)
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // who left needs no answer
	return status
}
