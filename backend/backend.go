// Package backend wires the rooms together: Open, Run, Close. It decides nothing itself.
package backend

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"weir/backend/access"
	"weir/backend/autostart"
	"weir/backend/balance"
	"weir/backend/console"
	"weir/backend/counting"
	"weir/backend/dialect/all"
	"weir/backend/ledger"
	"weir/backend/local"
	"weir/backend/prices"
	"weir/backend/relay"
	"weir/backend/reuse"
	"weir/backend/route"
	"weir/backend/sandbox"
	"weir/backend/secret"
	"weir/backend/setup"
	"weir/backend/store"
)

// Options say what a backend is started with.
type Options struct {
	Version     string
	Home        string
	Port        int  // of the relay; 0: any free one; negative: the one that was chosen, or the usual one
	ConsolePort int  // of the console over HTTP; 0: any free one
	Patient     bool // the agent: it runs on without the relay's port, and opens the console for browsers only when asked
	Keychain    bool
	Page        fs.FS
	Log         *slog.Logger
	LogFile     string // where Log's newest lines can be read again; empty: nowhere

	// Of the agent alone:
	LoginItem  autostart.Item
	Tray       func() bool             // says whether a tray shows Weir's icon
	ShowWindow func(page string) error // opens or raises the window
}

// drainTime is how long running calls may take to end once the backend is asked to stop.
const drainTime = 10 * time.Second

// A Backend is the whole server of one home: lock, ledger, relay, console.
type Backend struct {
	opt    Options
	lock   *lock
	store  *store.Store
	ledger *ledger.Ledger
	access *access.Access
	relay  *relay.Relay
	reuse  *reuse.Watch

	sessions *console.Sessions

	agentPath string
	doors     doors
	stopping  context.Context // done when doors that were left are to close at once
	stop      context.CancelFunc
	ballast   []byte

	Console *console.Console // for the tray, which is in the same program
	Agent   local.Agent      // how the window and the command line reach the console
	Ready   Ready
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

// Open takes the home's lock, opens its ledger, settles what an earlier run left open and
// begins to listen. It returns ErrTaken when another program has this home.
func Open(ctx context.Context, opt Options) (*Backend, error) {
	if err := os.MkdirAll(opt.Home, 0o700); err != nil {
		return nil, fmt.Errorf("make the home: %w", err)
	}
	b := &Backend{opt: opt, ballast: ballast()}
	b.stopping, b.stop = context.WithCancel(context.Background())
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
	var err error
	if b.store, err = store.Open(ctx, b.opt.Home); err != nil {
		return err
	}
	book, err := prices.Open(ctx, b.store, time.Now)
	if err != nil {
		return err
	}
	if b.ledger, err = ledger.Open(ctx, b.store, ledger.Options{Home: b.opt.Home, Now: time.Now, Log: b.opt.Log}); err != nil {
		return err
	}
	n, err := b.ledger.Recover(ctx, func(i ledger.Interrupted) ledger.Outcome { return relay.Interrupted(book.Book(), i) })
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
	usual := route.UsualTransport()
	upstream := route.OpenTransports(usual, time.Now)
	if b.reuse, err = reuse.Open(ctx, b.store, reuse.Options{Home: b.opt.Home, Now: time.Now, Log: b.opt.Log}); err != nil {
		return err
	}
	b.relay = relay.New(relay.Config{Dialects: all.All(), Reuse: b.reuse, Access: b.access, Channels: channels, Health: route.NewHealth(time.Now),
		Ledger: b.ledger, Book: book.Book, Upstream: upstream, Sandbox: sandbox.New(time.Now), Now: time.Now, Log: b.opt.Log, Waits: relay.UsualWaits()})
	balances, err := balance.Open(ctx, balance.Config{Store: b.store, Channels: channels, Ledger: b.ledger, Upstream: upstream.For,
		Proxy: http.ProxyFromEnvironment, Now: time.Now, Jitter: rand.N[time.Duration], Log: b.opt.Log})
	if err != nil {
		return err
	}
	checks, err := counting.Open(ctx, b.store)
	if err != nil {
		return err
	}
	role := "server"
	if b.opt.Patient {
		role = "agent"
	}
	b.Console = &console.Console{Version: b.opt.Version, Home: b.opt.Home, Access: b.access, Channels: channels, Ledger: b.ledger,
		Prices: book, Balances: balances, Counting: checks, Box: box, Relay: b.relay, Reuse: b.reuse, Client: usual, Through: upstream.For, Now: time.Now, Log: b.opt.Log,
		Role: role, Tray: b.opt.Tray, ShowWindow: b.opt.ShowWindow, Store: b.store, LoginItem: b.opt.LoginItem, LogFile: b.opt.LogFile}
	b.Console.Setup = b.setup(box)
	if err := b.Console.Restore(ctx); err != nil {
		return err
	}
	return b.openDoors(ctx)
}

// setup connects assistants of the user whom Weir runs as.
func (b *Backend) setup(box *secret.Box) *setup.Setup {
	here := setup.Here()
	here.Home, here.Address, here.Store, here.Access, here.Box = b.opt.Home, b.relay.Address, b.store, b.access, box
	return setup.New(here)
}

// openDoors opens every door and writes agent.json for the command line.
func (b *Backend) openDoors(ctx context.Context) error {
	b.sessions, _ = console.NewSessions()
	b.Console.LoginURL, b.Console.Door = b.loginURL, b.door
	b.Console.OpenDoor = func(_ context.Context, port int) error { return b.openRelay(port) }
	if err := b.openFirst(ctx); err != nil {
		return err
	}
	b.Ready = Ready{Ready: true, Relay: b.relay.Address(), Home: b.opt.Home, PID: os.Getpid(), Version: b.opt.Version}
	if !b.opt.Patient {
		var err error
		if b.Ready.LoginURL, err = b.loginURL(); err != nil {
			return err
		}
		b.Ready.Console, _, _ = strings.Cut(b.Ready.LoginURL, "/#")
	}
	return b.openSocket()
}

// Store is where small facts are kept.
func (b *Backend) Store() *store.Store { return b.store }

// Run keeps house until ctx ends, then lets running calls finish and settles what is left.
func (b *Backend) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	var house sync.WaitGroup
	defer house.Wait()
	house.Go(func() { b.ledger.Retain(ctx) })
	house.Go(func() { b.Console.Balances.Run(ctx) })
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
	relay, others := b.doors.all()
	for _, s := range relay {
		// The last bytes of a reply leave after its handler returned.
		_ = s.Shutdown(ctx)
	}
	for _, s := range append(relay, others...) {
		// A call that was cut settles when its connection closes.
		_ = s.Close()
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
	b.stop()
	b.ballast = nil
	b.doors.leaving.Wait()
	relay, others := b.doors.all()
	for _, s := range append(relay, others...) {
		errs = append(errs, s.Close())
	}
	errs = append(errs, b.reuse.Close()) // what it knows goes to the ledger
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
