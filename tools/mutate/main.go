// Command mutate changes a package in one small way after another and says which of these changes no test of the
// package notices. It never touches a source file: all changes are built into one test program, and each run of it
// has one of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// options are what the command line decides.
type options struct {
	sample int    // how many changes of each package are tried; 0: all
	seed   uint64 // by which these are drawn
	least  float64
	at     int            // how many are tried at once
	pause  time.Duration  // that a test may take longer than usual
	only   *regexp.Regexp // of the names of files whose mutants are tried; nil: all
}

func main() {
	var opt options
	flag.IntVar(&opt.sample, "sample", 300, "how many mutants of each package to try; 0: all")
	flag.Uint64Var(&opt.seed, "seed", 1, "by which the sample is drawn")
	flag.Float64Var(&opt.least, "least", 90, "percent that must be killed")
	flag.IntVar(&opt.at, "parallel", 2, "how many are tried at once")
	flag.DurationVar(&opt.pause, "patience", 20*time.Second, "how much longer than usual a test may take")
	flag.Func("only", "regular expression of the names of the files whose mutants are tried", func(text string) (err error) {
		opt.only, err = regexp.Compile(text)
		return err
	})
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	enough := true
	for _, dir := range flag.Args() {
		r, err := mutate(ctx, dir, opt)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", dir, err)
			os.Exit(1)
		}
		r.print(os.Stdout)
		enough = enough && r.killed() >= opt.least
	}
	if !enough {
		os.Exit(1)
	}
}

// mutate tries the mutants of one package.
func mutate(ctx context.Context, dir string, opt options) (r result, err error) {
	work, err := os.MkdirTemp("", "weir-mutate-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(work) // what stays in the folder for temporary files does no harm
	p, err := load(ctx, dir)
	if err != nil {
		return r, err
	}
	t := trial{pkg: p, work: work, patience: opt.pause, only: opt.only}
	if err := t.build(ctx); err != nil {
		return r, err
	}
	if err := t.learn(ctx); err != nil {
		return r, err
	}
	reached, unreached := t.parted()
	r = result{dir: dir, found: len(reached) + len(unreached), unreached: unreached, failing: t.failing}
	if opt.sample > 0 && opt.sample < len(reached) {
		draw := rand.New(rand.NewPCG(opt.seed, uint64(len(reached))))
		draw.Shuffle(len(reached), func(i, j int) { reached[i], reached[j] = reached[j], reached[i] })
		reached = reached[:opt.sample]
		slices.SortFunc(reached, func(a, b *mutant) int { return a.id - b.id })
	}
	r.tried, err = t.run(ctx, reached, opt.at)
	return r, err
}
