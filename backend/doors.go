package backend

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"weir/backend/console"
	"weir/backend/door"
	"weir/backend/gateway"
	"weir/frontend/src/i18n"
)

// sparePorts are tried when a new home finds the usual port taken.
var sparePorts = [...]int{9357, 9367, 9377, 9387, 9397}

// A loopback is one port, on 127.0.0.1 and where there is one on [::1], with its servers.
type loopback struct {
	port      int
	listeners []net.Listener
	servers   []*http.Server
}

// doors are what a backend listens at.
type doors struct {
	mu      sync.Mutex
	relay   *loopback // nil: closed
	console *loopback // nil: closed
	socket  *http.Server
	view    console.Door
	leaving sync.WaitGroup // servers of a relay's door that was moved
}

// errReserved is Windows' WSAEACCES: the port lies in a range that the system keeps.
const errReserved = syscall.Errno(10013)

// listen opens a port on 127.0.0.1 and, where there is one, [::1]; 0 takes any free one.
func (b *Backend) listen(port int, h http.Handler) (*loopback, error) {
	l4, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	at := &loopback{port: l4.Addr().(*net.TCPAddr).Port, listeners: []net.Listener{l4}, servers: []*http.Server{b.serve(l4, h)}}
	if l6, err := net.Listen("tcp6", fmt.Sprintf("[::1]:%d", at.port)); err == nil {
		at.listeners, at.servers = append(at.listeners, l6), append(at.servers, b.serve(l6, h))
	} else {
		b.opt.Log.Info("no door on [::1]", "port", at.port, "err", rootOf(err))
	}
	return at, nil
}

func (b *Backend) serve(l net.Listener, h http.Handler) *http.Server {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		DisableGeneralOptionsHandler: true, // the door judges OPTIONS * too
		ErrorLog:                     slog.NewLogLogger(b.opt.Log.Handler(), slog.LevelDebug)}
	go func() {
		// It ends when Close shuts the server, or when its door is left.
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			b.opt.Log.Error("a door closed by itself", "err", err)
		}
	}()
	return s
}

// openRelay opens the relay's door at a port. Where another door was open, it closes once its
// running calls have ended; when the new one cannot be opened, the old one stays.
func (b *Backend) openRelay(port int) error {
	err := b.moveRelay(port)
	if err == nil {
		return nil
	}
	holder := holderOf(port)
	message := whyTaken(port, holder, err)
	b.doors.mu.Lock()
	defer b.doors.mu.Unlock()
	// While the door is shut, it is the wanted port that people are told about.
	if wanted := b.doors.view.Port; b.doors.relay == nil && (wanted == 0 || wanted == port) {
		b.doors.view = console.Door{Port: port, Message: &message}
		if holder != "" {
			b.doors.view.Holder = &holder
		}
	}
	return &gateway.Error{Kind: gateway.Conflict, Field: "port", Message: message, Err: err}
}

func (b *Backend) moveRelay(port int) error {
	b.doors.mu.Lock()
	defer b.doors.mu.Unlock()
	old := b.doors.relay
	if old != nil && old.port == port {
		return nil
	}
	at, err := b.listen(port, b.relay)
	if err != nil {
		return err
	}
	b.doors.relay = at
	b.doors.view = console.Door{Open: true, Port: at.port}
	b.relay.Open(fmt.Sprintf("http://127.0.0.1:%d", at.port), at.port)
	if old != nil {
		b.leave(old)
	}
	return nil
}

// leave closes a door at once, so that it can be opened again, and lets its calls end.
func (b *Backend) leave(old *loopback) {
	for _, l := range old.listeners {
		_ = l.Close() // it accepts nobody either way
	}
	for _, s := range old.servers {
		b.doors.leaving.Go(func() {
			// What does not end is cut when the backend stops.
			_ = s.Shutdown(b.stopping)
			_ = s.Close()
		})
	}
}

// whyTaken says in a sentence why a port cannot be had.
func whyTaken(port int, holder string, err error) string {
	switch {
	case errors.Is(err, errReserved):
		return i18n.T("error.door.reserved", "port", port)
	case holder != "":
		return i18n.T("error.door.taken", "port", port, "holder", holder)
	case errors.Is(err, syscall.EADDRINUSE):
		return i18n.T("error.door.taken", "port", port, "holder", i18n.T("error.door.somebody"))
	}
	return i18n.T("error.door.port", "port", port, "why", rootOf(err))
}

// door says where the relay listens.
func (b *Backend) door() console.Door {
	b.doors.mu.Lock()
	defer b.doors.mu.Unlock()
	return b.doors.view
}

// openFirst opens the relay's door as the program starts. A new home, which no client knows
// yet, may move to a spare port and remembers it; later the door stays shut instead, and says why.
func (b *Backend) openFirst(ctx context.Context) error {
	port, chosen := b.opt.Port, b.opt.Port >= 0
	if !chosen {
		stored, err := console.StoredPort(ctx, b.store)
		if err != nil {
			return err
		}
		port, chosen = stored, stored != console.UsualPort
	}
	err := b.openRelay(port)
	if err == nil || !b.opt.Patient {
		return err
	}
	b.opt.Log.Warn("the relay's port cannot be had", "port", port, "err", err)
	if chosen || b.known() {
		return nil
	}
	return b.moveFirst(ctx, port)
}

func (b *Backend) moveFirst(ctx context.Context, from int) error {
	for _, port := range sparePorts {
		if b.openRelay(port) != nil {
			continue
		}
		message := i18n.T("error.door.moved", "from", from, "port", port)
		b.doors.mu.Lock()
		b.doors.view.Message = &message
		b.doors.mu.Unlock()
		return console.StorePort(ctx, b.store, port)
	}
	return nil
}

// known says whether any client has used a key of this home.
func (b *Backend) known() bool {
	for _, k := range b.access.Keys() {
		if !k.LastUsedAt.IsZero() {
			return true
		}
	}
	return false
}

// openConsole opens the console's door for browsers unless it is open, and returns its address.
func (b *Backend) openConsole(port int) (string, error) {
	b.doors.mu.Lock()
	defer b.doors.mu.Unlock()
	if b.doors.console == nil {
		// The handler needs the port that the listener gets, so the door comes first.
		swap := &late{}
		at, err := b.listen(port, swap)
		if err != nil {
			return "", &gateway.Error{Kind: gateway.Conflict, Field: "console_port", Err: err,
				Message: i18n.T("error.door.console", "port", port, "why", rootOf(err))}
		}
		swap.set(b.Console.Browser(door.Loopback(at.port, true), b.sessions, b.opt.Page))
		b.doors.console = at
	}
	return fmt.Sprintf("http://127.0.0.1:%d", b.doors.console.port), nil
}

// loginURL makes a link that opens the page in a browser, once. The agent opens the
// console's door only when somebody asks for such a link.
func (b *Backend) loginURL() (string, error) {
	address, err := b.openConsole(b.opt.ConsolePort)
	if err != nil && b.opt.ConsolePort != 0 && b.opt.Patient {
		address, err = b.openConsole(0)
	}
	if err != nil {
		return "", err
	}
	return address + "/#login=" + b.sessions.NewLogin(), nil
}

// all returns every server that is open: the relay's first.
func (d *doors) all() (relay, others []*http.Server) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.relay != nil {
		relay = d.relay.servers
	}
	if d.console != nil {
		others = d.console.servers
	}
	if d.socket != nil {
		others = append(others, d.socket)
	}
	return relay, others
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
