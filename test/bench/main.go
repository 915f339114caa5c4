// Command bench measures the relay's forward lane against a bare reverse proxy, in turns, over loopback: what a call
// costs in CPU, what it adds in time, what the ledger has of it, and what the program takes in memory. It never calls
// anything outside of this machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are what the command line decides.
type options struct {
	quick bool
	only  string
	round time.Duration // of one measurement
	turns int           // measurements of each target, an even number
}

// onlyScale is the part of the bench that needs no relay under load.
const onlyScale = "scale"

// scaleEach is how long a call of the large ledger may take to be written, on a slow disk.
const scaleEach = 200 * time.Microsecond

func main() {
	role := flag.String("role", "", "run one of the bench's own processes: upstream, proxy")
	target := flag.String("target", "", "role proxy: where it forwards to")
	calls := flag.Int("calls", 1_000_000, "how many calls the large ledger has; 0: none is measured")
	opts := options{round: 1500 * time.Millisecond, turns: 4}
	flag.BoolVar(&opts.quick, "quick", false, "shorter measurements: 40 seconds in all")
	flag.StringVar(&opts.only, "only", "", "only the scenarios whose name contains this, or scale: the large ledger alone")
	flag.Parse()
	if opts.quick {
		opts.round, opts.turns = 500*time.Millisecond, 2
		*calls = min(*calls, 100_000)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch *role {
	case "upstream":
		err = serveUpstream(os.Stdin, os.Stdout)
	case "proxy":
		err = serveProxy(os.Stdin, os.Stdout, *target)
	default:
		if opts.only != onlyScale {
			err = run(ctx, opts)
		}
		if err == nil && *calls > 0 && (opts.only == "" || opts.only == onlyScale) {
			err = runScale(ctx, *calls)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run measures every scenario and prints the tables.
func run(ctx context.Context, opts options) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	b, err := start(ctx, opts)
	if err != nil {
		return err
	}
	defer b.stop()
	fresh, err := b.memories()
	if err != nil {
		return err
	}
	var rows []row
	for _, sc := range scenarios {
		if !sc.matches(opts.only) {
			continue
		}
		r, err := b.measure(ctx, sc)
		if err != nil {
			return fmt.Errorf("%s: %w", sc.name, err)
		}
		rows = append(rows, r)
		fmt.Fprintf(os.Stderr, "measured: %s\n", sc.name)
	}
	used, err := b.memories()
	if err != nil {
		return err
	}
	book, err := b.book(ctx)
	if err != nil {
		return err
	}
	report(os.Stdout, b, rows, fresh, used, book)
	return book.complete()
}

// runScale measures a large ledger and prints its table.
func runScale(ctx context.Context, calls int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute+time.Duration(calls)*scaleEach)
	defer cancel()
	s, err := measureScale(ctx, calls)
	if err != nil {
		return fmt.Errorf("a ledger of %d calls: %w", calls, err)
	}
	s.report(os.Stdout)
	return nil
}
