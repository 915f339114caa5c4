//go:build tray || !(desktop || bindings || dev)

// Weir is a local gateway for language-model APIs: one base URL for every assistant, the true
// price of each call, limits that hold.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"weir/backend"
	"weir/backend/cli"
	"weir/backend/console"
	"weir/backend/gateway"
	"weir/backend/local"
	"weir/backend/logfile"
	"weir/billing"
	"weir/frontend"
)

// version is set by the linker in releases.
var version = "0.1.0"

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	home, err := local.Home()
	if err != nil {
		fmt.Fprintln(os.Stderr, "weir:", err)
		os.Exit(1)
	}
	if code, ok := otherRole(os.Args[1:]); ok {
		os.Exit(code)
	}
	p := cli.Program{Version: version, Home: home, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Serve:    func(ctx context.Context, o cli.ServeOptions) error { return serve(ctx, home, o) },
		Start:    func(ctx context.Context, o cli.ServeOptions) error { return start(ctx, home, o) },
		Receipts: billing.Receipts}
	code := p.Run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// serve is the server role: relay, console over HTTP, command line's socket.
func serve(ctx context.Context, home string, o cli.ServeOptions) error {
	opt := homeOptions(home, o)
	b, err := backend.Open(ctx, opt)
	if err != nil {
		return explained(opt, err)
	}
	if err := announce(b.Ready, o.JSON); err != nil {
		return errors.Join(err, b.Close())
	}
	return errors.Join(b.Run(ctx), b.Close())
}

// homeOptions are what both roles that keep a home have in common. The log goes to the home's
// file and, for who started Weir in a terminal, to stderr.
func homeOptions(home string, o cli.ServeOptions) backend.Options {
	// Who started Weir may stop reading what it says: that must not end it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	said := both{logfile.Redacting(os.Stderr)}
	path := ""
	if file, err := logfile.Open(home); err == nil {
		said, path = append(said, file), file.Path()
	}
	log := slog.New(slog.NewTextHandler(said, nil))
	if path == "" {
		log.Warn("the log cannot be kept in the home")
	}
	return backend.Options{Version: version, Home: home, Port: o.Port, ConsolePort: o.ConsolePort,
		Keychain: os.Getenv("WEIR_KEYCHAIN") != "off", Page: frontend.FS(), Log: log, LogFile: path}
}

// both writes to each of its writers, whether or not the others can be written to.
type both []io.Writer

func (b both) Write(record []byte) (int, error) {
	var errs []error
	for _, w := range b {
		_, err := w.Write(record)
		errs = append(errs, err)
	}
	return len(record), errors.Join(errs...)
}

// explained is an error of the start as the command line tells it.
func explained(opt backend.Options, err error) error {
	if errors.Is(err, backend.ErrTaken) {
		return fmt.Errorf("%w (%s)", cli.ErrTaken, filepath.Clean(opt.Home))
	}
	var known *gateway.Error
	if errors.As(err, &known) {
		opt.Log.Error("start failed", "err", known.Err)
		return &cli.Failure{ErrorView: console.ErrorView{Kind: string(known.Kind), Message: known.Message}}
	}
	return err
}

// announce says that both doors accept, to scripts or to people.
func announce(r backend.Ready, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	if r.Relay == "" {
		_, err := fmt.Printf("Weir is running, but its port is taken: see its window.\nIts data is in %s.\n", r.Home)
		return err
	}
	if r.LoginURL == "" {
		_, err := fmt.Printf("Weir is running. Point clients at %s with an access key.\nIts data is in %s.\n", r.Relay, r.Home)
		return err
	}
	_, err := fmt.Printf("Weir is running. Point clients at %s with an access key.\nOpen %s in a browser; the link works once, `weir login` makes another.\nIts data is in %s.\n",
		r.Relay, r.LoginURL, r.Home)
	return err
}
