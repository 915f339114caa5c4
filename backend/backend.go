// Package backend wires the rooms together: Open, Run, Close. It decides nothing itself.
package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"weir/backend/access"
	"weir/backend/console"
	"weir/backend/dialect/all"
	"weir/backend/door"
	"weir/backend/gateway"
	"weir/backend/ledger"
	"weir/backend/relay"
	"weir/backend/route"
	"weir/backend/sandbox"
	"weir/backend/secret"
	"weir/backend/store"
	"weir/billing"
)

// Options say what a backend is started with.
type Options struct {
	Version     string
	Home        string
	Port        int // of the relay; 0: any free one
	ConsolePort int // of the console over HTTP; 0: any free one
	Keychain    bool
	Page        fs.FS
	Log         *slog.Logger
}

// drainTime is how long running calls may take to end once the backend is asked to stop.
const drainTime = 10 * time.Second

// A Backend is the whole server of one home: lock, ledger, relay, console.
type Backend struct {
	opt      Options
	lock     *lock
	store    *store.Store
	ledger   *ledger.Ledger
	access   *access.Access
	relay    *relay.Relay
	console  *console.Console
	sessions *console.Sessions

	agentPath string
	doors     []listening
	Ready     Ready
}

// Ready is what scripts wait for: both doors accept.
type Ready struct {
	Ready    bool   `json:"ready"`
	Relay    string `json:"relay"`
	Console  string `json:"console"`
	LoginURL string `json:"login_url"`
	Home     string `json:"home"`
	PID      int    `json:"pid"`
	Version  string `json:"version"`
}

type listening struct {
	listener net.Listener
	server   *http.Server
}

// Open takes the home's lock, opens its ledger, settles what an earlier run left open and
// begins to listen. It returns ErrTaken when another program has this home.
func Open(ctx context.Context, opt Options) (*Backend, error) {
	if err := os.MkdirAll(opt.Home, 0o700); err != nil {
		return nil, fmt.Errorf("make the home: %w", err)
	}
	b := &Backend{opt: opt}
	var err error
	if b.lock, err = take(filepath.Join(opt.Home, "weir.lock")); err != nil {
		return nil, err
	}
	if err := b.open(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Backend) open(ctx context.Context) error {
	book, err := billing.ShippedBook()
	if err != nil {
		return fmt.Errorf("read the price book: %w", err)
	}
	if b.store, err = store.Open(ctx, b.opt.Home); err != nil {
		return err
	}
	if b.ledger, err = ledger.Open(ctx, b.store, ledger.Options{Home: b.opt.Home, Now: time.Now, Log: b.opt.Log}); err != nil {
		return err
	}
	n, err := b.ledger.Recover(ctx, func(i ledger.Interrupted) ledger.Outcome { return relay.Interrupted(book, i) })
	if err != nil {
		return err
	}
	if n > 0 {
		b.opt.Log.Info("settled calls that the last run left open", "calls", n)
	}
	if b.access, err = access.Open(ctx, b.store, time.Now); err != nil {
		return err
	}
	box := secret.Open(b.opt.Home, b.opt.Keychain, b.opt.Log)
	channels, err := route.OpenChannels(ctx, b.store, box, time.Now)
	if err != nil {
		return err
	}
	upstream := transport()
	b.relay = relay.New(relay.Config{Dialects: all.All(), Access: b.access, Channels: channels, Health: route.NewHealth(time.Now),
		Ledger: b.ledger, Book: book, Upstream: upstream, Sandbox: sandbox.New(time.Now), Now: time.Now, Log: b.opt.Log, Waits: relay.UsualWaits()})
	b.console = &console.Console{Version: b.opt.Version, Home: b.opt.Home, Access: b.access, Channels: channels, Ledger: b.ledger,
		Book: book, Box: box, Relay: b.relay, Client: upstream, Now: time.Now, Log: b.opt.Log}
	return b.listen()
}

// transport reaches providers. It follows no redirect, adds no encoding and keeps
// enough idle connections for a team.
func transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConns:          1024,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
		WriteBufferSize:       32 << 10,
		ReadBufferSize:        32 << 10,
		ExpectContinueTimeout: time.Second,
	}
}

// listen opens every door and writes agent.json for the command line.
func (b *Backend) listen() error {
	relayPort, err := b.openLoopback(b.opt.Port, "relay", b.relay)
	if err != nil {
		return err
	}
	sessions, login := console.NewSessions()
	b.sessions = sessions
	// The handler needs the port that the listener gets, so the door comes first.
	swap := &late{}
	consolePort, err := b.openLoopback(b.opt.ConsolePort, "console", swap)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("http://127.0.0.1:%d", consolePort)
	b.console.LoginURL = func() string { return address + "/#login=" + sessions.NewLogin() }
	swap.set(b.console.Browser(door.Loopback(consolePort, true), sessions, b.opt.Page))
	if err := b.openSocket(); err != nil {
		return err
	}
	relayAddress := fmt.Sprintf("http://127.0.0.1:%d", relayPort)
	b.relay.Open(relayAddress, relayPort)
	b.Ready = Ready{Ready: true, Relay: relayAddress, Console: address, LoginURL: address + "/#login=" + login,
		Home: b.opt.Home, PID: os.Getpid(), Version: b.opt.Version}
	return nil
}

// portFlags are the flags that choose the doors' ports.
var portFlags = map[string]string{"relay": "--port", "console": "--console-port"}

// openLoopback listens on 127.0.0.1 and, where there is one, [::1], with the same port.
func (b *Backend) openLoopback(port int, name string, h http.Handler) (int, error) {
	l4, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return 0, &gateway.Error{Kind: gateway.Conflict, Field: "port", Err: err,
			Message: fmt.Sprintf("The %s's port %d cannot be used: %v. End the program that has it, or choose another port with %s.", name, port, rootOf(err), portFlags[name])}
	}
	b.serve(l4, h)
	port = l4.Addr().(*net.TCPAddr).Port
	if l6, err := net.Listen("tcp6", fmt.Sprintf("[::1]:%d", port)); err == nil {
		b.serve(l6, h)
	} else {
		b.opt.Log.Info("no door on [::1]", "door", name, "err", rootOf(err))
	}
	return port, nil
}

func rootOf(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

func (b *Backend) serve(l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		DisableGeneralOptionsHandler: true, // the door judges OPTIONS * too
		ErrorLog:                     slog.NewLogLogger(b.opt.Log.Handler(), slog.LevelDebug)}
	b.doors = append(b.doors, listening{l, s})
	go func() {
		// It ends when Close shuts the server.
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			b.opt.Log.Error("a door closed by itself", "err", err)
		}
	}()
}

// Run keeps house until ctx ends, then lets running calls finish and settles what is left.
func (b *Backend) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := b.access.SaveUses(ctx); err != nil && ctx.Err() == nil {
				b.opt.Log.Error("last uses of keys could not be written", "err", err)
			}
		case <-ctx.Done():
			return b.drain()
		}
	}
}

func (b *Backend) drain() error {
	done := b.relay.Drain()
	select {
	case <-done:
	case <-time.After(drainTime):
		b.opt.Log.Warn("running calls were cut: they did not end in time")
		b.relay.Stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, d := range b.doors {
		if d.server.Handler == b.relay {
			// The last bytes of a reply leave after its handler returned.
			_ = d.server.Shutdown(ctx)
		}
		// A call that was cut settles when its connection closes.
		_ = d.server.Close()
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
	return b.access.SaveUses(context.WithoutCancel(ctx))
}

// Close gives everything back. It may be called after a failed Open.
func (b *Backend) Close() error {
	var errs []error
	for _, d := range b.doors {
		errs = append(errs, d.server.Close())
	}
	if b.ledger != nil {
		errs = append(errs, b.ledger.Close())
	}
	if b.store != nil {
		errs = append(errs, b.store.Close())
	}
	if b.agentPath != "" {
		errs = append(errs, os.Remove(b.agentPath))
	}
	errs = append(errs, b.lock.release())
	return errors.Join(errs...)
}
