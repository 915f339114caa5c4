// Command standin runs the stand-in upstream by itself: it prints its URL and serves until it is stopped.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"weir/test/standin"
)

func main() {
	var opts standin.Options
	flag.StringVar(&opts.Addr, "addr", "127.0.0.1:0", "where to listen")
	flag.StringVar(&opts.JournalFile, "journal", "", "file to which each record is appended")
	flag.StringVar(&opts.Default, "mode", "", "mode of requests that name none")
	flag.StringVar(&opts.APIKey, "key", "", "the only key that is accepted")
	flag.Parse()
	if err := run(opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(opts standin.Options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := standin.New(opts)
	if err != nil {
		return err
	}
	fmt.Println(s.URL)
	<-ctx.Done()
	return s.Close()
}
